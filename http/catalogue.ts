/**
 * One catalogue for everything that can go wrong: what a failure or a refused request looks like on the wire. Each code of
 * `machines/outcome.ts` and of `request-error.ts` has exactly one entry (the types see to it), and the same words are used in
 * HTTP errors, `error` events, failed responses and `docs/errors.md`.
 */

import type { JsonObject } from '../actors/turn.ts';
import type { Failure, FailureCode } from '../machines/outcome.ts';
import type { RequestError, RequestErrorCode } from './request-error.ts';

export interface CatalogueEntry {
  readonly status: number;
  readonly type: string;
  /** `code` on the wire. */
  readonly code: string;
  /** For clients, when nothing more exact is known. */
  readonly message: string;
  /** `x-should-retry`. */
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  readonly param?: string;
}

export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly retryable?: true; // as `x-should-retry` says
    /** What helps to end the failure, such as where to sign in. */
    readonly details?: JsonObject;
  };
}

export interface ErrorAnswer {
  readonly status: number;
  readonly body: ErrorBody;
  readonly shouldRetry: boolean;
  readonly retryAfterMs: number | null;
}

const messageCharsMax = 500;
const paramCharsMax = 256;
const invalid = 'invalid_request_error';

type Extra = Pick<CatalogueEntry, 'retryAfterMs' | 'param'>;

const entry = (status: number, type: string, code: string, retry: boolean, message: string, extra: Extra = {}) => ({
  status,
  type,
  code,
  message,
  retry,
  ...extra,
});

const bad = (code: string, message: string, status = 400): CatalogueEntry =>
  entry(status, invalid, code, false, message);

const unavailable = (code: string, retry: boolean, message: string, extra: Extra = {}): CatalogueEntry =>
  entry(503, 'backend_unavailable', code, retry, message, extra);

const cutShort = 'The model provider ended the answer before it was complete.';

/** When to come back if nobody says: by how long such a state usually lasts. */
const soon: Extra = { retryAfterMs: 1_000 };
const later: Extra = { retryAfterMs: 5_000 };
const muchLater: Extra = { retryAfterMs: 60_000 };

const full = (code: string, message: string): CatalogueEntry =>
  entry(429, 'rate_limit_error', code, true, message, soon);

export const failureCatalogue: Readonly<Record<FailureCode, CatalogueEntry>> = {
  worker_busy: full('worker_busy', 'app-server worker at capacity'),
  worker_not_ready: unavailable('worker_not_ready', true, 'app-server worker is not ready', soon),
  worker_incompatible: unavailable(
    'worker_incompatible',
    false,
    'The Codex CLI of this gateway has a version that cannot work; its operator has to replace it.',
    muchLater,
  ),
  server_shutting_down: unavailable('server_shutting_down', true, 'server is shutting down', later),
  request_timeout: entry(504, 'timeout_error', 'request_timeout', true, 'request timeout'),
  idle_timeout: entry(504, 'timeout_error', 'idle_timeout', true, 'backend idle timeout'),
  response_cancelled: entry(499, 'request_cancelled', 'response_cancelled', false, 'The response was cancelled.'),
  internal_error: entry(500, 'server_error', 'internal_error', false, 'Internal error of the gateway.'),
  demand_unmet: entry(
    500,
    'server_error',
    'demand_unmet',
    // Another try may do, but it is paid for: that is for the caller to decide.
    false,
    'The answer of the model is not what the request demands (PROXY_PARAMS=strict); ask again, or demand less.',
  ),

  worker_exited: entry(503, 'backend_unavailable', 'worker_exited', true, 'app-server worker exited', soon),
  worker_error: entry(500, 'server_error', 'worker_error', false, 'app-server worker error'),
  worker_request_timeout: entry(504, 'timeout_error', 'worker_request_timeout', true, 'app-server request timeout'),

  proto_unsupported: unavailable(
    'proto_unsupported',
    false,
    'The Codex CLI of this gateway has no `proto` command, which PROXY_USE_APP_SERVER=false is for. Its operator has to set ' +
      'PROXY_USE_APP_SERVER=true, or CODEX_BIN to a program that has it (CLI 0.42 is one).',
    muchLater,
  ),

  upstream_error: entry(502, 'server_error', 'upstream_error', true, 'The model provider failed.'),
  upstream_refused: entry(502, 'server_error', 'upstream_error', false, 'The model provider refused the request.'),
  upstream_connection_failed: entry(
    502,
    'server_error',
    'upstream_connection_failed',
    true,
    'The model provider could not be reached.',
  ),
  stream_disconnected: entry(502, 'server_error', 'stream_disconnected', true, cutShort),
  server_is_overloaded: unavailable('server_is_overloaded', true, 'The model provider is overloaded.', later),
  rate_limit_exceeded: entry(
    429,
    'rate_limit_error',
    'rate_limit_exceeded',
    true,
    'Rate limit of the model provider reached.',
    later,
  ),
  insufficient_quota: entry(
    429,
    'insufficient_quota',
    'insufficient_quota',
    false,
    'The plan or credit of the account is used up.',
    muchLater,
  ),
  context_length_exceeded: bad('context_length_exceeded', "The input exceeds the model's context window; shorten it."),
  content_policy_violation: bad('content_policy_violation', 'The model provider refused the request by its policy.'),
  model_not_found: entry(
    404,
    invalid,
    'model_not_found',
    false,
    'The model does not exist or you do not have access to it.',
    { param: 'model' },
  ),
  permission_denied: entry(
    403,
    'permission_error',
    'permission_denied',
    false,
    'The account may not make this request.',
  ),
  request_too_large: bad('request_entity_too_large', 'The request is too large for the model provider.', 413),
  bad_request: bad('bad_request', 'The model provider refused the request.'),
  upstream_rejected: bad('bad_request', 'The model provider refused the request.'),
  signed_out: entry(
    401,
    'authentication_error',
    'invalid_api_key',
    false,
    'Codex is not signed in. Repeat the request on the machine of the gateway while it has a network: the error then names ' +
      'an address and a device code. Or run `codex login --device-auth` there with the CODEX_HOME of the gateway.',
  ),
  provider_key_refused: entry(
    401,
    'authentication_error',
    'invalid_api_key',
    false,
    'The model provider refused the key of this gateway; its operator has to correct CODEX_PROVIDER_KEY.',
  ),
};

