/**
 * What clients read for what the CLI calls a failure (`docs/errors.md`), written down a second time on purpose: the
 * product's own tables are what is tested.
 */

export const errorNames = [
  'contextWindowExceeded',
  'usageLimitExceeded',
  'rateLimitExceeded',
  'serverOverloaded',
  'badRequest',
  'internalServerError',
  'modelNotFound',
  'cyberPolicy',
  'unauthorized',
  'responseStreamDisconnected',
  'httpConnectionFailed',
  'other',
] as const;
export type ErrorName = (typeof errorNames)[number];

const byName: Readonly<Record<Exclude<ErrorName, 'responseStreamDisconnected' | 'httpConnectionFailed'>, string>> = {
  contextWindowExceeded: 'context_length_exceeded',
  usageLimitExceeded: 'insufficient_quota',
  rateLimitExceeded: 'rate_limit_exceeded',
  serverOverloaded: 'server_is_overloaded',
  badRequest: 'bad_request',
  internalServerError: 'upstream_error',
  modelNotFound: 'model_not_found',
  cyberPolicy: 'content_policy_violation',
  unauthorized: 'invalid_api_key',
  other: 'upstream_error',
};

const byStatus: Readonly<Record<number, string>> = {
  401: 'invalid_api_key',
  403: 'permission_denied',
  429: 'rate_limit_exceeded',
};

export const errorCodes = (name: ErrorName, status: number | null, message: string): string => {
  if (name === 'httpConnectionFailed' && status === null) return 'upstream_connection_failed';
  if (name === 'httpConnectionFailed' || name === 'responseStreamDisconnected')
    return (status === null ? undefined : byStatus[status]) ?? 'upstream_error';
  if (name === 'other' && message.startsWith('stream disconnected before completion')) return 'stream_disconnected';
  return byName[name];
};

export const isIncomplete = (message: string): 'length' | 'content_filter' | null => {
  if (!message.startsWith('Incomplete response returned, reason: ')) return null;
  return message.endsWith('content_filter') ? 'content_filter' : 'length';
};

/** HTTP statuses of the codes that sessions can end with. */
export const statusOf: Readonly<Record<string, number>> = {
  worker_busy: 429,
  worker_not_ready: 503,
  request_timeout: 504,
  idle_timeout: 504,
  worker_exited: 503,
  worker_error: 500,
  worker_request_timeout: 504,
  upstream_error: 502,
  upstream_connection_failed: 502,
  stream_disconnected: 502,
  server_is_overloaded: 503,
  rate_limit_exceeded: 429,
  insufficient_quota: 429,
  context_length_exceeded: 400,
  content_policy_violation: 400,
  model_not_found: 404,
  permission_denied: 403,
  bad_request: 400,
  invalid_api_key: 401,
};
