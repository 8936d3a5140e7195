import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { rateWithin } from './frontier.ts';

const steps = [
  { perSecond: 100, p99Ms: 2 },
  { perSecond: 200, p99Ms: 4 },
  { perSecond: 300, p99Ms: 24 },
];

test.for([
  [1, 100, '<='],
  [2, 100, null],
  [3, 150, null],
  [14, 250, null],
  [24, 300, '>='],
  [100, 300, '>='],
] as const)('within %d ms there are %d a second, %s', ([within, rate, bound]) =>
  expect(rateWithin(steps, within)).toEqual({ rate, bound }),
);

test('a rate behind one that was too slow does not count', () => {
  expect(rateWithin([{ perSecond: 400, p99Ms: 1 }, ...steps], 5)).toEqual({ rate: 205, bound: null });
});

test('a wider bound never has a lower rate, and no order of the steps matters', () => {
  const some = fc.array(
    fc.record({ perSecond: fc.integer({ min: 1, max: 1e5 }), p99Ms: fc.double({ min: 0.01, max: 1e4, noNaN: true }) }),
    { minLength: 1, maxLength: 8 },
  );
  const unique = some.map((all) => [...new Map(all.map((step) => [step.perSecond, step])).values()]);
  fc.assert(
    fc.property(unique, fc.double({ min: 0.01, max: 1e4, noNaN: true }), (all, bound) => {
      const found = rateWithin(all, bound);
      expect(rateWithin(all.toReversed(), bound)).toEqual(found);
      expect(rateWithin(all, bound * 2).rate).toBeGreaterThanOrEqual(found.rate);
    }),
  );
});
