import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { type Dated, Deadlines } from './deadlines.ts';

interface Entry extends Dated {
  readonly name: number;
  expectedAt: number;
  readonly toldAt: number[];
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('set' as const), which: fc.nat(5), ms: fc.nat(50) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('over' as const), which: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(40) }) },
);
/** What is done to its neighbours when one is told. */
const habits = fc.array(fc.option(step), { minLength: 6, maxLength: 6 });

test('whoever is there when its time has come is told so, once, whatever the others are told or do then', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), habits, (steps, then) => {
      const clock = new VirtualClock(0);
      const there = new Set<Entry>();
      const entries = then.map((_, name): Entry => ({ name, dueAt: Infinity, expectedAt: Infinity, toldAt: [] }));
      const expected: [number, number][] = [];
      const told: [number, number][] = [];
      const over = (entry: Entry): void => {
        entry.dueAt = Infinity;
        entry.expectedAt = Infinity;
        there.delete(entry);
      };
      const deadlines: Deadlines<Entry> = new Deadlines(
        clock,
        () => [...there],
        (entry) => {
          told.push([entry.name, clock.now()]);
          expected.push([entry.name, entry.expectedAt]);
          over(entry);
          const next = then[entry.name];
          if (next !== null && next !== undefined && told.length < 100) act(next);
          if (there.size === 0) deadlines.rest();
        },
      );
      const act = (one: typeof step extends fc.Arbitrary<infer T> ? T : never): void => {
        if (one.do === 'wait') return;
        const entry = entries[one.which];
        if (entry === undefined) return;
        if (one.do === 'over') return over(entry);
        there.add(entry);
        entry.expectedAt = clock.now() + one.ms;
        deadlines.set(entry, one.ms);
      };
      for (const one of steps) {
        if (one.do === 'wait') clock.advance(one.ms);
        else act(one);
        for (const entry of there) expect(entry.expectedAt).toBeGreaterThanOrEqual(clock.now());
      }
      clock.advance(100);
      if (told.length < 100) expect([...there].filter(({ expectedAt }) => expectedAt <= clock.now())).toEqual([]);
      expect(told).toEqual(expected);
    }),
  );
});

test('one that throws takes no other with it', () => {
  const clock = new VirtualClock(0);
  const there = new Set<Dated>();
  const told: number[] = [];
  const deadlines = new Deadlines<Dated>(
    clock,
    () => [...there],
    (entry) => {
      there.delete(entry);
      told.push(clock.now());
      if (told.length === 1) throw new Error('broken');
    },
  );
  for (let count = 0; count < 3; count += 1) {
    const entry = { dueAt: Infinity };
    there.add(entry);
    deadlines.set(entry, 5);
  }
  expect(() => clock.advance(5)).toThrow('broken');
  clock.advance(0);
  expect(told).toEqual([5, 5, 5]);
  expect(clock.pending).toBe(0);
});
