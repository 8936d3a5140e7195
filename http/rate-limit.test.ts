import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { RateLimiter } from './rate-limit.ts';

test('P-163 a caller gets what its bucket holds, and then what runs into it', () => {
  const clock = new VirtualClock();
  const limiter = new RateLimiter({ max: 2, windowMs: 1_000 }, clock, 10);
  expect([limiter.take('a'), limiter.take('a'), limiter.take('a')]).toEqual([null, null, 500]);
  expect(limiter.take('b')).toBeNull();
  clock.advance(499);
  expect(limiter.take('a')).toBe(1);
  clock.advance(1);
  expect([limiter.take('a'), limiter.take('a')]).toEqual([null, 500]);
});

test('P-163 over any time nobody gets more, and who waits as told gets one', () => {
  const asked = fc.array(fc.nat(400), { minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), asked, (max, pauses) => {
      const windowMs = 1_000;
      const clock = new VirtualClock();
      const limiter = new RateLimiter({ max, windowMs }, clock, 10);
      const granted: number[] = [];
      for (const pause of pauses) {
        clock.advance(pause);
        const waitMs = limiter.take('a');
        if (waitMs !== null) {
          clock.advance(waitMs);
          expect(limiter.take('a')).toBeNull();
        }
        granted.push(clock.now());
      }
      for (const [from, since] of granted.entries()) {
        for (const [to, until] of granted.entries()) {
          if (to >= from) expect(to - from + 1).toBeLessThanOrEqual(max + ((until - since) * max) / windowMs + 1e-6);
        }
      }
    }),
  );
});

test('P-163 the table is bounded', () => {
  const limiter = new RateLimiter({ max: 1, windowMs: 1_000 }, new VirtualClock(), 3);
  for (const caller of ['a', 'b', 'c', 'a', 'd', 'e']) limiter.take(caller);
  expect(limiter.callers).toBe(3);
  // Who has asked last is remembered.
  expect(limiter.take('e')).not.toBeNull();
  expect(limiter.take('b')).toBeNull();
});
