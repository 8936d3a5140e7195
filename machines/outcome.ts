/**
 * The closed union of the ways a response can end, and of the failures that end one. The same names stand in the error
 * catalogue (`http/catalogue.ts`), in `docs/errors.md` and in logs. The first outcome wins; later ones are ignored.
 */

export const failureCodes = [
  // Limits and state of the gateway.
  'worker_busy',
  'worker_not_ready',
  'worker_incompatible',
  'server_shutting_down',
  'request_timeout',
  'idle_timeout',
  'response_cancelled',
  'internal_error',
  'demand_unmet',
  // The worker process and its JSON-RPC.
  'worker_exited',
  'worker_error',
  'worker_request_timeout',
  'proto_unsupported',
  // What the model provider said, as the CLI reports it.
  'upstream_error',
  'upstream_refused',
  'upstream_connection_failed',
  'stream_disconnected',
  'server_is_overloaded',
  'rate_limit_exceeded',
  'insufficient_quota',
  'context_length_exceeded',
  'content_policy_violation',
  'model_not_found',
  'permission_denied',
  'request_too_large',
  'bad_request',
  'upstream_rejected',
  'signed_out',
  'provider_key_refused',
] as const;

export type FailureCode = (typeof failureCodes)[number];

export interface Failure {
  readonly code: FailureCode;
  /** Fit for clients: no address, no key, no prompt text, at most 500 characters. Absent: the catalogue's own text. */
  readonly message?: string;
  /** Path of the request field at fault, as in `input[2].content[0].type`. */
  readonly param?: string;
  /** When a retry may help, in milliseconds from now. */
  readonly retryAfterMs?: number;
  /** With `upstream_rejected` only: `type` and `code` of the provider's own error body, passed on as they are. */
  readonly verbatim?: { readonly type: string; readonly code: string };
}

export type IncompleteReason = 'max_output_tokens' | 'content_filter';

export type Outcome =
  | { readonly type: 'completed' }
  | { readonly type: 'incomplete'; readonly reason: IncompleteReason }
  | { readonly type: 'cancelled' }
  | { readonly type: 'failed'; readonly failure: Failure };

export const failed = (code: FailureCode, message?: string): Outcome => ({
  type: 'failed',
  failure: message === undefined ? { code } : { code, message },
});
