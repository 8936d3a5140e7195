/**
 * What the CLI says about a failed turn, as an outcome. `codexErrorInfo` decides; for `other` and names not known yet the
 * message does. Invariant: what clients may read holds no address, no key, no request id and at most 500 characters.
 */

import type { Failure, FailureCode, Outcome } from '../machines/outcome.ts';
import { outcomeOfFinish, readFinishReason } from './finish-reason.ts';
import { isObject, member } from './json.ts';

const messageCharsMax = 500;
/** Longer messages are not even looked at: the expressions below are not linear. */
const lookedAtMax = 2_000;

/** What looks like a credential, whoever's it is: keys of providers, bearer and signed tokens. */
const credential = /\b(?:(?:sk|rk|pk)-[\w-]{6,}|bearer\s+[\w.~+/=-]{6,}|eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?)/giu;

/** Text fit for clients. Pages of the vendor are for everybody: there one buys more. */
export const clientText = (message: string): string =>
  message
    .slice(0, lookedAtMax)
    .replaceAll(/,\s*(?:url|request id|cf-ray|auth error):?[^,]*/giu, '')
    .replaceAll(/\s*[([][^()[\]]*(?:https?:\/\/|\blocalhost\b|\d{1,3}(?:\.\d{1,3}){3})[^()[\]]*[)\]]/giu, '')
    .replaceAll(/(?:\b\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]{2,45}\]):\d{1,5}\b/giu, 'an address')
    .replaceAll(/https?:\/\/(?!(?:chatgpt|(?:[a-z]+\.)?openai)\.com[/\s])[^\s"'<>)\]]+/giu, '')
    .replaceAll(credential, '***')
    .replaceAll(/\s{2,}/gu, ' ')
    .trim()
    .slice(0, messageCharsMax)
    .toWellFormed();

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const waitMsMax = 31 * 24 * 3_600_000;

const waitText = /try again in ((?:\d+(?:\.\d+)?\s*(?:milliseconds?|seconds?|minutes?|hours?|ms|s|m|h)\s*)+)/iu;

/** "try again in 1.5s", "in 20ms", "in 6m0s", "in 2 minutes". */
export const retryAfterMsOf = (message: string): number | undefined => {
  const text = waitText.exec(message)?.[1];
  if (text === undefined) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(milli|ms|[smh])/giu)) {
    const name = (unit ?? '').toLowerCase();
    ms += Number(amount) * (unitMs[name === 'milli' ? 'ms' : name] ?? 0);
  }
  // Longer than any limit lasts: nobody knows what was meant.
  return ms <= waitMsMax ? Math.ceil(ms) : undefined;
};

const byName: Readonly<Record<string, FailureCode>> = {
  contextWindowExceeded: 'context_length_exceeded',
  usageLimitExceeded: 'insufficient_quota',
  rateLimitExceeded: 'rate_limit_exceeded',
  serverOverloaded: 'server_is_overloaded',
  flexUnavailable: 'server_is_overloaded',
  policyCapacityUnavailable: 'server_is_overloaded',
  modelNotFound: 'model_not_found',
  cyberPolicy: 'content_policy_violation',
  misalignmentPolicyViolation: 'content_policy_violation',
  badRequest: 'bad_request',
  inferenceHookDenied: 'permission_denied',
  tooManyDenials: 'permission_denied',
  unauthorized: 'signed_out',
  internalServerError: 'upstream_error',
  activeTurnNotSteerable: 'internal_error',
  sandboxError: 'internal_error',
  threadRollbackFailed: 'internal_error',
};

const byStatus: Readonly<Record<number, FailureCode>> = {
  400: 'bad_request',
  401: 'signed_out',
  402: 'insufficient_quota',
  403: 'permission_denied',
  413: 'request_too_large',
  422: 'bad_request',
  429: 'rate_limit_exceeded',
};

/** The same request may fare better later. */
const passing = new Set([408, 409, 425]);

const codeOfStatus = (status: number): FailureCode =>
  byStatus[status] ?? (status < 400 || status >= 500 || passing.has(status) ? 'upstream_error' : 'upstream_refused');

const withStatus = new Set(['httpConnectionFailed', 'responseTooManyFailedAttempts']);
const streamTrouble = new Set(['responseStreamConnectionFailed', 'responseStreamDisconnected']);

