import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawn } from './drawn.ts';

test('of twice as many at least one is drawn', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 64 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true })),
      (every, rolls) => {
        const draw = drawn(every, { jitter: () => rolls.next().value });
        let since = 0;
        let drawnOnes = 0;
        for (let one = 1; one <= 20 * every; one += 1) {
          since += 1;
          if (!draw()) continue;
          if (drawnOnes === 0) expect(since).toBe(every);
          expect(since).toBeLessThanOrEqual(2 * every);
          drawnOnes += 1;
          since = 0;
        }
        expect(drawnOnes).toBeGreaterThanOrEqual(10);
      },
    ),
  );
});
