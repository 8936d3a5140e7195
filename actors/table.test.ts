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

test('what is deleted while its neighbours are walked through is not met any more', () => {
  const table = new Table<string, string>();
  for (const key of ['a', 'b', 'c']) table.set(key, key);
  const met: string[] = [];
  for (const value of table.values()) {
    met.push(value);
    table.delete('b');
    if (value === 'c') table.set('d', 'd');
    if (met.length > 9) break;
  }
  expect(met).toEqual(['a', 'c', 'd']);
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
