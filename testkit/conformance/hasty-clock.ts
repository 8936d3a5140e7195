/**
 * The real clock, with deadlines that can be reached early: a test of one then waits for no time, and a slow machine
 * reaches none by itself.
 */

import type { Clock } from '../../actors/seams.ts';
import { realClock } from '../worker.ts';

export interface HastyClock {
  readonly clock: Clock;
  /** Fires everything that waits for less than `belowMs`. */
  expire(): void;
}

export const hastyClock = (belowMs: number): HastyClock => {
  const timers = new Set<() => void>();
  let aheadMs = 0;
  const schedule: Clock['schedule'] = (delayMs, fire) => {
    const cancel = realClock.schedule(delayMs, () => run());
    const run = (): void => {
      timers.delete(run);
      cancel();
      fire();
    };
    if (delayMs < belowMs) timers.add(run);
    return () => {
      timers.delete(run);
      cancel();
    };
  };
  return {
    clock: { now: () => realClock.now() + aheadMs, schedule },
    expire: () => {
      // Whoever is called looks whether it is time.
      aheadMs += belowMs;
      for (const run of [...timers]) run();
    },
  };
};
