import { expect, it } from 'vitest';
import { failureAnswer, refusal } from './errors.ts';
import { RequestError } from './request-error.ts';

it('challenges with each 401, whether the key is wrong or nobody is signed in', () => {
  const answers = [failureAnswer({ code: 'signed_out' }), refusal(new RequestError('invalid_api_key', 'unauthorized'))];
  for (const { status, headers } of answers) {
    expect(status).toBe(401);
    expect(headers.filter(([name]) => name === 'www-authenticate')).toEqual([['www-authenticate', 'Bearer realm=api']]);
  }
});

it('never tells to wait longer than a month, nor in a number that clients cannot read', () => {
  for (const retryAfterMs of [Number.POSITIVE_INFINITY, 1e22]) {
    const headers = new Map(failureAnswer({ code: 'rate_limit_exceeded', retryAfterMs }).headers);
    expect([headers.get('retry-after'), headers.get('retry-after-ms')]).toEqual(['2678400', '2678400000']);
  }
});
