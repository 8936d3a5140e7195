import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { limits } from './limits.ts';
import { StallWatch } from './stall-watch.ts';

const bufferBytes = 1_000;

const watching = (waiting: number | null, lagMs = Number.POSITIVE_INFINITY) => {
  const clock = new VirtualClock();
  const state = { waiting, ended: false, stalled: 0, clock };
  const watch = new StallWatch({
    clock,
    bufferBytes,
    lagMs,
    waitingBytes: () => state.waiting,
    ended: () => state.ended,
    stalled: () => {
      state.stalled += 1;
    },
  });
  return { state, clock, watch };
};

test('P-164 who takes nothing while much waits is cut, once', () => {
  const { state, clock, watch } = watching(1_001);
  watch.start();
  clock.advance(limits.stallMs - 1);
  expect(state.stalled).toBe(0);
  clock.advance(1);
  expect(state.stalled).toBe(1);
  clock.advance(60_000);
  expect([state.stalled, clock.pending]).toEqual([1, 0]);
});

test('P-164 who takes nothing is left alone until much waits', () => {
  const { state, clock, watch } = watching(1_000);
  watch.start();
  clock.advance(60_000);
  expect(state.stalled).toBe(0);
  state.waiting = 1_001;
  clock.advance(limits.stallLookMs);
  expect(state.stalled).toBe(1);
});

test('P-164 whoever takes something in time is never cut, however much waits', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(limits.stallMs - 1), { maxLength: 30 }), (pauses) => {
      const { state, clock, watch } = watching(1_000_000);
      watch.start();
      for (const pause of pauses) {
        clock.advance(pause);
        watch.taken();
        watch.start();
      }
      expect(state.stalled).toBe(0);
      state.waiting = null;
      clock.advance(60_000);
      expect([state.stalled, clock.pending]).toEqual([0, 0]);
    }),
  );
});

test('P-164 a reader that has left is not watched', () => {
  const { state, clock, watch } = watching(1_000_000);
  watch.start();
  watch.stop();
  clock.advance(60_000);
  expect([state.stalled, clock.pending]).toEqual([0, 0]);
});

const lagMs = 300_000;

test('P-164 who takes something now and then, but never catches up, is cut when it has been behind for too long', () => {
  const step = fc.integer({ min: 1, max: limits.stallMs - 1 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1 }), fc.nat(bufferBytes * 2), (pauses, waiting) => {
      const { state, clock, watch } = watching(waiting, lagMs);
      const startedAt = clock.now();
      watch.start();
      for (let turn = 0; state.stalled === 0; turn += 1) {
        clock.advance(pauses[turn % pauses.length] ?? 1);
        expect(state.stalled).toBe(clock.now() - startedAt >= lagMs ? 1 : 0);
        watch.taken();
        watch.start();
      }
      watch.stop();
      expect(clock.pending).toBe(0);
    }),
    { numRuns: 25 },
  );
});

test('P-164 who catches up before that begins anew', () => {
  const { state, clock, watch } = watching(bufferBytes, lagMs);
  for (let round = 0; round < 3; round += 1) {
    watch.start();
    for (let at = 0; at < lagMs - 1; at += 1_000) {
      clock.advance(Math.min(1_000, lagMs - 1 - at));
      watch.taken();
    }
    watch.caughtUp();
  }
  expect(state.stalled).toBe(0);
  watch.start();
  clock.advance(lagMs - 1);
  expect(state.stalled).toBe(0);
  clock.advance(1);
  expect(state.stalled).toBe(1);
});

test('P-164 of an answer that is over whoever reads on comes to the end, and who takes nothing is cut all the same', () => {
  const { state, clock, watch } = watching(1_000_000, lagMs);
  watch.start();
  for (let at = 0; at < 3 * lagMs; at += limits.stallMs - 1) {
    state.ended ||= at >= lagMs / 2;
    clock.advance(limits.stallMs - 1);
    watch.taken();
    watch.start();
  }
  expect(state.stalled).toBe(0);
  clock.advance(limits.stallMs);
  expect(state.stalled).toBe(1);
});
