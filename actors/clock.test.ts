import * as fc from 'fast-check';
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

interface Deadline {
  readonly dueAt: number;
  readonly cancel: () => void;
  state: 'waiting' | 'fired' | 'cancelled';
}

test('each fires once, in its time, whatever is set and cancelled when another one fires', () => {
  const delays = fc.constantFrom(1_999, 2_000, 2_100, 2_249, 2_250, 4_000);
  const step = fc.oneof(
    fc.record({ do: fc.constant('set' as const), delayMs: delays }),
    fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 250, 3_000) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.array(step, { maxLength: 30 }), (steps, whenFired) => {
      const clock = new SystemClock();
      const all: Deadline[] = [];
      const late: number[] = [];
      const act = (one: (typeof steps)[number]): void => {
        if (one.do === 'cancel' && all.length > 0) {
          const found = all[one.which % all.length];
          if (found?.state === 'waiting') found.state = 'cancelled';
          found?.cancel();
        } else if (one.do === 'set') {
          const set: Deadline = {
            dueAt: clock.now() + one.delayMs,
            state: 'waiting',
            cancel: clock.schedule(one.delayMs, () => {
              expect(set.state).toBe('waiting');
              set.state = 'fired';
              late.push(clock.now() - set.dueAt);
              const next = whenFired.shift();
              if (next !== undefined) act(next);
            }),
          };
          all.push(set);
        }
      };
      for (const one of steps) {
        if (one.do === 'wait') vi.advanceTimersByTime(one.ms);
        else act(one);
        for (const { state, dueAt } of all) if (state === 'waiting') expect(clock.now() - dueAt).toBeLessThan(500);
      }
      vi.advanceTimersByTime(200_000);
      expect(all.filter(({ state }) => state === 'waiting')).toEqual([]);
      expect(late.every((ms) => ms >= 0 && ms <= 500)).toBe(true);
      expect(vi.getTimerCount()).toBe(0);
    }),
  );
});
