import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestJournal } from '../testkit/front-end.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { lookEveryMs, type LoopLoad, OverloadGate } from './overload.ts';

const limits = { delayMs: 500, afterMs: 2_000 };

const gated = () => {
  const clock = new VirtualClock();
  const journal = new TestJournal();
  const state: { load: LoopLoad | null; readonly turns: boolean[] } = { load: { delayMs: 0, busy: 0 }, turns: [] };
  const gate = new OverloadGate({
    limits,
    clock,
    journal,
    probe: { look: () => state.load },
    changed: (refusing) => state.turns.push(refusing),
  });
  /** Answers are asked for all the time, as when there is too much to do. */
  const ask = (ms: number): boolean => {
    let refused = false;
    for (let at = 0; at < ms; at += lookEveryMs) {
      clock.advance(lookEveryMs);
      refused = gate.refuses();
    }
    return refused;
  };
  return { clock, journal, state, gate, ask };
};

const late: LoopLoad = { delayMs: 500, busy: 1 };

test('new answers are refused when the loop has been late for long enough, until it is late by less than half', () => {
  const { state, ask, journal } = gated();
  state.load = late;
  expect(ask(limits.afterMs)).toBe(false);
  expect(ask(lookEveryMs)).toBe(true);
  state.load = { delayMs: 250, busy: 1 };
  expect(ask(60_000)).toBe(true);
  state.load = { delayMs: 249, busy: 1 };
  expect(ask(lookEveryMs)).toBe(false);
  state.load = { delayMs: 499, busy: 1 };
  expect(ask(60_000)).toBe(false);
  expect(state.turns).toEqual([true, false]);
  expect(journal.lines.map(({ event }) => event)).toEqual(['overload_began', 'overload_ended']);
  // The last one that asked was let in.
  expect(journal.lines[1]?.facts).toEqual({ delay_ms: 249, count: 1 + 60_000 / lookEveryMs });
});

test('it is over also when nobody asks any more', () => {
  const { state, ask, clock } = gated();
  state.load = late;
  expect(ask(limits.afterMs + lookEveryMs)).toBe(true);
  clock.advance(10 * lookEveryMs);
  expect(state.turns).toEqual([true]);
  state.load = { delayMs: 0, busy: 0 };
  clock.advance(lookEveryMs);
  expect([state.turns, clock.pending]).toEqual([[true, false], 0]);
});

test('a burst refuses nobody, nor does a process that waits for its turn at the processor', () => {
  const { state, ask } = gated();
  for (let burst = 0; burst < 5; burst += 1) {
    state.load = late;
    expect(ask(limits.afterMs)).toBe(false);
    state.load = { delayMs: 10, busy: 1 };
    expect(ask(lookEveryMs)).toBe(false);
  }
  state.load = { delayMs: 2_000, busy: 0.5 };
  expect(ask(60_000)).toBe(false);
});

test('a loop that has not come round since the last look is judged when it has', () => {
  const { state, ask } = gated();
  state.load = late;
  ask(limits.afterMs + lookEveryMs);
  state.load = null;
  expect(ask(60_000)).toBe(true);
  state.load = { delayMs: 0, busy: 0 };
  expect(ask(lookEveryMs)).toBe(false);
});

test('at several times the load that can be borne, as much is served as at that load', () => {
  // A loop in which each answer that is under way adds to how late it is; it serves a fixed number of them in a second.
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 20, max: 200 }), (times, perStep) => {
      const served = (factor: number): number => {
        const { clock, state, gate } = gated();
        let [waiting, done] = [0, 0];
        for (let step = 0; step < 400; step += 1) {
          clock.advance(lookEveryMs);
          // What is refused costs a tenth of what is served.
          let room = perStep;
          for (let asked = 0; asked < factor * perStep; asked += 1)
            if (gate.refuses()) room -= 0.01;
            else waiting += 1;
          const now = Math.min(waiting, Math.max(0, Math.floor(room)));
          waiting -= now;
          done += now;
          state.load = { delayMs: (waiting / perStep) * lookEveryMs, busy: waiting > 0 ? 1 : 0.5 };
        }
        expect(waiting / perStep).toBeLessThan(times * 20);
        return done;
      };
      expect(served(times)).toBeGreaterThanOrEqual(0.9 * served(1));
    }),
    { numRuns: 20 },
  );
});
