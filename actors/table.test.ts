import fc from 'fast-check';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { Table } from './table.ts';

type Step = readonly ['set', number, number] | readonly ['delete', number] | readonly ['clear'];

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constant('set' as const), fc.nat(12), fc.nat()) },
    { weight: 5, arbitrary: fc.tuple(fc.constant('delete' as const), fc.nat(12)) },
    { weight: 1, arbitrary: fc.tuple(fc.constant('clear' as const)) },
  ),
);

test('it does what a Map does', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const [table, map] = [new Table<number, number>(), new Map<number, number>()];
      for (const step of all) {
        if (step[0] === 'set') {
          table.set(step[1], step[2]);
          map.set(step[1], step[2]);
        } else if (step[0] === 'delete') {
          expect(table.delete(step[1])).toBe(map.delete(step[1]));
        } else {
          table.clear();
          map.clear();
        }
        expect(table.size).toBe(map.size);
        expect([...table.values()]).toEqual([...map.values()]);
        for (let key = 0; key <= 12; key += 1) {
          expect(table.get(key)).toBe(map.get(key));
          expect(table.has(key)).toBe(map.has(key));
        }
      }
    }),
  );
});

test('what is added, deleted and replaced while its neighbours are walked through is met as in a Map', () => {
  const walk = (walked: Table<number, number> | Map<number, number>, each: readonly (readonly Step[])[]): number[] => {
    for (let key = 0; key < 5; key += 1) walked.set(key, key);
    const met: number[] = [];
    for (const value of walked.values()) {
      for (const step of each[met.length] ?? []) {
        if (step[0] === 'set') walked.set(step[1], step[2]);
        else if (step[0] === 'delete') walked.delete(step[1]);
        else walked.clear();
      }
      met.push(value);
    }
    return met;
  };
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 8 }), (each) => {
      expect(walk(new Table(), each)).toEqual(walk(new Map(), each));
    }),
  );
});

/** What of 12 MB that came and went is in the old generation without a full collection. */
function agedBytes(table: { set(key: number, value: object): unknown; delete(key: number): boolean }): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options?: { readonly type: 'minor' }) => void;
  const old = (): number =>
    getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? 0;
  for (let key = -4; key < 0; key += 1) table.set(key, {});
  collect();
  const before = old();
  for (let key = 0; key < 6_000; key += 1) {
    table.set(key, { payload: Array.from({ length: 256 }, () => key) });
    table.delete(key - 4);
    if (key % 500 === 499) collect({ type: 'minor' });
  }
  return old() - before;
}

test('what has gone is not made old by the age of the table, as a Map makes it', () => {
  const [table, map] = [agedBytes(new Table<number, object>()), agedBytes(new Map<number, object>())];
  expect(table).toBeLessThan(1e6);
  // Otherwise there would be no reason for a table.
  expect(map).toBeGreaterThan(3e6);
});
