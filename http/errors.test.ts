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
