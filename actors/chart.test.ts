import { and, assign, cancel, createActor, emit, enqueueActions, raise, setup } from 'xstate';
import { expect, test } from 'vitest';
import { ChartRun } from './chart-run.ts';
import { chartOf } from './chart.ts';

const base = setup({
  types: {} as {
    context: { readonly count: number; readonly name: string };
    events: { readonly type: 'go' | 'back' | 'count' | 'late' | 'again' | 'burst' | 'odd' };
    emitted: { readonly type: string; readonly count?: number };
    input: { readonly name: string };
  },
  delays: { soon: ({ context }) => 10 + context.count },
  guards: {
    few: ({ context }) => context.count < 3,
    least: ({ context }, params: { min: number }) => context.count >= params.min,
  },
  actions: {
    more: assign({ count: ({ context }) => context.count + 1 }),
    named: assign((_, params: { name: string }) => ({ name: params.name })),
    say: emit(({ context }) => ({ type: 'said', count: context.count })),
    tell: emit({ type: 'told' }),
    burst: enqueueActions(({ enqueue }) => {
      enqueue.assign({ count: 7 });
      enqueue('say' as never);
      enqueue.raise({ type: 'again' }, { id: 'own', delay: 5 });
      enqueue.emit({ type: 'bursting' });
    }),
  },
});

/** Everything that a chart may have, as XState has it. */
const machine = base.createMachine({
  id: 'all',
  context: ({ input }) => ({ count: 0, name: input.name }),
  entry: 'tell',
  initial: 'one',
  on: { '*': { actions: { type: 'named', params: { name: 'surprised' } } } },
  states: {
    one: {
      initial: 'inner',
      exit: 'say',
      after: {
        soon: [
          { guard: 'few', target: 'two', actions: 'more' },
          { target: 'one', reenter: true },
        ],
      },
      on: {
        count: { actions: ['more', 'say'] },
        go: { target: '.other', actions: 'more' },
        burst: { actions: ['burst', cancel('nobody')] },
        late: { actions: raise({ type: 'count' }) },
      },
      states: {
        inner: { entry: 'say', exit: 'tell', on: { back: { target: 'inner', reenter: true } } },
        other: { always: { guard: { type: 'least', params: { min: 3 } }, target: '#all.two' }, on: { back: 'inner' } },
      },
    },
    two: {
      entry: ['say', raise({ type: 'late' })],
      on: {
        late: { actions: 'more' },
        back: 'one',
        go: { guard: 'few', target: 'one' },
        again: { actions: cancel('own') },
      },
    },
  },
});

interface Told {
  readonly log: string[];
  readonly timers: { readonly fire: () => void; readonly delayMs: number }[];
}

const inXstate = (told: Told) => {
  const clock = {
    setTimeout: (fire: () => void, delayMs: number) => {
      const timer = { fire, delayMs };
      told.timers.push(timer);
      return timer as never;
    },
    clearTimeout: (timer: unknown) => void told.timers.splice(told.timers.indexOf(timer as never), 1),
  };
  const actor = createActor(machine, { input: { name: 'a' }, clock });
  actor.on('*', (event) => void told.log.push(JSON.stringify(event)));
  actor.subscribe(() => void told.log.push('settled'));
  actor.start();
  const snapshot = () => ({ value: actor.getSnapshot().value as unknown, context: actor.getSnapshot().context });
  return { hear: (type: string) => actor.send({ type } as never), snapshot };
};

const byChart = (told: Told) => {
  const run = new ChartRun({
    machine,
    input: { name: 'a' },
    emit: (event) => void told.log.push(JSON.stringify(event)),
    set: ({ delayMs }, fire) => {
      const timer = { fire, delayMs };
      told.timers.push(timer);
      return () => void told.timers.splice(told.timers.indexOf(timer), 1);
    },
    settled: () => void told.log.push('settled'),
    failed: (error) => {
      throw error;
    },
  });
  run.start();
  return { hear: (type: string) => run.hear({ type }), snapshot: () => run.snapshot };
};

test('a chart runs as XState runs it: what it says, sets and becomes, event by event', () => {
  const types = ['go', 'back', 'count', 'late', 'again', 'burst', 'odd', 'due'] as const;
  let seed = 1;
  for (let walk = 0; walk < 150; walk += 1) {
    const [a, b]: Told[] = [
      { log: [], timers: [] },
      { log: [], timers: [] },
    ] as [Told, Told];
    const [one, other] = [inXstate(a as Told), byChart(b as Told)];
    for (let step = 0; step < 12; step += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const type = types[seed % types.length] as (typeof types)[number];
      for (const [told, actor] of [
        [a as Told, one],
        [b as Told, other],
      ] as const) {
        if (type !== 'due') actor.hear(type);
        else told.timers.shift()?.fire();
      }
      expect(other.snapshot()).toEqual(one.snapshot());
      expect((b as Told).log).toEqual((a as Told).log);
      expect((b as Told).timers.map(({ delayMs }) => delayMs)).toEqual(
        (a as Told).timers.map(({ delayMs }) => delayMs),
      );
    }
  }
});

test.each([
  [
    'regions side by side',
    base.createMachine({ context: { count: 0, name: '' }, type: 'parallel', states: { a: {}, b: {} } }),
  ],
  ['an end', base.createMachine({ context: { count: 0, name: '' }, initial: 'a', states: { a: { type: 'final' } } })],
  ['a guard of guards', base.createMachine({ context: { count: 0, name: '' }, on: { go: { guard: and(['few']) } } })],
  [
    'a transition of the whole machine that leads somewhere',
    base.createMachine({ context: { count: 0, name: '' }, initial: 'a', on: { go: '.a' }, states: { a: {} } }),
  ],
  [
    'what is always done and leads nowhere',
    base.createMachine({ context: { count: 0, name: '' }, always: { guard: 'few' } }),
  ],
  ['part of a name', base.createMachine({ context: { count: 0, name: '' }, on: { 'go.*': {} } as never })],
])('%s is refused when the chart is made', (_, other) => {
  expect(() => chartOf(other)).toThrow(/^chart: /);
});

test('a step that throws is the last one, and its timers are gone', () => {
  const failing = base.createMachine({
    context: { count: 0, name: '' },
    after: { soon: {} },
    on: {
      go: {
        actions: () => {
          throw new Error('a bug');
        },
      },
    },
  });
  const told: string[] = [];
  const run = new ChartRun({
    machine: failing,
    input: undefined,
    emit: () => undefined,
    set: () => () => told.push('cancelled'),
    settled: () => told.push('settled'),
    failed: (error) => told.push(String(error)),
  });
  run.start();
  for (const type of ['go', 'go']) run.hear({ type });
  expect(told).toEqual(['settled', 'cancelled', 'Error: a bug']);
});
