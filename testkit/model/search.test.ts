/** The search itself, on models so small that what must come out can be counted by hand. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { search } from './search.ts';
import { StateSet } from './state-set.ts';
import { mermaid, tell } from './story.ts';
import { below, carousel, counter, leaves, listener, model } from './toys.ts';

const options = { statesMax: 10_000 };
const links = [
  ['a', 'listener'],
  ['b', 'listener'],
] as const;
const deliver = (_: string, event: { readonly type: string }) => [{ to: 'listener', event }];

describe('a set of states', () => {
  test('numbers vectors in the order of arrival, however many there are', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 70 }), fc.nat({ max: 65_535 })), { maxLength: 400 }), (vectors) => {
        const set = new StateSet(2);
        const known = new Map<string, number>();
        for (const vector of vectors) {
          const id = set.add(Uint16Array.from(vector));
          expect(id).toBe(known.get(vector.join()) ?? known.size);
          known.set(vector.join(), id);
        }
        expect(set.size).toBe(known.size);
      }),
    );
  });

  test('keeps what it has when it grows', () => {
    const set = new StateSet(2);
    for (let index = 0; index < 100_000; index += 1) set.add(Uint16Array.of(index % 300, Math.floor(index / 300)));
    const vector = new Uint16Array(2);
    set.read(77_777, vector);
    expect([...vector]).toEqual([77_777 % 300, Math.floor(77_777 / 300)]);
    expect(set.add(vector)).toBe(77_777);
  });
});

describe('a search', () => {
  test('visits the product of independent actors', () => {
    const { states, edges, depth, cut } = search(model([counter('a', 3), counter('b', 2)]), options);
    expect([states.size, edges, depth, cut]).toEqual([12, 3 * 3 + 4 * 2, 5, false]);
  });

  test('spends the budget of faults, and no more', () => {
    const faulty = (faults: number): number =>
      search(model([counter('a', 3, 'fault'), counter('b', 3, 'fault')], { faults }), options).states.size;
    expect([faulty(0), faulty(1), faulty(2)]).toEqual([1, 3, 6]);
  });

  test('lets a deadline pass for nothing only when nobody else can do anything', () => {
    const late = (faults: number): number =>
      search(model([counter('a', 1, 'deadline'), counter('b', 1)], { faults }), options).edges;
    // b counts, then the deadline; with a fault to spend also the other way round, with and without it.
    expect([late(0), late(1)]).toEqual([2, 4]);
  });

  test('keeps the order within a queue and none between queues', () => {
    const { composition } = search(model([counter('a', 2), counter('b', 1), listener], { links, deliver }), options);
    const orders = composition.tables[2]?.states.values.map((heard) => (heard as string[]).join('')) ?? [];
    expect(orders.filter((order) => order.length === 3).sort()).toEqual(['aab', 'aba', 'baa']);
  });

  test('tells the shortest story of a violation', () => {
    const { story } = check(model([counter('a', 9), counter('b', 9)], { monitors: [below(2)] }), options);
    expect(story?.text).toBe('below 2: counted to 2');
    expect(tell(story as NonNullable<typeof story>).split('\n')).toEqual([
      '  1  a <- counts; counted a 1',
      '  2  a <- counts; counted a 2',
      '     below 2: counted to 2',
    ]);
    const listening = { deliver: () => [{ to: 'listener', event: { type: 'counted' } }] };
    expect(mermaid(story as NonNullable<typeof story>, listening).split('\n')).toEqual([
      'sequenceDiagram',
      '  participant a as a',
      '  participant listener as listener',
      '  Note over a: counts',
      '  a->>listener: counted',
      '  Note over a: counts',
      '  a->>listener: counted',
      '  Note over a: below 2: counted to 2',
    ]);
  });

  test('never passes for complete when it was cut', () => {
    expect(check(model([counter('a', 99)]), { statesMax: 10 }).story?.text).toContain('bound');
    const full = model([counter('a', 9), listener], { links: [['a', 'listener']], deliver });
    expect(check(full, { ...options, queueMax: 2 }).story?.text).toContain('queue bound');
  });

  test('of interchangeable actors visits one of each kind of state', () => {
    const pair = [counter('a', 4), counter('b', 4)];
    expect(search(model(pair), options).states.size).toBe(25);
    expect(search(model(pair, { symmetric: ['a', 'b'] }), options).states.size).toBe(15);
  });

  test('renames what waits in queues along with those who wait', () => {
    const trio = [counter('a', 1), counter('b', 1), listener];
    const all = search(model(trio, { links, deliver }), options);
    const reduced = search(model(trio, { links, deliver, symmetric: ['a', 'b'] }), options);
    // Each has counted, waits or is heard, and of two that are heard one came first: ten, of which two are their own mirror.
    expect([all.states.size, reduced.states.size]).toEqual([10, 6]);
  });
});

describe('what must not last', () => {
  test('a fair action that is always offered is taken in the end', () => {
    expect(check(model([carousel('a', 3, true)], { progress: [leaves('a')] }), options).story).toBeNull();
  });

  test('a cycle without a way out lasts, and is told', () => {
    const { story } = check(model([carousel('a', 3, false)], { progress: [leaves('a')] }), options);
    expect([story?.text, story?.steps.length, story?.lasting?.length]).toEqual(['a leaves', 0, 3]);
  });

  test('where nothing happens any more, what is pending lasts', () => {
    const { story } = check(model([counter('a', 2)], { progress: [leaves('a')] }), options);
    expect([story?.steps.length, story?.lasting]).toEqual([2, []]);
  });

  test('others that go round for ever keep nobody from what is fair', () => {
    const both = model([carousel('a', 2, true), carousel('b', 2, false)], { progress: [leaves('a')] });
    expect(check(both, options).story).toBeNull();
  });

  test('a choice may never be made', () => {
    const { story } = check(model([counter('a', 1, 'choice')], { progress: [leaves('a')] }), options);
    expect(story?.lasting).toEqual([]);
  });
});
