import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TestJournal } from '../testkit/front-end.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { Starts } from '../actors/starts.ts';
import type { ResponseId } from '../machines/ids.ts';
import { burstMs, fewStarts, returnMsMost } from './backlog.ts';
import { calmMs, lookEveryMs, type LoopLoad, OverloadGate } from './overload.ts';

const limits = { delayMs: 500, afterMs: 2_000 };

const gated = (delayMs = limits.delayMs) => {
  const clock = new VirtualClock();
  const journal = new TestJournal();
  const state: { load: LoopLoad | null; readonly turns: boolean[] } = { load: { delayMs: 0, busy: 0 }, turns: [] };
  const starts = new Starts();
  const chance = { next: 0.5 };
  const gate = new OverloadGate({
    limits: { ...limits, delayMs },
    clock,
    ids: { jitter: () => chance.next },
    starts,
    journal,
    probe: { look: () => state.load },
    changed: (refusing) => state.turns.push(refusing),
  });
  /** Answers are asked for all the time, as when there is too much to do. */
  const ask = (ms: number): boolean => {
    let refused = false;
    for (let at = 0; at < ms; at += lookEveryMs) {
      clock.advance(lookEveryMs);
      refused = gate.refusal() !== null;
    }
    return refused;
  };
  return { clock, journal, state, starts, chance, gate, ask };
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
    fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 20, max: 60 }), (times, perStep) => {
      const served = (factor: number): number => {
        const { clock, state, gate } = gated();
        let [waiting, done] = [0, 0];
        for (let step = 0; step < 400; step += 1) {
          clock.advance(lookEveryMs);
          // What is refused costs a tenth of what is served.
          let room = perStep;
          for (let asked = 0; asked < factor * perStep; asked += 1)
            if (gate.refusal() !== null) room -= 0.01;
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

const busy: LoopLoad = { delayMs: 0, busy: 1 };

/** A core that serves so many starts a second, one after another, and for which to refuse one is a fiftieth of that. */
const loaded = (perSecond: number) => {
  const { clock, state, starts, gate, journal, chance } = gated();
  const queue: { readonly id: ResponseId; readonly at: number }[] = [];
  let begun = 0;
  const waits: number[] = [];
  const returns: number[] = [];
  let [room, arrived, refused] = [0, 0, 0];
  const pass = (ms: number, offeredPerSecond: number): void => {
    let rested = 0;
    for (let at = 0; at < ms; at += 10) {
      clock.advance(10);
      room = Math.min(room, 1) + perSecond / 100;
      arrived += offeredPerSecond / 100;
      for (; arrived >= 1; arrived -= 1) {
        const returnMs = gate.refusal();
        if (returnMs === null) {
          const id = `resp_${begun}` as ResponseId;
          begun += 1;
          starts.begin(id);
          queue.push({ id, at: clock.now() });
        } else {
          refused += 1;
          room -= 0.02;
          returns.push(returnMs);
        }
      }
      for (; room >= 1 && queue.length > 0; room -= 1) {
        const first = queue.shift();
        if (first === undefined) continue;
        waits.push(clock.now() - first.at);
        starts.settle(first.id);
      }
      rested = rested * 0.9 + (queue.length === 0 ? 0.1 : 0);
      state.load = { delayMs: 10, busy: 1 - rested };
    }
  };
  const take = () => {
    const taken = { served: waits.length, longest: Math.max(0, ...waits), refused, returns: returns.splice(0) };
    waits.length = 0;
    refused = 0;
    return taken;
  };
  return { pass, take, state, journal, chance, starts, gate, clock };
};

const rates = fc.integer({ min: 100, max: 2_000 });

test('at several times the capacity as much is served as at capacity, nobody waits for long, and it is over soon', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 15, max: 60 }), (perSecond, tenths) => {
      const { pass, take } = loaded(perSecond);
      pass(3_000, perSecond * 0.9);
      const before = take();
      expect(before.refused).toBe(0);
      pass(5_000, (perSecond * tenths) / 10);
      const over = take();
      expect(over.served).toBeGreaterThanOrEqual(0.85 * 5 * perSecond);
      // What came before it was noticed, and what is allowed.
      const unnoticedMs = (burstMs + 2 * lookEveryMs) * (tenths / 10 - 1);
      expect(over.longest).toBeLessThanOrEqual(Math.max(limits.delayMs, unnoticedMs) * 1.25 + 100);
      pass(1_500, perSecond * 0.5);
      take();
      pass(2_000, perSecond * 0.9);
      expect(take().refused).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('who is refused is told when those before them will have been served, each another time, and none a time without an end', () => {
  fc.assert(
    fc.property(rates, fc.integer({ min: 2, max: 50 }), (perSecond, times) => {
      const { pass, take, chance } = loaded(perSecond);
      chance.next = 0;
      pass(4_000, perSecond * times);
      take();
      pass(100, perSecond * times);
      const told = take().returns;
      const [least, most] = [Math.min(...told), Math.max(...told)];
      expect(least).toBeGreaterThanOrEqual(limits.delayMs);
      // With those who were refused within a second.
      expect(most).toBeLessThanOrEqual(returnMsMost);
      if (times <= 10) expect(most / (limits.delayMs + 1_000 * (times - 1))).toBeLessThan(2);
      chance.next = 0.999;
      pass(100, perSecond * times);
      expect(Math.min(...take().returns)).toBeGreaterThan(1.5 * least);
    }),
    { numRuns: 25 },
  );
});

test('nobody is refused for what waits while the loop has time to rest, or for a burst, or for a few', () => {
  const { gate, starts, state, ask, clock } = gated();
  const ids = Array.from({ length: 1_000 }, (_, index) => `resp_${index}` as ResponseId);
  for (const id of ids) starts.begin(id);
  // It is the workers that are slow.
  state.load = { delayMs: 0, busy: 0.5 };
  expect(ask(60_000)).toBe(false);
  state.load = busy;
  clock.advance(lookEveryMs);
  expect(gate.refusal()).toBe(null);
  clock.advance(lookEveryMs);
  expect(gate.refusal()).toBe(null);
  // Not one was served meanwhile.
  clock.advance(limits.delayMs);
  expect(gate.refusal()).not.toBe(null);
  for (const id of ids.slice(fewStarts - 1)) starts.settle(id);
  expect(gate.refusal()).toBe(null);
});

test('where nobody is served for long, or one now and then, that is no reason to let others wait longer than is allowed', () => {
  const delayMs = 5_000;
  fc.assert(
    fc.property(fc.integer({ min: 1_000, max: 20_000 }), (everyMs) => {
      const { gate, starts, state, ask, clock } = gated(delayMs);
      const ids = Array.from({ length: 10 * fewStarts }, (_, index) => `resp_${index}` as ResponseId);
      for (const id of ids) starts.begin(id);
      state.load = busy;
      expect(ask(burstMs + lookEveryMs)).toBe(false);
      for (let at = 0; at < 60_000; at += everyMs) {
        ask(everyMs);
        const served = ids.pop();
        if (served !== undefined) starts.settle(served);
      }
      // Each of them waits for more than a second times all who wait.
      const returnMs = gate.refusal();
      expect(returnMs).toBeGreaterThanOrEqual(delayMs);
      expect(returnMs).toBeLessThanOrEqual(returnMsMost);
      state.load = { delayMs: 0, busy: 0.5 };
      clock.advance(lookEveryMs);
      expect(gate.refusal()).toBe(null);
    }),
    { numRuns: 20 },
  );
});

test('what waits is told as an overload once, and its end when nobody had to be refused for a while', () => {
  const { pass, journal, state, gate } = loaded(1_000);
  pass(4_000, 3_000);
  pass(calmMs / 2, 100);
  pass(2_000, 3_000);
  expect(state.turns).toEqual([true]);
  pass(calmMs + 2_000, 100);
  expect([state.turns, gate.refusal()]).toEqual([[true, false], null]);
  expect(journal.lines.map(({ event }) => event)).toEqual(['overload_began', 'overload_ended']);
  expect(journal.lines[0]?.facts['delay_ms']).toBeGreaterThan(limits.delayMs);
  expect(journal.lines[1]?.facts['count']).toBeGreaterThan(1_000);
});
