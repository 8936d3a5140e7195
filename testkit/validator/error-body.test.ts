import { describe, expect, test } from 'vitest';
import { errorRows } from './error-table.ts';
import { type HeaderMap, validateErrorBody } from './error-body.ts';
import { ruleOf } from './mutation.ts';

const retryable: HeaderMap = {
  'content-type': 'application/json',
  'cache-control': 'no-store',
  'x-request-id': 'req_01234567890123456789',
  'x-should-retry': 'true',
  'retry-after': '2',
  'retry-after-ms': '1500',
};
const busy = {
  message: 'Every worker is busy; retry later.',
  type: 'rate_limit_error',
  param: null,
  code: 'worker_busy',
};

function judged(error: unknown, headers: HeaderMap = {}, status = 429): unknown {
  return ruleOf(() => validateErrorBody(status, { ...retryable, ...headers }, JSON.stringify({ error })));
}

test('a busy answer is accepted and read', () => {
  const read = validateErrorBody(
    429,
    new Headers(retryable as Record<string, string>),
    JSON.stringify({ error: busy }),
  );
  expect(read).toEqual({ ...busy, requestId: 'req_01234567890123456789', details: null });
});

describe('every row of the table is accepted as written', () => {
  const cases = errorRows.flatMap((row) => row.codes.map((code) => ({ ...row, code })));
  test.each(cases)('$status $code', ({ status, type, code, retry }) => {
    const advice = retry === 'true' ? 'true' : 'false';
    const special = { 'www-authenticate': 'Bearer realm=api', allow: 'POST' };
    expect(judged({ ...busy, type, code }, { 'x-should-retry': advice, ...special }, status)).toBe('accepted');
  });
});

describe('refused', () => {
  test.each([
    ['a string error', 'nope', '6.1'],
    ['three keys', { message: 'x', type: 'rate_limit_error', code: 'worker_busy' }, '6.1'],
    ['a numeric code', { ...busy, code: -32001 }, '6.1'],
    ['an empty message', { ...busy, message: '' }, '6.1'],
    ['a stray key', { ...busy, stack: 'at x' }, '6.1'],
    ['a code of another status', { ...busy, code: 'worker_exited' }, '6.2'],
    ['a type of another code', { ...busy, type: 'server_error' }, '6.2'],
  ])('%s', (_, error, rule) => {
    expect(judged(error)).toBe(rule);
  });

  test.each([
    ['HTML', { 'content-type': 'text/html' }, '6.1'],
    ['no request id', { 'x-request-id': undefined }, '6.4'],
    ['a short request id', { 'x-request-id': 'req_1' }, '6.4'],
    ['no retry-after', { 'retry-after': undefined }, '6.4'],
    ['no retry-after-ms', { 'retry-after-ms': undefined }, '6.4'],
    ['two opinions on when to retry', { 'retry-after': '60' }, '6.4'],
    ['a cacheable error', { 'cache-control': undefined }, '6.4'],
    ['no advice', { 'x-should-retry': undefined }, '6.2'],
    ['wrong advice', { 'x-should-retry': 'false' }, '6.2'],
  ])('%s', (_, headers, rule) => {
    expect(judged(busy, headers)).toBe(rule);
  });

  test('an empty body', () => {
    expect(ruleOf(() => validateErrorBody(429, retryable, ''))).toBe('6.1');
  });

  test('a status outside the table', () => {
    expect(judged(busy, {}, 418)).toBe('6.2');
  });
});
