import { expect, test } from 'vitest';
import { poolLimits, poolOf } from '../testkit/pool-story.ts';
import type { Epoch, ResponseId, Slot } from './ids.ts';
import { Draft, gone, idle, isCurrent, openPool } from './pool.ts';

const slot = 0 as Slot;

test('a pool opens with all slots held, and the first one next', () => {
  const held = { phase: 'held', epoch: 0, leases: [], worn: null, settled: false, restMs: 0 };
  const slots = Array.from({ length: 2 }, () => ({ ...held, failures: 0, restarts: 0, restartsTotal: 0 }));
  expect(openPool(2, poolLimits)).toEqual({ limits: poolLimits, slots, queue: [], last: 1 });
});

test('a pool is idle when no slot has a lease, and gone when all are stopped', () => {
  const busy = { phase: 'stopped', leases: ['a' as ResponseId] } as const;
  expect([idle(poolOf([{}, {}])), idle(poolOf([{}, busy]))]).toEqual([true, false]);
  expect([gone(poolOf([busy, busy])), gone(poolOf([busy, {}]))]).toEqual([true, false]);
});

test('a lease is current when its slot has that epoch; one of no slot never is', () => {
  const pool = poolOf([{ epoch: 3 as Epoch }]);
  expect([2, 3, 4].map((epoch) => isCurrent(pool, { slot, epoch: epoch as Epoch }))).toEqual([false, true, false]);
  expect(isCurrent(pool, { slot: 1 as Slot, epoch: 3 as Epoch })).toBe(false);
});

test('a draft leaves the pool as it was', () => {
  const pool = poolOf([{ phase: 'ready' }], ['a']);
  const before = structuredClone(pool);
  const draft = new Draft(pool);
  draft.set(slot, { phase: 'open' });
  draft.queue.pop();
  draft.after(5, { type: 'slot.rested', slot });
  expect(pool).toEqual(before);
  expect(draft.slot(slot)).toEqual({ ...before.slots[0], phase: 'open' });
  expect(draft.delayed).toEqual([{ event: { type: 'slot.rested', slot }, id: 'slot.rested/0', delayMs: 5 }]);
  expect([draft.commands, draft.cancelled]).toEqual([[], []]);
  expect(() => draft.slot(1 as Slot)).toThrow('pool: no slot 1');
});
