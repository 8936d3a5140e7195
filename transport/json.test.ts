import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { encode } from './json.ts';

test('no lone surrogate is ever written, in values or keys', () => {
  const text = fc
    .array(fc.constantFrom('\ud83d', '\ude00', '\\ud83d', '\\', 'a', '"', '\u2028'), { maxLength: 6 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(text, text, (key, value) => {
      const written = encode({ [key]: [value, { n: 1, nothing: null }] });
      expect(written.isWellFormed()).toBe(true);
      expect(JSON.parse(written)).toEqual({ [key.toWellFormed()]: [value.toWellFormed(), { n: 1, nothing: null }] });
    }),
  );
});

test('well-formed values are written as JSON.stringify writes them', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(encode(value)).toBe(JSON.stringify(value));
    }),
  );
});
