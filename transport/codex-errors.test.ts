import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientText, outcomeOfError, retryAfterMsOf } from './codex-errors.ts';

const outcome = (codexErrorInfo: unknown, message = 'said', waitMs?: number) =>
  outcomeOfError(
    { message, codexErrorInfo, additionalDetails: null, misalignment: null },
    { quota: () => (waitMs === undefined ? undefined : { waitMs, resetsAt: 1_790_000_000_000 }), signsIn: true },
  );
const http = (httpStatusCode: number | null) => ({ httpConnectionFailed: { httpStatusCode } });

describe('codexErrorInfo', () => {
  test.for([
    ['contextWindowExceeded', 'context_length_exceeded'],
    ['usageLimitExceeded', 'insufficient_quota'],
    ['sessionBudgetExceeded', 'insufficient_quota'],
    ['rateLimitExceeded', 'rate_limit_exceeded'],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 429 } }, 'rate_limit_exceeded'],
    [{ responseTooManyFailedAttempts: { httpStatusCode: 500 } }, 'upstream_error'],
    ['serverOverloaded', 'server_is_overloaded'],
    ['flexUnavailable', 'server_is_overloaded'],
    ['policyCapacityUnavailable', 'server_is_overloaded'],
    ['modelNotFound', 'model_not_found'],
    ['cyberPolicy', 'content_policy_violation'],
    ['misalignmentPolicyViolation', 'content_policy_violation'],
    ['badRequest', 'bad_request'],
    ['inferenceHookDenied', 'permission_denied'],
    ['tooManyDenials', 'permission_denied'],
    ['unauthorized', 'signed_out'],
    [http(401), 'signed_out'],
    [http(402), 'insufficient_quota'],
    [http(403), 'permission_denied'],
    [http(404), 'upstream_refused'],
    [http(418), 'upstream_refused'],
    [http(408), 'upstream_error'],
    [http(409), 'upstream_error'],
    [http(413), 'request_too_large'],
    [http(422), 'bad_request'],
    [http(500), 'upstream_error'],
    [http(502), 'upstream_error'],
    [http(504), 'upstream_error'],
    [http(null), 'upstream_connection_failed'],
    [{ responseStreamConnectionFailed: { httpStatusCode: 502 } }, 'upstream_error'],
    [{ responseStreamDisconnected: { httpStatusCode: null } }, 'upstream_error'],
    ['internalServerError', 'upstream_error'],
    [{ activeTurnNotSteerable: { turnKind: 'review' } }, 'internal_error'],
    ['sandboxError', 'internal_error'],
    ['threadRollbackFailed', 'internal_error'],
    ['other', 'upstream_refused'],
    [null, 'upstream_refused'],
    ['somethingNew', 'upstream_refused'],
    [{ somethingNew: { a: 1 } }, 'upstream_refused'],
    ['toString', 'upstream_refused'],
  ] as const)('%j is %s', ([info, code]) => {
    expect(outcome(info)).toMatchObject({ type: 'failed', failure: { code } });
  });

  test('the sign-in and our own bugs have texts of their own', () => {
    expect(outcome('unauthorized')).toEqual({ type: 'failed', failure: { code: 'signed_out' } });
    expect(outcome('sandboxError')).toEqual({ type: 'failed', failure: { code: 'internal_error' } });
  });

  test('without a sign-in of its own the CLI used a key of the operator', () => {
    const payer = { quota: () => undefined, signsIn: false };
    for (const codexErrorInfo of ['unauthorized', http(401)]) {
      expect(outcomeOfError({ message: 'x', codexErrorInfo }, payer)).toEqual({
        type: 'failed',
        failure: { code: 'provider_key_refused' },
      });
    }
  });

  test('a quota tells when it is reset, a rate limit what its message says', () => {
    expect(outcome('usageLimitExceeded', 'x', 60_000)).toMatchObject({
      failure: { retryAfterMs: 60_000, message: 'x The limit is reset at 2026-09-21T14:13:20Z.' },
    });
    expect(outcome('rateLimitExceeded', 'try again in 1.5s.')).toMatchObject({ failure: { retryAfterMs: 1_500 } });
    expect(outcome('rateLimitExceeded', 'later')).not.toHaveProperty('failure.retryAfterMs');
  });
});

