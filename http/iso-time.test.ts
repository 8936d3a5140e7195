import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isoTime } from './iso-time.ts';

test('a time is written as Date writes it, whatever was written before', () => {
  const times = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.double({ min: 0, max: 8.64e15, noNaN: true })),
  );
  fc.assert(
    fc.property(times, (all) => {
      for (const ms of all) expect(isoTime(ms)).toBe(new Date(ms).toISOString());
    }),
  );
});
