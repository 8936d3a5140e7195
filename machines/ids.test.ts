import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Epoch, type Lease, sameLease, type Slot } from './ids.ts';

test('a lease is the same when its slot and its epoch are; no lease is the same as any', () => {
  const lease: fc.Arbitrary<Lease> = fc.record({
    slot: fc.constantFrom(0 as Slot, 1 as Slot),
    epoch: fc.constantFrom(1 as Epoch, 2 as Epoch),
  });
  fc.assert(
    fc.property(fc.option(lease), lease, (left, right) => {
      expect(sameLease(left, right)).toBe(JSON.stringify(left) === JSON.stringify(right));
    }),
  );
});
