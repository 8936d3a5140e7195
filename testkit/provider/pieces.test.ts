import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cutBy, cutEvenly, pieces } from './pieces.ts';
import { parseSpec } from './scenario.ts';

const anyText = fc.string({ unit: 'binary' });
const mode = fc.oneof(
  fc.constantFrom('points', 'units'),
  fc.nat(1000).map((seed) => `seed:${seed}`),
);

function list(spec: string): readonly string[] {
  return [...pieces(parseSpec(spec).params, () => 5)];
}

describe('pieces of a text', () => {
  test('every cut joins to the literal and has no empty piece', () => {
    fc.assert(
      fc.property(anyText, mode, fc.integer({ min: 1, max: 9 }), (text, by, n) => {
        for (const cut of [cutBy(text, by), cutEvenly(text, n)]) {
          expect(cut.join('')).toBe(text);
          expect(cut).not.toContain('');
        }
      }),
    );
  });

  test('only `units` tears surrogate pairs', () => {
    fc.assert(
      fc.property(
        anyText.map((text) => `😀${text}`),
        fc.nat(1000),
        (text, seed) => {
          const cuts = [...cutBy(text, 'points'), ...cutBy(text, `seed:${seed}`), ...cutEvenly(text, 5)];
          expect(cuts.every((piece) => piece.isWellFormed())).toBe(true);
          expect(cutBy(text, 'units').every((piece) => piece.length === 1)).toBe(true);
        },
      ),
    );
  });

  test('a seed always cuts the same way', () => {
    const text = 'The same every time, on every machine.';
    expect(cutBy(text, 'seed:7')).toEqual(cutBy(text, 'seed:7'));
    expect(cutBy(text, 'seed:7')).not.toEqual(cutBy(text, 'seed:8'));
  });

  test.each([
    ['text', ['Hello', ', ', 'world', '.']],
    ['text n=5', ['Hello', ', ', 'world', '.', 'Hello']],
    ['text n=0', []],
    ['text n=2 size=3', ['The', 'The']],
    ['text chunks=a|b', ['a', 'b']],
    [`text chunks='["|","]]"]'`, ['|', ']]']],
    ['text text=abcd n=2', ['ab', 'cd']],
    ['text text=""', []],
    ['text n=2 stamp size=4', ['5 ..', '5 ..']],
  ])('%s', (spec, expected) => {
    expect(list(spec)).toEqual(expected);
  });

  test('an unknown cut is refused', () => {
    expect(() => list('text text=a cut=odd')).toThrow('cut must be');
  });
});
