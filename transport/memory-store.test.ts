import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Exchange, Kept } from '../actors/store.ts';
import { emptyLog, end, completed, say } from '../testkit/log-examples.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { MemoryStore } from './memory-store.ts';
import { packItems, packLog } from './pack.ts';

const exchange = (id: string, text = ''): Exchange => {
  const log = emptyLog(id);
  log.begin();
  say(log, `msg_${id}`, [text]);
  return { input: [{ role: 'user', content: text }], log: end(log, completed, null).toRecord() };
};

const unpackedOf = (kept: Kept | null | undefined) => (kept ? { input: kept.input(), log: kept.log() } : null);

const owners = ['ann', 'bob'];
const limits = { responsesMax: 4, bytesMax: 8_000, ttlMs: 1_000 };
const step = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    owner: fc.constantFrom(...owners),
    size: fc.oneof(fc.nat(600), fc.nat(5_000)),
    /** Counted from the newest; beyond the last one: none. */
    previous: fc.nat(6),
  }),
  fc.record({ type: fc.constant('delete' as const), owner: fc.constantFrom(...owners), which: fc.nat(8) }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.nat(700) }),
);

/** The same store, told as plainly as can be. */
interface Told {
  readonly owner: string;
  readonly id: string;
  readonly at: number;
  readonly bytes: number;
  readonly previous: Told | null;
  readonly exchange: Exchange;
  readonly kept: Kept | null;
}

const reachable = (all: readonly Told[]): number => {
  const found = new Set<Told>();
  for (const one of all) for (let at: Told | null = one; at !== null; at = at.previous) found.add(at);
  return [...found].reduce((sum, { bytes }) => sum + bytes, 0);
};

test('whatever happens, the newest that fit are there, for their owners alone, and every byte is counted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new VirtualClock();
      const store = new MemoryStore(limits, clock);
      const ever: Told[] = [];
      let there: Told[] = [];
      for (const [index, one] of steps.entries()) {
        if (one.type === 'wait') {
          clock.advance(one.ms);
          there = there.filter(({ at }) => clock.now() < at + limits.ttlMs);
        } else if (one.type === 'delete') {
          const { id } = ever.at(-1 - one.which) ?? { id: 'resp_none' };
          const known = there.some((other) => other.owner === one.owner && other.id === id);
          expect(store.delete(one.owner, id)).toBe(known);
          there = there.filter((other) => other.owner !== one.owner || other.id !== id);
        } else {
          const id = `resp_${index}`;
          // Also one whose id is gone: a request that runs holds it.
          const previous =
            ever.findLast(({ kept }, at) => kept !== null && at <= ever.length - 1 - one.previous) ?? null;
          const said = exchange(id, 'x'.repeat(one.size));
          store.put(one.owner, said, previous?.kept ?? null);
          const bytes = packItems(said.input).length + packLog(said.log).length;
          const kept = store.find(one.owner, id);
          const told = { owner: one.owner, id, at: clock.now(), bytes, previous, exchange: said, kept };
          ever.push(told);
          if (reachable([told]) <= limits.bytesMax) there.push(told);
          while (there.length > limits.responsesMax || reachable(there) > limits.bytesMax) there.shift();
        }
        expect([store.size, store.bytes]).toEqual([there.length, reachable(there)]);
        for (const { owner, id, kept, exchange: said } of ever) {
          const found = there.some((other) => other.id === id);
          for (const other of owners) expect(store.find(other, id)).toBe(found && other === owner ? kept : null);
          expect(store.has(id)).toBe(found);
          if (found) expect(unpackedOf(store.find(owner, id))).toEqual(said);
        }
      }
      clock.advance(limits.ttlMs);
      expect([store.size, store.bytes, clock.pending]).toEqual([0, 0, 0]);
    }),
  );
});

test('a conversation stays whole when its first turn is deleted, and goes with its last', () => {
  const store = new MemoryStore({ ...limits, bytesMax: 1_000_000 }, new VirtualClock());
  store.put('ann', exchange('resp_1', 'one'), null);
  store.put('ann', exchange('resp_2', 'two'), store.find('ann', 'resp_1'));
  const whole = store.bytes;
  expect(store.delete('ann', 'resp_1')).toBe(true);
  expect(store.find('ann', 'resp_2')).toMatchObject({ count: 2, bytes: whole });
  expect(unpackedOf(store.find('ann', 'resp_2')?.previous)).toEqual(exchange('resp_1', 'one'));
  expect(store.bytes).toBe(whole);
  expect(store.delete('ann', 'resp_2')).toBe(true);
  expect(store.bytes).toBe(0);
});

test('an id is there while anybody has a response of it', () => {
  const store = new MemoryStore(limits, new VirtualClock());
  for (const owner of owners) store.put(owner, exchange('resp_1'), null);
  const seen = owners.map((owner) => [store.delete(owner, 'resp_1'), store.has('resp_1')]);
  expect(seen).toEqual([
    [true, true],
    [true, false],
  ]);
});

test('a response that is alone too large drives nobody out', () => {
  const store = new MemoryStore(limits, new VirtualClock());
  store.put('ann', exchange('resp_1'), null);
  store.put('ann', exchange('resp_2', 'x'.repeat(limits.bytesMax)), null);
  expect([store.find('ann', 'resp_1') !== null, store.find('ann', 'resp_2')]).toEqual([true, null]);
});
