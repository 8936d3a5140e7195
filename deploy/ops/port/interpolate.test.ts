import fc from 'fast-check';
import { expect, test } from 'vitest';
import { interpolate, interpolateAll } from './interpolate.ts';

const env = { A: 'a', EMPTY: '' };

test.each([
  ['$A ${A} $$A', 'a a $A'],
  ['${NONE}-${EMPTY}-$NONE', '--'],
  ['${NONE:-x} ${EMPTY:-x} ${EMPTY-x} ${NONE-x} ${A:-x}', 'x x  x a'],
  ['${NONE:-${A:-y}}${NONE:-${NONE:-z}}', 'az'],
  ['${A:?why} ${A:+there} ${NONE:+there}', 'a there '],
  ['http://${NONE:-127.0.0.1:18080}/verify', 'http://127.0.0.1:18080/verify'],
])('%s is %s', (text, filled) => {
  expect(interpolate(text, env)).toBe(filled);
});

test.each([
  ['${NONE:?set NONE in .env}', 'NONE: set NONE in .env'],
  ['${EMPTY:?}', 'EMPTY: is wanted'],
  ['${A', 'a variable that is not closed'],
  ['${A b}', 'not a variable'],
  ['5 $ 6', 'begins no variable'],
])('%s fails: %s', (text, message) => {
  expect(() => interpolate(text, env)).toThrow(message);
});

test('text without a dollar stays as it is, and no text hangs', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replaceAll('$', '');
      expect(interpolate(plain, env)).toBe(plain);
      try {
        interpolate(text, env);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
  );
});

test('all values of a document, and no names', () => {
  expect(interpolateAll({ $A: ['$A', 1, null, { b: '${A}' }] }, env)).toEqual({ $A: ['a', 1, null, { b: 'a' }] });
});
