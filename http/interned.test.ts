import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Interned } from './interned.ts';

test('a text is the same text, whatever came before', () => {
  const interned = new Interned(8, 5);
  fc.assert(
    fc.property(fc.string({ maxLength: 7 }), (text) => {
      expect(interned.of(text)).toBe(text);
    }),
    { numRuns: 500 },
  );
});
