import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unescape } from './escaped-text.ts';

const whole = (text: string): string => {
  const pieces: Buffer[] = [];
  unescape(Buffer.from(JSON.stringify(text).slice(1, -1)), (piece) => pieces.push(Buffer.from(piece)));
  return Buffer.concat(pieces).toString('utf8');
};

test('what was escaped is what it was', () => {
  const unit = fc.oneof(
    fc.constantFrom('\\', '"', '\n', '\u0000', '\u001f', '\b', '\f', '/', 'u'),
    fc.string({ unit: 'grapheme' }),
  );
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = units.join('').toWellFormed();
      expect(whole(text)).toBe(text);
    }),
  );
});

test('however long it is', () => {
  const text = 'ab\n語\\'.repeat(50_000);
  expect(whole(text)).toBe(text);
});