describe('the message of other', () => {
  test.for([
    ['stream disconnected before completion: idle timeout waiting for SSE', 'idle_timeout'],
    ['stream disconnected before completion: stream closed before response.completed', 'stream_disconnected'],
    ['Missing environment variable: `UPSTREAM_API_KEY`.', 'worker_not_ready'],
    ['error sending request for url (https://example.com/v1/responses)', 'upstream_error'],
    ['the prompt is invalid', 'upstream_refused'],
    ['', 'upstream_error'],
  ] as const)('%s is %s', ([message, code]) => {
    expect(outcome('other', message)).toMatchObject({ type: 'failed', failure: { code } });
  });

  test('the name of a missing variable is not for clients', () => {
    expect(outcome('other', 'Missing environment variable: `SECRET`.')).toEqual({
      type: 'failed',
      failure: { code: 'worker_not_ready' },
    });
  });

  test.for([
    ['Incomplete response returned, reason: max_output_tokens', 'max_output_tokens'],
    ['stream disconnected before completion: Incomplete response returned, reason: content_filter', 'content_filter'],
    // Other words for the same.
    ['Incomplete response returned, reason: max_tokens', 'max_output_tokens'],
    ['Incomplete response returned, reason: safety', 'content_filter'],
  ] as const)('%s is no failure', ([message, reason]) => {
    expect(outcome('other', message)).toEqual({ type: 'incomplete', reason });
  });

  test('a body of HTTP 400 is passed on as it is', () => {
    const body = {
      error: {
        message: 'No such effort',
        type: 'invalid_request_error',
        code: 'unsupported_value',
        param: 'reasoning.effort',
      },
    };
    expect(outcome('other', JSON.stringify(body))).toEqual({
      type: 'failed',
      failure: {
        code: 'upstream_rejected',
        message: 'No such effort',
        param: 'reasoning.effort',
        verbatim: { type: 'invalid_request_error', code: 'unsupported_value' },
      },
    });
    expect(outcome('other', '{"error":{"message":"reason: content_filter"}}')).toMatchObject({
      failure: { verbatim: { type: 'invalid_request_error', code: 'bad_request' } },
    });
    expect(outcome('other', JSON.stringify(body, null, 2))).toEqual(outcome('other', JSON.stringify(body)));
    expect(outcome('other', '{"error":')).toEqual({ type: 'failed', failure: { code: 'bad_request' } });
    for (const body of [{ detail: 'No.' }, { error: 'No.' }, { message: 'No.' }]) {
      const failure = { code: 'bad_request', message: 'No.' };
      expect(outcome('other', JSON.stringify(body))).toEqual({ type: 'failed', failure });
    }
    expect(outcome('other', '{}')).toEqual({ type: 'failed', failure: { code: 'bad_request' } });
  });
});

test.for([
  ['try again in 1.5s', 1_500],
  ['Please try again in 20ms.', 20],
  ['try again in 6m0s', 360_000],
  ['try again in 2 minutes', 120_000],
  ['Try again in 1 hour 30 minutes.', 5_400_000],
  ['try again later', undefined],
] as const)('%s: %s ms', ([message, ms]) => {
  expect(retryAfterMsOf(message)).toBe(ms);
});

describe('text for clients', () => {
  test.for([
    [
      'unexpected status 404 Not Found: gone, url: http://127.0.0.1:9/v1/responses, request id: req_1',
      'unexpected status 404 Not Found: gone',
    ],
    [
      'exceeded retry limit, last status: 429 Too Many Requests, request id: req_fake_8',
      'exceeded retry limit, last status: 429 Too Many Requests',
    ],
    ['error sending request for url (http://10.0.0.1:80/x)', 'error sending request for url'],
    ['see https://example.com/x for more', 'see for more'],
    ['no route [10.1.2.3:443]', 'no route'],
    ['Visit https://chatgpt.com/settings/usage now', 'Visit https://chatgpt.com/settings/usage now'],
    ['Visit https://chatgpt.com.example/x or https://a@openai.com/ now', 'Visit or now'],
  ] as const)('%s', ([message, text]) => {
    expect(clientText(message)).toBe(text);
  });

  test('names no address, whatever field of the provider holds one', () => {
    const error = {
      message: 'tcp connect to 10.1.2.3:8080 or [fe80::1]:443 failed',
      type: 'x'.repeat(65),
      code: 'http://h',
    };
    const body = JSON.stringify({ error: { ...error, param: `http://10.0.0.1/${'x'.repeat(9_000)}` } });
    const told = JSON.stringify(
      outcomeOfError({ message: body, codexErrorInfo: 'other' }, { quota: () => undefined, signsIn: false }),
    );
    expect(told).not.toMatch(/10\.|fe80|http:/u);
    expect(told).toContain('"type":"invalid_request_error","code":"bad_request"');
    expect(told.length).toBeLessThan(800);
  });

  test.for([
    'sk-proj-abc123_def456',
    'Bearer abc.def-123',
    'eyJhbGciOiJub25lIn0.eyJlbWFpbCI6ImEifQ.sig',
    'operators-own-key',
  ])('quotes no credential: %s', (secret) => {
    const message = `Incorrect API key provided: ${secret}. Ask your operator`;
    const payer = { quota: () => undefined, signsIn: false, key: 'operators-own-key' };
    const told = JSON.stringify([
      outcomeOfError({ message, codexErrorInfo: 'other' }, payer),
      outcomeOfError(
        { message: JSON.stringify({ error: { message, type: 't', code: 'c' } }), codexErrorInfo: 'other' },
        payer,
      ),
      outcomeOfError({ message, codexErrorInfo: http(403) }, payer),
    ]);
    expect(told).not.toContain(secret.slice(-8));
    expect(told.match(/\*\*\*/gu)).toHaveLength(3);
  });

  test('a wait that nobody can mean is none', () => {
    expect(retryAfterMsOf(`try again in ${'9'.repeat(400)}s`)).toBeUndefined();
    expect(retryAfterMsOf('try again in 10000h')).toBeUndefined();
  });

  test('is short, well formed and without addresses, whatever the message', () => {
    const words = fc.array(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom(', url: http://h/x', '(http://10.0.0.1:1/)', 'https://host.example/a'),
      ),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(words, (parts) => {
        const text = clientText(parts.join(' '));
        expect(text.length).toBeLessThanOrEqual(500);
        expect(text.isWellFormed()).toBe(true);
        expect(text).not.toMatch(/https?:\/\/[\w]/u);
      }),
    );
  });
});
