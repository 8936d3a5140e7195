/** What is shown of an answer is what plain words say of its whole text, however that was cut into pieces. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bounds } from './bounds.ts';
import { StopScanner } from './stop-scanner.ts';

/** Few letters, so that stop sequences begin, nearly match and overlap all the time. */
const letters = (max: number, min = 0) =>
  fc
    .array(fc.constantFrom('a', 'b', 'é', '😀', '😁', '\u{1f600}b'), { minLength: min, maxLength: max })
    .map((all) => all.join(''));
const stops = fc.array(letters(4, 1), { maxLength: 4 });

/** Cut between code points, as deltas in a log are. */
const pieces = (text: string, sizes: readonly number[]): readonly string[] => {
  const points = Array.from(text);
  const cut: string[] = [];
  for (let at = 0, turn = 0; at < points.length; turn += 1) {
    const size = 1 + (sizes[turn % sizes.length] ?? 0);
    cut.push(points.slice(at, at + size).join(''));
    at += size;
  }
  return cut;
};
const sizes = fc.array(fc.nat(4), { minLength: 1 });

/** The definition: the text before the stop sequence that begins first. */
const beforeStops = (text: string, all: readonly string[]): string => {
  const found = all.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
  return found.length === 0 ? text : text.slice(0, Math.min(...found));
};

/** The definition: as many whole code points as have room. */
const within = (text: string, bytes: number): string => {
  let room = bytes;
  let fitting = '';
  for (const point of text) {
    room -= Buffer.byteLength(point);
    if (room < 0) break;
    fitting += point;
  }
  return fitting;
};

const mayBegin = (text: string, stop: string): boolean =>
  Array.from({ length: stop.length - 1 }, (_, at) => stop.slice(0, at + 1)).some((prefix) => text.endsWith(prefix));

describe('stop sequences', () => {
  test('end the text before the first of them, and nothing is held back without need', () => {
    fc.assert(
      fc.property(letters(40), stops, sizes, (text, all, cut) => {
        const scanner = new StopScanner(all);
        let [said, shown] = ['', ''];
        for (const piece of pieces(text, cut)) {
          said += piece;
          shown += scanner.push(piece);
          expect(beforeStops(text, all).startsWith(shown)).toBe(true);
          if (scanner.found) break;
          expect(shown + scanner.held).toBe(said);
          if (!all.some((stop) => mayBegin(said, stop))) expect(scanner.held).toBe('');
          expect(scanner.held === '' || all.some((stop) => stop.startsWith(scanner.held))).toBe(true);
        }
        shown += scanner.flush();
        expect([shown, scanner.found]).toEqual([beforeStops(text, all), beforeStops(text, all) !== text]);
      }),
      { numRuns: 2_000 },
    );
  });

  test('one that has begun earlier wins over one that is complete earlier', () => {
    const scanner = new StopScanner(['abcd', 'bc']);
    expect(['a', 'b', 'c'].map((piece) => scanner.push(piece))).toEqual(['', '', '']);
    expect([scanner.push('d'), scanner.found]).toEqual(['', true]);
    const other = new StopScanner(['abcd', 'bc']);
    expect([other.push('xabc'), other.found, other.push('x'), other.found]).toEqual(['x', false, 'a', true]);
  });

  // Reading again what is held back would be 400 million steps here: no test would wait for that.
  test('of a text that nearly matches all the time no more is held back than has to be', () => {
    const stop = `${'a'.repeat(1_023)}b`;
    const scanner = new StopScanner([stop, `a${stop.slice(1)}`, 'aab', 'aaab']);
    let shown = 0;
    for (let piece = 0; piece < 400_000; piece += 1) shown += scanner.push('a').length;
    expect(shown).toBe(400_000 - 1_023);
  });
});

describe('the bounds of an answer', () => {
  const wide = { stop: [], tokensMax: null, callsMax: null };

  test('hold for any text in any pieces: a cap in bytes of what is shown, stop sequences in each message', () => {
    fc.assert(
      fc.property(
        fc.array(letters(20), { maxLength: 3 }),
        stops,
        fc.integer({ min: 1, max: 12 }),
        sizes,
        (messages, stop, tokensMax, cut) => {
          const bounds = new Bounds({ ...wide, stop, tokensMax });
          let shown = '';
          for (const message of messages) {
            for (const piece of pieces(message, cut)) shown += bounds.text(piece);
            shown += bounds.textEnd();
          }
          const last = messages.findIndex((message) => beforeStops(message, stop) !== message);
          const visible = messages
            .slice(0, last < 0 ? messages.length : last + 1)
            .map((message) => beforeStops(message, stop))
            .join('');
          const expected = within(visible, tokensMax * 4);
          expect(shown).toBe(expected);
          expect(bounds.reached).toBe(expected === visible ? (last < 0 ? null : 'stop') : 'length');
          expect(bounds.tokens).toBeLessThanOrEqual(tokensMax);
          expect(bounds.held).toBe('');
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('summaries and calls count, too; a call is shown whole or not at all', () => {
    const bounds = new Bounds({ ...wide, tokensMax: 3 });
    expect([bounds.summary('1234'), bounds.call('{"a":1}'), bounds.tokens]).toEqual(['1234', true, 3]);
    expect([bounds.call('{}'), bounds.reached, bounds.text('x')]).toEqual([false, 'length', '']);
    const fitting = new Bounds({ ...wide, tokensMax: 2 });
    expect([fitting.call('12345678'), fitting.reached]).toEqual([true, null]);
  });

  test('calls beyond their number are not shown, and the answer goes on', () => {
    const bounds = new Bounds({ ...wide, callsMax: 1 });
    expect([bounds.call('{}'), bounds.call('{}'), bounds.text('so'), bounds.reached]).toEqual([
      true,
      false,
      'so',
      null,
    ]);
  });
});
