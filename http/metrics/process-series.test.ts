import { expect, test } from 'vitest';
import { longestDelay } from './process-series.ts';

test('a delay is what goes beyond the interval of measuring, and is asked for once', () => {
  let resets = 0;
  const delays = (max: number, count = 1) => ({ max, count, reset: () => void (resets += 1) });
  expect(longestDelay(delays(260_000_000))).toBeCloseTo(0.25);
  expect(longestDelay(delays(9_000_000))).toBe(0);
  // Nothing was measured: `max` says nothing.
  expect(longestDelay(delays(9_223_372_036_854_776_000, 0))).toBe(0);
  expect(resets).toBe(3);
});
