import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fewHeaders, maskedHeaders } from './shown-headers.ts';

const same = (text: string): string => text;
const authorizing = [
  'authorization',
  'proxy-authorization',
  'x-forwarded-authorization',
  'cookie',
  'set-cookie',
  'x-api-key',
  'api-key',
  'x-proxy-api-key',
  'x-codex-key',
  'x-auth-token',
  'cf-access-client-secret',
  'cf-access-jwt-assertion',
];

test('P-208 what authorizes somebody is in neither, under whatever name', () => {
  fc.assert(
    fc.property(fc.constantFrom(...authorizing), fc.string({ minLength: 12 }), (name, value) => {
      const headers = [[name, value]] as const;
      expect(Object.values(maskedHeaders(headers, same))).toEqual(['<redacted>']);
      expect(fewHeaders(headers, same)).toEqual({});
    }),
  );
});

test('P-208 without words, a few of them tell what a client is, and some others that they were there', () => {
  const headers = [
    ['user-agent', 'un/js'],
    ['content-type', 'application/json'],
    ['x-copilot-trace-id', 'who-asks'],
    ['x-proxy-capture-id', 'who asks'],
    ['referer', 'https://who.asks'],
  ] as const;
  expect(fewHeaders(headers, same)).toEqual({
    'user-agent': 'un/js',
    'content-type': 'application/json',
    'x-copilot-trace-id': '<redacted>',
    'x-proxy-capture-id': '<redacted>',
  });
  expect(maskedHeaders(headers, same)).toEqual(Object.fromEntries(headers));
});

test('values are masked and bounded, and so is their number', () => {
  const many = Array.from({ length: 500 }, (_, index) => [`x-${index}`, 'my-key'.repeat(1_000)] as const);
  const shown = Object.values(maskedHeaders(many, (text) => text.replaceAll('my-key', '*')));
  expect(shown.length).toBeLessThanOrEqual(128);
  expect(shown.every((text) => text.length <= 2_048 && !text.includes('my-key'))).toBe(true);
});
