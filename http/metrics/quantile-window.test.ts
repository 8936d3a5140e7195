import fc from 'fast-check';
import { expect, test } from 'vitest';
import { QuantileWindow } from './quantile-window.ts';

const windowMs = 600_000;

test('P-190 a quantile is that of the values within five percent, from a millisecond to twenty minutes', () => {
  const values = fc.array(fc.double({ min: 1, max: 1_200_000, noNaN: true }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(values, fc.double({ min: 0, max: 1, noNaN: true }), (measured, quantile) => {
      const window = new QuantileWindow(windowMs, 0);
      for (const value of measured) window.measured(value, 0);
      const exact = measured.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(quantile * measured.length) - 1)] ?? 0;
      const [found = 0] = window.quantiles([quantile], 0);
      expect(Math.abs(found / exact - 1)).toBeLessThan(0.05);
    }),
  );
});

test('what is outside of the sizes counts as the nearest one, and nothing measured is no number', () => {
  const window = new QuantileWindow(windowMs, 0);
  expect(window.quantiles([0.5], 0)).toEqual([Number.NaN]);
  for (const value of [-5, 0, 0.2]) window.measured(value, 0);
  expect(window.quantiles([0, 1], 0)).toEqual([1, 1]);
  window.measured(Number.POSITIVE_INFINITY, 0);
  const [most = 0] = window.quantiles([1], 0);
  expect(most).toBeGreaterThan(1_200_000);
});

test('a value counts for the length of the window, give or take a slice, also after a long silence or a clock that goes back', () => {
  const times = fc.array(fc.integer({ min: 0, max: 3_000_000 }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 4_000_000 }), (unsorted, later) => {
      const at = unsorted.toSorted((a, b) => a - b);
      const window = new QuantileWindow(windowMs, at[0] ?? 0);
      for (const time of at) window.measured(100, time);
      const now = (at.at(-1) ?? 0) + later;
      const [found] = window.quantiles([0.5], now);
      const ageMs = later;
      if (ageMs < (windowMs / 5) * 4) expect(found).toBeCloseTo(100, -1);
      if (ageMs > windowMs) expect(found).toBeNaN();
      // Backwards nothing is forgotten or counted twice.
      expect(window.quantiles([0.5], now - 1_000_000)).toEqual([found]);
    }),
  );
});
