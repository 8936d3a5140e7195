import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('no more than so many are under way, in the order in which they came, and every turn comes back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.boolean(), { maxLength: 20 }), async (max, fails) => {
      const turns = new Turns(max, 100);
      const begun: number[] = [];
      let [underWay, most] = [0, 0];
      const run = (index: number): Promise<void> =>
        turns.run(async () => {
          begun.push(index);
          underWay += 1;
          most = Math.max(most, underWay);
          await new Promise((resolve) => setImmediate(resolve));
          underWay -= 1;
          if (fails[index] === true) throw new Error('failed');
        });
      const ends = await Promise.allSettled(fails.map((_, index) => run(index)));
      expect(begun).toEqual(fails.map((_, index) => index));
      expect(most).toBeLessThanOrEqual(max);
      expect(ends.map(({ status }) => status === 'rejected')).toEqual(fails);
    }),
    { numRuns: 50 },
  );
});

test('whoever comes when too many wait is refused', async () => {
  const turns = new Turns(1, 1);
  const gate = Promise.withResolvers<void>();
  const first = turns.run(() => gate.promise);
  const second = turns.run(() => Promise.resolve('second'));
  await expect(turns.run(() => Promise.resolve())).rejects.toMatchObject({ fault: 'refused' });
  gate.resolve();
  await first;
  expect(await second).toBe('second');
});
