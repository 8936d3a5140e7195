/**
 * What the real CLI makes of a failing provider: HTTP statuses and error codes to the error object of the turn.
 * Invariant: messages and infos are those observed with 0.169.0; a code not listed falls to `other`.
 */
import type { JsonObject, TurnError } from './lines.ts';
import { asObject, asString } from './serde.ts';

const reasons: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Payload Too Large',
  422: 'Unprocessable Entity',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

const quota: TurnError = {
  message: 'Quota exceeded. Check your plan and billing details.',
  info: 'usageLimitExceeded',
};
const capacity: TurnError = {
  message: 'Selected model is at capacity. Please try a different model.',
  info: 'serverOverloaded',
};
const outOfContext: TurnError = {
  message:
    "Codex ran out of room in the model's context window. Start a new thread or clear earlier history before retrying.",
  info: 'contextWindowExceeded',
};

const other = (message: string): TurnError => ({ message, info: 'other' });
export const disconnected = (message: string): TurnError => other(`stream disconnected before completion: ${message}`);
export const lengthLimit = other('Incomplete response returned, reason: max_output_tokens');

/** Requests that are sent again before the first byte of an answer, two times. */
export const isRetried = (status: number): boolean => status >= 500;
export const attemptsMax = 3;

export const isOutOfContext = (error: TurnError): boolean => error.info === 'contextWindowExceeded';

export const isUsageLimit = (body: unknown): boolean =>
  asObject(asObject(body)['error'])['type'] === 'usage_limit_reached';

/** The real message names the local time of the reset; here it is always the same one. */
const usageLimit = (resets: boolean): TurnError => ({
  message: resets
    ? 'You’ve hit your usage limit. Visit https://chatgpt.com/settings/usage to purchase more credits or try again at 3:00 AM.'
    : 'You’ve hit your usage limit. Try again later.',
  info: 'usageLimitExceeded',
});

/** An HTTP answer that is not a stream. */
export function statusError(status: number, body: unknown, requestId: string | null): TurnError {
  const error: JsonObject = asObject(asObject(body)['error']);
  const named = requestId === null ? '' : `, request id: ${requestId}`;
  const code = asString(error['code']);
  const message = asString(error['message']);
  if (status < 300) return disconnected('stream closed before response.completed');
  if (code === 'context_length_exceeded') return outOfContext;
  if (status === 400) return other(typeof body === 'string' ? body : JSON.stringify(body));
  if (status === 404 && code === 'model_not_found') return { message, info: 'modelNotFound' };
  if (status === 429) {
    if (isUsageLimit(body)) return usageLimit(typeof error['resets_at'] === 'number');
    if (code === 'insufficient_quota') return quota;
    return {
      message: `exceeded retry limit, last status: 429 Too Many Requests${named}`,
      info: { responseTooManyFailedAttempts: { httpStatusCode: 429 } },
    };
  }
  if (status === 500)
    return {
      message: 'We’re currently experiencing high demand, which may cause temporary errors.',
      info: 'internalServerError',
    };
  if (status === 503 && (code === 'server_is_overloaded' || code === 'slow_down')) return capacity;
  const reason = reasons[status] ?? 'Unknown';
  return {
    message: `unexpected status ${status} ${reason}: ${message}, url: http://127.0.0.1:1/v1/responses${named}`,
    info: { httpConnectionFailed: { httpStatusCode: status } },
  };
}

/** A `response.failed` inside the stream. */
export function failedError(code: string, message: string): TurnError {
  switch (code) {
    case 'context_length_exceeded':
      return outOfContext;
    case 'rate_limit_exceeded':
    case 'slow_down':
      return { message: `rate limit exceeded: ${message}`, info: 'rateLimitExceeded' };
    case 'server_is_overloaded':
      return capacity;
    case 'insufficient_quota':
      return quota;
    case 'usage_not_included':
      return {
        message: 'To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.',
        info: 'usageLimitExceeded',
      };
    case 'cyber_policy':
      return { message, info: 'cyberPolicy' };
    case 'invalid_prompt':
      return other(message);
    default:
      return disconnected(message);
  }
}

export const filterGuidance =
  '<content_filter_guidance>\nYour previous response was blocked by a content filter. Do not treat this as a transient failure or try to reproduce or work around the blocked content through repeated attempts, altered formatting, splitting, encoding, tools, subagents, or later wakes. Briefly explain the limitation and offer a permitted alternative. Continue unrelated authorized work.\n</content_filter_guidance>';

export const abortNote =
  '<turn_aborted>\nThe user interrupted the previous turn on purpose. Any running unified exec processes may still be running in the background. If any tools/commands were aborted, they may have partially executed.\n</turn_aborted>';
