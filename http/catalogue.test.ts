import { readFileSync } from 'node:fs';
import { describe as group, expect, test } from 'vitest';
import { failureCodes } from '../machines/outcome.ts';
import { describe, describeRequestError, failureCatalogue, requestCatalogue } from './catalogue.ts';
import { RequestError, type RequestErrorCode } from './request-error.ts';

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const requestCodes = Object.keys(requestCatalogue) as RequestErrorCode[];

const line = (name: string, table: typeof failureCatalogue | typeof requestCatalogue): string => {
  const { status, type, code, message, retry, retryAfterMs } = table[name as keyof typeof table];
  const after = retryAfterMs === undefined ? '' : ` after ${retryAfterMs} ms`;
  return `| \`${name}\` | ${status} | \`${type}\` | \`${code}\` | ${retry ? 'yes' : 'no'}${after} | ${message} |`;
};

group('the error catalogue', () => {
  test.each([...failureCodes])('P-150: failure %s is in docs/errors.md as it is in the table', (code) => {
    expect(page).toContain(line(code, failureCatalogue));
  });

  test.each(requestCodes)('P-150: request error %s is in docs/errors.md as it is in the table', (code) => {
    expect(page).toContain(line(code, requestCatalogue));
  });

  test('the page lists nothing else', () => {
    const listed = page.split('\n').filter((text) => text.startsWith('| `'));
    expect(listed).toHaveLength(failureCodes.length + requestCodes.length);
  });

  test.each([...failureCodes])(
    'P-150: the body of %s has four keys, a string code, and says when a retry makes sense',
    (code) => {
      const { body, shouldRetry } = describe({ code });
      const { error } = body;
      expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code', ...(shouldRetry ? ['retryable'] : [])]);
      expect(error.retryable).toBe(shouldRetry ? true : undefined);
      expect([error.message, error.type, error.code].every((text) => text.length > 0)).toBe(true);
    },
  );

  test.each([...failureCodes])('P-150: %s says when to come back if it is a 429 or a 503', (code) => {
    const { status, retryAfterMs } = describe({ code });
    expect(retryAfterMs !== null).toBe(status === 429 || status === 503);
  });

  test('a provider that refuses is quoted with its own type and code', () => {
    const verbatim = { type: 'image_error', code: 'invalid_image' };
    const { status, body } = describe({ code: 'upstream_rejected', message: 'bad image', param: 'input[0]', verbatim });
    expect(status).toBe(400);
    expect(body.error).toEqual({ message: 'bad image', param: 'input[0]', ...verbatim });
  });

  test('the verbatim words of any other failure are ignored', () => {
    const verbatim = { type: 'x', code: 'y' };
    expect(describe({ code: 'internal_error', verbatim }).body.error.code).toBe('internal_error');
  });

  test('a known time to come back replaces the default', () => {
    expect(describe({ code: 'rate_limit_exceeded', retryAfterMs: 1500 }).retryAfterMs).toBe(1500);
  });

  test('messages are bounded and well-formed', () => {
    const { message } = describe({ code: 'upstream_error', message: `\ud800${'x'.repeat(600)}` }).body.error;
    expect(message).toHaveLength(500);
    expect(message.isWellFormed()).toBe(true);
  });

  test('a request error keeps its own message and path', () => {
    const error = new RequestError('unsupported_value', 'no such part', 'input[0].type');
    expect(describeRequestError(error)).toEqual({
      status: 400,
      body: {
        error: {
          message: 'no such part',
          type: 'invalid_request_error',
          param: 'input[0].type',
          code: 'unsupported_value',
        },
      },
      shouldRetry: false,
      retryAfterMs: null,
    });
  });
});