/** Null: the name says nothing; the message decides. */
const codeOf = (info: unknown): FailureCode | null => {
  const name = typeof info === 'string' ? info : isObject(info) ? (Object.keys(info)[0] ?? '') : '';
  if (name.endsWith('BudgetExceeded')) return 'insufficient_quota';
  if (Object.hasOwn(byName, name)) return byName[name] ?? null;
  const status = member(member(info, name), 'httpStatusCode');
  if (withStatus.has(name)) {
    return typeof status === 'number' ? codeOfStatus(status) : 'upstream_connection_failed';
  }
  if (streamTrouble.has(name)) return typeof status === 'number' ? codeOfStatus(status) : 'upstream_error';
  return null;
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** An HTTP 400 body of the provider, which the CLI passes on as it is. Null: the message is something else. */
const rejection = (message: string): Failure | null => {
  const body = message.startsWith('{') ? jsonIn(message) : null;
  if (!isObject(body)) return message.startsWith('{"error":') ? { code: 'bad_request' } : null;
  const error = body['error'];
  const said = [member(error, 'message'), error, body['detail'], body['message']].find(
    (text) => typeof text === 'string',
  );
  const text = clientText(said ?? '');
  const words = text === '' ? {} : { message: text };
  if (!isObject(error)) return { code: 'bad_request', ...words };
  const { type, code, param } = error as { type?: unknown; code?: unknown; param?: unknown };
  return {
    code: 'upstream_rejected',
    ...words,
    ...(typeof param === 'string' ? { param: clientText(param) } : {}),
    verbatim: { type: wordOr(type, 'invalid_request_error'), code: wordOr(code, 'bad_request') },
  };
};

/** Clients match on such words, so nothing else passes for one. */
const wordOr = (value: unknown, otherwise: string): string =>
  typeof value === 'string' && /^[\w.-]{1,64}$/u.test(value) ? value : otherwise;

const disconnected = 'stream disconnected before completion:';

const byMessage = (message: string): Failure => {
  const text = clientText(message);
  const rejected = rejection(message);
  if (rejected !== null) return rejected;
  if (message.startsWith(`${disconnected} idle timeout`)) return { code: 'idle_timeout' };
  if (message.startsWith(disconnected)) return { code: 'stream_disconnected', message: text };
  // The variable's name is for the operator alone.
  if (message.startsWith('Missing environment variable')) return { code: 'worker_not_ready' };
  if (text === '') return { code: 'upstream_error' };
  // Codes that the CLI does not know leave only their text behind. Sent again, such a request gets the same answer.
  return { code: message.startsWith('error sending request') ? 'upstream_error' : 'upstream_refused', message: text };
};

export interface Quota {
  readonly waitMs: number;
  /** Milliseconds since the Unix epoch. */
  readonly resetsAt: number;
}

/** Whose account the provider was asked for. */
export interface Payer {
  /** How long the account's own limit still holds and when it ends, if that is known. */
  quota(): Quota | undefined;
  /** The sign-in of the CLI, not a key of the operator's. */
  readonly signsIn: boolean;
  /** The key of the operator's, which the provider may quote. */
  readonly key?: string | undefined;
}

/** Shorter ones are words. */
const keyCharsMin = 6;

export const failureOf = (info: unknown, message: string, payer: Payer): Failure => {
  const code = codeOf(info);
  if (code === null) return byMessage(message);
  if (code === 'signed_out' && !payer.signsIn) return { code: 'provider_key_refused' };
  // These have texts of their own; the CLI's advises its own users.
  if (code === 'signed_out' || code === 'internal_error' || code === 'context_length_exceeded') return { code };
  const text = clientText(message);
  const words = text === '' ? {} : { message: text };
  if (code === 'insufficient_quota') {
    const quota = payer.quota();
    if (quota === undefined) return { code, ...words };
    const reset = `The limit is reset at ${new Date(quota.resetsAt).toISOString().replace(/\.\d+/u, '')}.`;
    return { code, ...(text === '' ? {} : { message: `${text} ${reset}` }), retryAfterMs: quota.waitMs };
  }
  const retryAfterMs = code === 'rate_limit_exceeded' ? retryAfterMsOf(message) : undefined;
  return { code, ...words, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
};

/** `error` is the error object of an `error` notification or of a failed turn. */
export const outcomeOfError = (error: unknown, payer: Payer): Outcome => {
  const raw = member(error, 'message');
  const { key = '' } = payer;
  const whole = typeof raw === 'string' ? raw : '';
  const message = key.length < keyCharsMin ? whole : whole.replaceAll(key, '***');
  // Cut by the provider, the answer is whole as far as it goes: that is no failure.
  const said = /^[^{]*?(?:Incomplete response returned, reason: ([\w-]+)|reason: (content_filter))/u.exec(message);
  const cut = outcomeOfFinish(readFinishReason(said?.[1] ?? said?.[2] ?? '') ?? 'stop');
  if (cut.type === 'incomplete') return cut;
  const explanation = member(member(error, 'misalignment'), 'detailedExplanation');
  const words = typeof explanation === 'string' && explanation !== '' ? explanation : message;
  return { type: 'failed', failure: failureOf(member(error, 'codexErrorInfo'), words, payer) };
};
