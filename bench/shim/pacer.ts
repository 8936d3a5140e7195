/**
 * When each running turn takes its next step. Invariant: turns of one pace are stepped in one sweep, so that a thousand paced
 * streams need one timer; a turn that fell behind catches up; and nothing is stepped while the reader of stdout is behind.
 */

import type { Play } from '../play.ts';

/** False: that was the last one. */
type Step = () => boolean;

export interface Pacer {
  /** Returns what stops it. */
  start(play: Play, step: Step): () => void;
  /** The reader is behind, or has caught up. */
  hold(held: boolean): void;
}

interface Turn {
  readonly step: Step;
  readonly everyMs: number;
  dueMs: number;
}

export interface Time {
  now(): number;
  /** After so long, or at the next turn of the event loop for 0. Returns what cancels it. */
  after(delayMs: number, fire: () => void): () => void;
}

/** That of this process. */
export const processTime: Time = {
  now: () => performance.now(),
  after: (delayMs, fire) => {
    if (delayMs > 0) {
      const timer = setTimeout(fire, delayMs);
      return () => clearTimeout(timer);
    }
    const immediate = setImmediate(fire);
    return () => clearImmediate(immediate);
  },
};

const sweepMs = 1;

export function createPacer(time: Time): Pacer {
  const turns = new Set<Turn>();
  let held = false;
  let armedForMs = Number.POSITIVE_INFINITY;
  let disarm = (): void => {};

  const arm = (dueMs: number): void => {
    if (held || dueMs >= armedForMs) return;
    disarm();
    armedForMs = dueMs;
    const inMs = dueMs - time.now();
    disarm = time.after(inMs <= 0 ? 0 : Math.max(sweepMs, inMs), sweep);
  };
  function sweep(): void {
    armedForMs = Number.POSITIVE_INFINITY;
    if (held) return;
    const nowMs = time.now();
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const turn of turns) {
      if (turn.dueMs <= nowMs) {
        // Without a pace it is due at once, again and again.
        turn.dueMs = turn.everyMs === 0 ? 0 : turn.dueMs + turn.everyMs;
        if (!turn.step()) {
          turns.delete(turn);
          continue;
        }
      }
      soonestMs = Math.min(soonestMs, turn.dueMs);
    }
    if (turns.size > 0) arm(soonestMs);
  }

  return {
    start({ everyMs, delayMs }, step) {
      const turn: Turn = { step, everyMs, dueMs: time.now() + delayMs };
      turns.add(turn);
      arm(turn.dueMs);
      return () => void turns.delete(turn);
    },
    hold(now) {
      if (held === now) return;
      held = now;
      disarm();
      armedForMs = Number.POSITIVE_INFINITY;
      if (!held) arm(0);
    },
  };
}
