import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { goesOn } from './said-text.ts';

const escaped = (text: string): string => JSON.stringify(text).slice(1, -1);

/** The general way. */
const begins = (text: string, said: string, held: string): boolean =>
  escaped(text.toWellFormed()).startsWith(said + escaped(held));

const unit = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('"', '\\', '\\n', '\n', '\u0001', 'é', '😀', '\ud83d', '\ude00', ''),
  fc.constantFrom('x', '\\', '😀', 'é').map((one) => one.repeat(8_191)),
);
const text = fc.array(unit, { maxLength: 6 }).map((units) => units.join(''));

it('a text goes on from what was said if its escaped form begins with that', () => {
  fc.assert(
    fc.property(text, text, text, text, fc.boolean(), (before, after, held, other, isOther) => {
      const said = escaped((isOther ? other : before).toWellFormed());
      const whole = before + held + after;
      expect(goesOn(whole, Buffer.from(said), held)).toBe(begins(whole, said, held));
    }),
  );
});
