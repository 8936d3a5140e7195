import { describe, expect, test } from 'vitest';
import type { ActorModel, Model, ModelEvent, Move } from './actor.ts';
import { promela } from './promela.ts';
import { search } from './search.ts';
import { spin, spinInstalled, type SpinCounts } from './spin.ts';
import { type ActorTable, type Tables, tablesOf } from './tables.ts';

/** A lamp that burns out, is switched by a clock, and asks a keeper, who says by and by that it is repaired. */
const moves: { readonly [state: string]: readonly Move[] } = {
  off: [{ kind: 'choice', event: { type: 'switched' } }],
  on: [
    { kind: 'timer', event: { type: 'switched' } },
    { kind: 'fault', event: { type: 'burned' } },
    { kind: 'fault', event: { type: 'burned' } },
  ],
  broken: [{ kind: 'deadline', event: { type: 'given up' } }],
};
const after: { readonly [heard: string]: readonly [next: string, said: string | null] } = {
  'off switched': ['on', 'shine'],
  'on switched': ['off', null],
  'on burned': ['broken', 'ask'],
  'broken given up': ['off', 'forget'],
  'off repaired': ['off', null],
  'on repaired': ['on', null],
  'broken repaired': ['on', 'shine'],
};
const lamp = {
  name: 'lamp',
  start: () => ({ next: 'off', commands: [{ type: 'ask' }] }),
  react(state: string, { type }: ModelEvent) {
    const [next, said] = after[`${state} ${type}`] ?? [state, null];
    return { next, commands: said === null ? [] : [{ type: said }] };
  },
  moves: (state: string) => moves[state] ?? [],
};
const keeper = {
  name: 'keeper',
  start: () => ({ next: 0, commands: [] }),
  react(asked: number, { type }: ModelEvent) {
    if (type === 'ask') return { next: Math.min(2, asked + 1), commands: [] };
    return type === 'forget' ? { next: 0, commands: [] } : { next: asked - 1, commands: [{ type: 'repaired' }] };
  },
  moves: (asked: number): Move[] => (asked === 0 ? [] : [{ kind: 'fair', event: { type: 'repairs' } }]),
};
/** Hears at once, and the third time says so at once. */
const room = {
  name: 'room',
  start: () => ({ next: 0, commands: [] }),
  react: (lit: number) => ({ next: Math.min(lit + 1, 3), commands: lit === 2 ? [{ type: 'ask' }] : [] }),
  moves: () => [],
};
const model: Model = {
  actors: [lamp, keeper, room] as unknown as ActorModel[],
  links: [
    ['lamp', 'keeper'],
    ['keeper', 'lamp'],
  ],
  deliver: (_, command) => {
    const to = { shine: 'room', repaired: 'lamp', ask: 'keeper', forget: 'keeper' }[command.type] ?? '';
    return [{ to, event: command }];
  },
  faults: 3,
  monitors: [],
  progress: [],
};

const queueMax = 8;
const searched = search(model, { statesMax: 10_000, queueMax });
const ours: SpinCounts = { states: searched.states.size, edges: searched.edges };
const tables = tablesOf(searched, queueMax);
const count = (from: Tables): SpinCounts => spin(promela(from), { depthMax: ours.states * 2, memoryMiB: 500 });
const withActor = (name: string, change: (table: ActorTable) => Partial<ActorTable>): Tables => ({
  ...tables,
  actors: tables.actors.map((table) => (table.name === name ? { ...table, ...change(table) } : table)),
});

const installed = spinInstalled();
const where = installed ? 'Spin' : 'Spin (not run: there is no spin or no gcc here; `spin-main.ts` fails without them)';

describe.skipIf(!installed)(where, { timeout: 60_000 }, () => {
  test('finds the same states and edges as the search', () => {
    expect(ours.states).toBeGreaterThan(50);
    expect(count(tables)).toEqual(ours);
  });

  test('stops at a row that the tables lack', () => {
    const last = withActor('lamp', ({ rows }) => ({ rows: rows.slice(0, -1) }));
    expect(() => count(last)).toThrow('assertion violated');
  });

  test('stops at a queue that is longer than its bound', () => {
    const short = { ...tables, links: tables.links.map((link) => ({ ...link, lengthMax: 1 })) };
    expect(() => count(short)).toThrow('invalid end state');
  });

  test.each([
    ['a fault less', { ...tables, faults: tables.faults - 1 }],
    ['a letter less', withActor('room', ({ rows }) => ({ rows: rows.map((row) => ({ ...row, letters: [] })) }))],
  ])('counts otherwise with %s', (_, changed) => {
    expect(count(changed)).not.toEqual(ours);
  });
});

test('only a complete search has tables', () => {
  const cut = search(model, { statesMax: 10 });
  expect(() => tablesOf(cut, queueMax)).toThrow('of a complete search');
});
