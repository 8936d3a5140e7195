import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { limits } from './limits.ts';
import { StallWatch } from './stall-watch.ts';

const bufferBytes = 1_000;

const watching = (waiting: number | null) => {
  const clock = new VirtualClock();
  const state = { waiting, stalled: 0, clock };
  const watch = new StallWatch({
    clock,
    bufferBytes,
    waitingBytes: () => state.waiting,
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
