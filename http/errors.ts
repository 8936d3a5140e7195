/** Refusals and failures as HTTP answers. What they say comes from the catalogue alone. */

import type { Failure } from '../machines/outcome.ts';
import { BodiesFull } from './body-bytes.ts';
import { describe, describeRequestError, type ErrorAnswer } from './catalogue.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import { type Header, retryHeaders } from './headers.ts';
import { HostUnreachable } from './host/host.ts';
import { RequestError } from './request-error.ts';

/** HTTP demands it of each 401, whichever key is meant: that of the gateway or the sign-in behind it. */
const challenge: Header = ['www-authenticate', 'Bearer realm=api'];

export const describedAnswer = (described: ErrorAnswer, headers: readonly Header[] = []): Answer => ({
  ...jsonAnswer(described.status, JSON.stringify(described.body), [
    ...(described.status === 401 ? [challenge] : []),
    ...headers,
    ...retryHeaders(described.shouldRetry, described.retryAfterMs),
  ]),
  errorCode: described.body.error.code,
});

export const failureAnswer = (failure: Failure, headers: readonly Header[] = []): Answer =>
  describedAnswer(describe(failure), headers);

export const refusal = (error: RequestError, headers: readonly Header[] = []): Answer =>
  describedAnswer(describeRequestError(error), headers);

/** `waitMs`: until this caller may ask again. */
export const rateLimited = (waitMs: number): Answer => {
  const limited = new RequestError('rate_limited', 'Too many requests with this key.');
  return describedAnswer({ ...describeRequestError(limited), retryAfterMs: waitMs });
};

/** Whatever was thrown: a refusal, a limit of the gateway, or else a bug, of which clients learn nothing. */
export const thrownAnswer = (error: unknown): Answer => {
  if (error instanceof RequestError) return refusal(error);
  if (error instanceof HostUnreachable) return failureAnswer({ code: 'worker_not_ready' });
  return failureAnswer(error instanceof BodiesFull ? error.failure : { code: 'internal_error' });
};
