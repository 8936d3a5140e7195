import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SystemClock } from './clock.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('setting the machine’s clock moves no deadline', () => {
  const clock = new SystemClock();
  const fired: string[] = [];
  clock.schedule(2_000, () => fired.push('two'));
  clock.schedule(300_000, () => fired.push('late'));
  const date = vi.spyOn(Date, 'now');
  date.mockReturnValue(Date.now() - 3_600_000);
  vi.advanceTimersByTime(2_500);
  expect(fired).toEqual(['two']);
  date.mockReturnValue(Date.now() + 7_200_000);
  vi.advanceTimersByTime(250);
  expect(fired).toEqual(['two']);
  date.mockRestore();
});

test('never early, at most two ticks late, and not at all when cancelled', () => {
  const clock = new SystemClock();
  const late: number[] = [];
  for (const delayMs of [0, 1, 1_999, 2_000, 2_001, 2_249, 2_250, 60_000]) {
    const due = clock.now() + delayMs;
    clock.schedule(delayMs, () => late.push(clock.now() - due));
    clock.schedule(delayMs, () => late.push(Number.NaN))();
  }
  clock.schedule(2 ** 40, () => late.push(Number.NaN));
  vi.advanceTimersByTime(70_000);
  expect(late).toHaveLength(8);
  expect(late.every((ms) => ms >= 0 && ms <= 500)).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a deadline that throws takes no other with it', () => {
  const clock = new SystemClock();
  const fired: number[] = [];
  for (const index of [1, 2, 3]) {
    clock.schedule(3_000, () => {
      if (index === 2) throw new Error('broken');
      fired.push(index);
    });
  }
  expect(() => vi.advanceTimersByTime(3_250)).toThrow('broken');
  vi.advanceTimersByTime(500);
  expect(fired).toEqual([1, 3]);
});
