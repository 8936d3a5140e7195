import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillerOf, nowMicros, playText, readPlay, stamp, stampBytes } from './play.ts';

const plays = fc.record({
  deltas: fc.nat({ max: 1_000_000 }),
  bytes: fc.integer({ min: stampBytes, max: 5_000 }),
  everyMs: fc.nat({ max: 10_000 }),
  batch: fc.integer({ min: 1, max: 1_000_000 }),
  delayMs: fc.nat({ max: 10_000 }),
});

test('a play is read from any text, and from the JSON, that holds it', () => {
  fc.assert(
    fc.property(plays, fc.string(), fc.string(), (play, before, behind) => {
      const text = `${before} ${playText(play)} ${behind}`;
      expect([readPlay(text), readPlay(JSON.stringify({ text }))]).toEqual([play, play]);
    }),
  );
});

test('a text without a play has none', () => expect(readPlay('play the piano')).toBeNull());

test('stamp and filler have the length of the delta, and JSON leaves them as they are', () => {
  fc.assert(
    fc.property(plays, (play) => {
      const text = stamp() + fillerOf(play);
      expect([text.length, JSON.stringify(text).length]).toEqual([play.bytes, play.bytes + 2]);
    }),
  );
});

test('time goes on, in microseconds', () => {
  const [seconds, nanos] = process.hrtime();
  expect(Math.abs(nowMicros() - (seconds * 1e6 + nanos / 1e3))).toBeLessThan(100_000);
});
