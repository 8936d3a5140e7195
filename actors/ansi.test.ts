/** The text without its colours does not depend on how it was cut into pieces. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AnsiStripper, withoutColours } from './ansi.ts';

const atoms = fc.constantFrom(
  'a',
  '\u001b',
  '[',
  '3',
  '1;2',
  ':',
  'm',
  'K',
  '\r',
  '\n',
  '\u001b[0m',
  '\u001b[31m',
  'é',
);
const pieces = fc.array(
  fc.array(atoms, { maxLength: 4 }).map((all) => all.join('')),
  { maxLength: 12 },
);

test('P-145 pieces and whole say the same', () => {
  fc.assert(
    fc.property(pieces, (all) => {
      const stripper = new AnsiStripper();
      const shown = all.map((piece) => stripper.push(piece)).join('') + stripper.flush();
      expect(shown).toBe(withoutColours(all.join('')));
    }),
  );
});

test.each([
  [['a\u001b[3', '1mb'], 'ab'],
  [['\u001b', '[', '1;38:5:9', 'm', 'x\r\n'], 'x\r\n'],
  [['a\u001b[2Kb'], 'a\u001b[2Kb'],
  [['a\u001b['], 'a\u001b['],
  [['\u001b\u001b[0m'], '\u001b'],
  [['\u001b[3\u001b[0m1m'], '\u001b[31m'],
])('P-145 %j', (all, text) => {
  const stripper = new AnsiStripper();
  expect(all.map((piece) => stripper.push(piece)).join('') + stripper.flush()).toBe(text);
});

test('P-145 a sequence without end is not held for ever', () => {
  const stripper = new AnsiStripper();
  const text = `\u001b[${'1'.repeat(100)}m`;
  expect(Array.from(text, (unit) => stripper.push(unit)).join('')).toBe(text);
});