export const requestCatalogue: Readonly<Record<RequestErrorCode, CatalogueEntry>> = {
  invalid_json: bad('invalid_json', 'Invalid JSON'),
  invalid_request_error: bad('invalid_request_error', 'Invalid request body'),
  model_required: bad('model_required', 'model is required'),
  n_unsupported: bad('n_unsupported', 'n must be 1'),
  unsupported_parameter: bad('unsupported_parameter', 'A parameter is not supported; leave it out.'),
  unsupported_value: bad('unsupported_value', 'A value is not supported.'),
  unknown_parameter: bad('unknown_parameter', 'A parameter is unknown; leave it out.'),
  invalid_function_call_output: bad(
    'invalid_function_call_output',
    'A tool output stands without its call, or a call without its output.',
  ),
  previous_response_not_found: bad('previous_response_not_found', 'The previous response is not there (any more).'),
  response_not_completed: bad('response_not_completed', 'The previous response is not completed.'),
  item_not_found: bad('item_not_found', 'The item is not there (any more).', 404),
  response_unreachable: unavailable('response_unreachable', true, 'The node of the response is silent.', soon),
  invalid_base64_image: bad('invalid_base64_image', 'The image is not a valid base64 data URL.'),
  unsupported_image_media_type: bad('unsupported_image_media_type', 'The image is not PNG, JPEG, GIF or WebP.'),
  image_parse_error: bad('image_parse_error', 'The image is broken or not complete.'),
  image_too_large: bad('image_too_large', 'The image has too many pixels.'),
  image_file_too_large: bad('image_file_too_large', 'The image has too many bytes.'),
  empty_image_file: bad('empty_image_file', 'The image is empty.'),
  invalid_image_url: bad('invalid_image_url', 'The address of the image cannot be used; send a data URL.'),
  failed_to_download_image: bad('failed_to_download_image', 'The image could not be downloaded; send a data URL.'),
  invalid_api_key: entry(401, 'authentication_error', 'invalid_api_key', false, 'unauthorized'),
  model_not_found: failureCatalogue.model_not_found,
  not_found: bad('not_found', 'Not found.', 404),
  unknown_url: bad('unknown_url', 'Unknown request URL.', 404),
  method_not_allowed: bad('method_not_allowed', 'Method not allowed.', 405),
  misdirected_request: bad('misdirected_request', 'This Host is not served here; add it to PROXY_ALLOWED_HOSTS.', 421),
  request_entity_too_large: bad('request_entity_too_large', 'Request body too large', 413),
  rate_limited: full('rate_limited', 'Too many requests with this key.'),
  concurrency_exceeded: full('concurrency_exceeded', 'Too many answers are being streamed.'),
  gateway_overloaded: unavailable('gateway_overloaded', true, 'This gateway is overloaded; try again soon.', soon),
  request_aborted: bad('request_aborted', 'The request body ended before it was complete.'),
  slow_upload: entry(408, invalid, 'slow_upload', true, 'The request body came too slowly.'),
  unsupported_encoding: bad('unsupported_encoding', 'Content encoding or charset is not supported.', 415),
  unsupported_media_type: bad('unsupported_media_type', 'Content type is not supported; send application/json.', 415),
  prompt_too_long: entry(403, 'tokens_exceeded_error', 'context_length_exceeded', false, 'context length exceeded'),
  title_failed: entry(502, 'server_error', 'internal_error', false, 'title/summary exec failed'),
  websocket_disabled: bad('websocket_disabled', 'WebSocket is switched off; use HTTP.', 426),
};

export const describe = (failure: Failure): ErrorAnswer => {
  const known = failureCatalogue[failure.code];
  const verbatim = failure.code === 'upstream_rejected' ? failure.verbatim : undefined;
  const type = verbatim?.type || known.type;
  const code = verbatim?.code || known.code;
  return answer({ ...known, type, code }, failure.message, failure.param ?? null, failure.retryAfterMs);
};

export const describeRequestError = (error: RequestError): ErrorAnswer =>
  answer(requestCatalogue[error.code], error.message, error.param);

function answer(
  known: CatalogueEntry,
  message: string | undefined,
  param: string | null,
  retryAfterMs: number | undefined = known.retryAfterMs,
): ErrorAnswer {
  return {
    status: known.status,
    body: {
      error: {
        message: (message || known.message).slice(0, messageCharsMax).toWellFormed(),
        type: known.type,
        param: param?.slice(0, paramCharsMax).toWellFormed() ?? known.param ?? null,
        code: known.code,
        ...(known.retry ? { retryable: true } : {}),
      },
    },
    shouldRetry: known.retry,
    retryAfterMs: retryAfterMs ?? null,
  };
}
