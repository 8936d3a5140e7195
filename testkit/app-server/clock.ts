/**
 * Time as the fake app-server sees it, structurally the `Clock` seam of the runtime, and a clock that stands still until
 * it is told to move. Invariant: timers fire in the order of their due time, equal times in the order of scheduling.
 */

export interface Clock {
  now(): number;
  schedule(delayMs: number, fire: () => void): () => void;
}

export interface ManualClock extends Clock {
  /** Moves time forward and fires everything that falls due on the way. */
  advance(ms: number): void;
  /** Fires what is due now, and what that schedules without a delay. */
  settle(): void;
  /** Fires everything, jumping from due time to due time, until nothing is left; throws when there is no end to it. */
  drain(stepsMax?: number): void;
}

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

export function createManualClock(startMs = 1_790_000_000_000): ManualClock {
  let nowMs = startMs;
  const timers: Timer[] = [];

  const insert = (timer: Timer): void => {
    let at = timers.length;
    while (at > 0 && (timers[at - 1] as Timer).dueMs > timer.dueMs) at -= 1;
    timers.splice(at, 0, timer);
  };
  const fireNext = (untilMs: number): boolean => {
    const timer = timers[0];
    if (timer === undefined || timer.dueMs > untilMs) return false;
    timers.shift();
    nowMs = Math.max(nowMs, timer.dueMs);
    timer.fire();
    return true;
  };
  const advance = (ms: number): void => {
    const untilMs = nowMs + ms;
    while (fireNext(untilMs));
    nowMs = untilMs;
  };

  return {
    now: () => nowMs,
    schedule(delayMs, fire) {
      const timer = { dueMs: nowMs + Math.max(0, delayMs), fire };
      insert(timer);
      return () => {
        const at = timers.indexOf(timer);
        if (at >= 0) timers.splice(at, 1);
      };
    },
    advance,
    settle: () => advance(0),
    drain(stepsMax = 1_000_000) {
      for (let steps = 0; fireNext(Number.POSITIVE_INFINITY); steps += 1) {
        if (steps >= stepsMax) throw new Error(`the clock did not come to rest within ${stepsMax} timers`);
      }
    },
  };
}
