import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gapBoundsMs, Gaps } from './gaps.ts';

test('each gap is in the bucket of the first bound that it does not exceed', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 60_000 })), (waits) => {
      const gaps = new Gaps();
      let now = 1_000;
      gaps.heard(now);
      for (const wait of waits) gaps.heard((now += wait));
      const upTo = (bound: number): number => waits.filter((wait) => wait <= bound).length;
      let sum = 0;
      gapBoundsMs.forEach((bound, index) => {
        sum += gaps.counts[index] ?? 0;
        expect(sum).toBe(upTo(bound));
      });
      expect(sum + (gaps.counts[gapBoundsMs.length] ?? 0)).toBe(waits.length);
      expect(gaps.sumMs).toBe(waits.reduce((total, wait) => total + wait, 0));
    }),
  );
});
