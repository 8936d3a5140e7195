import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../actors/turn.ts';
import { createRedactor } from './redact.ts';

const secretText = fc.string({
  minLength: 4,
  maxLength: 60,
  unit: fc.constantFrom(...Array.from('abcXYZ019-_."\\/+=')),
});
/** Nothing else in a test's values has these characters. */
const words = fc.string({ minLength: 6, maxLength: 40, unit: fc.constantFrom('Ω', 'Ж', '語') });

describe('words', () => {
  const keys = ['body', 'payload', 'headers', 'messages', 'content', 'params', 'data', 'request', 'response'];

  test('are left out by the name of their field, at any depth', () => {
    fc.assert(
      fc.property(
        words,
        fc.constantFrom(...keys),
        fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 20 }),
        (said, key, path) => {
          const inner: Json = { [key]: { deep: [said] }, [key.toUpperCase()]: said };
          const value = path.reduce<Json>((within, name) => ({ [name]: [within] }), inner);
          expect(JSON.stringify(createRedactor().value(value))).not.toContain(said);
        },
      ),
    );
  });

  test('are shown where that was asked for', () => {
    const shown = createRedactor({ wordsInClear: true }).object({ body: { messages: ['hello'] }, token: 'abc' });
    expect(shown).toEqual({ body: { messages: ['hello'] }, token: '[secret]' });
  });

  test('of other fields are cut', () => {
    const { value } = createRedactor();
    expect(value({ text: 'x'.repeat(2_000) })).toEqual({ text: 'x'.repeat(2_000) });
    expect(value({ text: 'x'.repeat(100_000) })).toEqual({ text: `${'x'.repeat(2_000)}…` });
  });
});

describe('secrets', () => {
  test('that are known are never seen, wherever they stand and however they are written', () => {
    fc.assert(
      fc.property(
        secretText,
        fc.string({ maxLength: 3_000 }),
        fc.nat(12),
        fc.boolean(),
        (secret, before, times, wordsInClear) => {
          const redactor = createRedactor({ secrets: [secret], wordsInClear });
          const line = `${before} ${secret.repeat(times)} ${JSON.stringify(secret)} ${encodeURIComponent(secret)}`;
          const out = redactor.object({ line, [secret]: 1, list: [line] });
          for (const [key, value] of Object.entries(out)) {
            const texts = [key, ...[value].flat().filter((one) => typeof one === 'string')];
            for (const text of texts) expect(text).not.toContain(secret);
          }
        },
      ),
    );
  });

  test('a cut leaves none at its edge', () => {
    const secret = 'k'.repeat(50);
    const { text } = createRedactor({ secrets: [secret] });
    for (let at = 1_900; at <= 2_100; at += 1) {
      expect(text(`${'x'.repeat(at)}${secret}${'y'.repeat(5_000)}`)).not.toContain('kkkk');
    }
    // What the marks have made short shows nothing that they do not cover.
    expect(text(secret.repeat(1_000))).toMatch(/^(\[secret\])+(\[secre?t?)?…$/);
  });

  test.each([
    ['authorization', 'Basic abc'],
    ['accessToken', 'abc'],
    ['refresh-token', 'abc'],
    ['PROXY_API_KEY', 'abc'],
    ['password', 'abc'],
    ['Cookie', { a: 'abc' }],
    ['id_token', ['abc']],
  ])('%s is the name of one', (key, value) => {
    expect(createRedactor().object({ [key]: value })).toEqual({ [key]: '[secret]' });
  });

  test('numbers of tokens are none', () => {
    const usage = { tokens_prompt: 8, total_tokens: 14, token_count: 3, max_tokens: 5 };
    expect(createRedactor().object(usage)).toEqual(usage);
  });

  test.each([
    ['authorization: Bearer abcdefgh123', 'authorization: Bearer [secret]'],
    ['refused eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln.', 'refused [secret].'],
    ['key sk-proj-aaaabbbbccccdddd!', 'key [secret]!'],
    ['{"refresh_token":"rt-1234567"}', '{"refresh_token":"[secret]"}'],
    ['https://me:pass@host.example/v1?key=1', 'https://host.example/v1?[redacted]'],
  ])('in a text: %s', (text, masked) => {
    expect(createRedactor().text(text)).toBe(masked);
  });
});

describe('what signs somebody in', () => {
  test.each([
    ['go to https://auth.openai.com/codex/device', 'go to https://auth.openai.com/[login]'],
    ['"https://id.example/oauth/authorize?state=abc"', '"https://id.example/[login]"'],
    ['code ABCD-12345 now', 'code [login] now'],
    ['on 2026-11-30, gpt-5.4, 0123-4567', 'on 2026-11-30, gpt-5.4, 0123-4567'],
  ])('in a text: %s', (text, masked) => {
    expect(createRedactor({ wordsInClear: true }).text(text)).toBe(masked);
  });

  test('by its name', () => {
    const facts = { loginId: 'l1', auth_url: 'u', userCode: 'c', verification_uri_complete: 'v', code: 7 };
    expect(Object.values(createRedactor().object(facts))).toEqual(['[login]', '[login]', '[login]', '[login]', 7]);
  });
});

test('what comes out is bounded', () => {
  const deep = Array.from({ length: 10_000 }).reduce<Json>((inner) => ({ a: inner }), 'end');
  expect(JSON.stringify(createRedactor().value(deep)).length).toBeLessThan(200);
  const many = Array.from({ length: 5_000 }, (_, index) => index);
  expect(createRedactor().value(many)).toHaveLength(1_001);
  expect(Object.keys(createRedactor().object(Object.fromEntries(many.map((n) => [`k${n}`, n]))))).toHaveLength(1_000);
});
