import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isSettled, Sizes, warm } from './warm.ts';

test.for([
  [[], false],
  [[100], false],
  [[200, 100, 103], true],
  [[100, 100, 104], false],
  [[0, 0], true],
] as const)('%j: settled %j', ([readings, settled]) => expect(isSettled(readings)).toBe(settled));

test('a variant is read until two readings are equal, or as often as is allowed', async () => {
  const reader = (readings: number[]) => () => Promise.resolve(readings.shift() ?? Number.NaN);
  expect(await warm(reader([9, 5, 4, 4, 4]), 10)).toBe(4);
  expect(await warm(reader([9, 5, 4, 3, 2]), 3)).toBe(3);
  expect(await warm(reader([9, 9]), 1)).toBe(1);
});

test('a load takes the time it should, once one was measured', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 10, max: 50_000 }),
      async (first, perSecond) => {
        const sizes = new Sizes(first, 3);
        const load = (count: number) => Promise.resolve({ report: { elapsedMicros: (count / perSecond) * 1e6 } });
        expect((await sizes.run('a', load))[0]).toBe(first);
        const [count] = await sizes.run('a', load);
        expect(count / perSecond).toBeGreaterThanOrEqual(3);
        expect(count).toBeLessThanOrEqual(Math.max(first, 3.4 * perSecond + 1));
        expect((await sizes.run('b', load))[0]).toBe(first);
      },
    ),
  );
});

test('without a time it has always the same size', async () => {
  const sizes = new Sizes(7, null);
  const load = () => Promise.resolve({ report: { elapsedMicros: 1 } });
  for (const _ of [1, 2]) expect((await sizes.run('a', load))[0]).toBe(7);
});
