/** Each step of the pool by itself, from any state that it can meet. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { poolLimits, poolOf, taken, waiter } from '../testkit/pool-story.ts';
import type { Epoch, Lease, ResponseId, Slot } from './ids.ts';
import type { SlotPhase, SlotState } from './pool.ts';
import * as steps from './pool-steps.ts';

const [zero, one] = [0, 1] as [Slot, Slot];
const [a, b, c, d] = ['a', 'b', 'c', 'd'] as [ResponseId, ResponseId, ResponseId, ResponseId];
const phases: readonly SlotPhase[] = [
  'held',
  'starting',
  'ready',
  'draining',
  'sick',
  'stopping',
  'resting',
  'open',
  'stopped',
];
/** A worker that cannot take any more. */
const full: Partial<SlotState> = { phase: 'ready', leases: [a, b] };
const ready: Partial<SlotState> = { phase: 'ready' };

describe('a request', () => {
  const rows = phases.map(
    (phase) => [phase, phase === 'open' || phase === 'stopped' ? 'worker_not_ready' : ''] as const,
  );

  test.each(rows)('waits for a slot that may serve soon: %s', (phase, code) => {
    const slot = phase === 'ready' ? full : { phase };
    const { commands, waiting } = taken(poolOf([{ phase: 'stopped' }, slot]), (draft) =>
      steps.request(draft, waiter(c)),
    );
    expect(commands).toEqual(code === '' ? [] : [`lease.refuse c ${code}`]);
    expect(waiting).toEqual(code === '' ? [c] : []);
  });

  test('does not wait for a worker that failed twice in a row', () => {
    const resting = (failures: number) =>
      taken(poolOf([{ phase: 'resting', failures }]), (draft) => steps.request(draft, waiter(c))).commands;
    expect([resting(1), resting(2)]).toEqual([[], ['lease.refuse c worker_not_ready']]);
  });

  test('is refused where the queue is full', () => {
    const asked = (queue: readonly string[]) =>
      taken(poolOf([full], queue), (draft) => steps.request(draft, waiter('e')));
    expect(asked(['c'])).toMatchObject({ commands: [], waiting: [c, 'e'] });
    expect(asked(['c', 'd'])).toMatchObject({ commands: ['lease.refuse e worker_busy'], waiting: [c, d] });
  });

  test('gets the least loaded worker in service; among equals the next one after the last grant', () => {
    const slot = fc.record({
      phase: fc.constantFrom<SlotPhase>('ready', 'ready', 'draining', 'starting'),
      leases: fc.constantFrom<readonly ResponseId[]>([], [a], [a, b]),
      epoch: fc.integer({ min: 1, max: 9 }) as fc.Arbitrary<Epoch>,
    });
    fc.assert(
      fc.property(fc.array(slot, { minLength: 1, maxLength: 4 }), fc.nat(), (slots, chance) => {
        const last = (chance % slots.length) as Slot;
        const distance = (index: number): number => (index - last - 1 + slots.length) % slots.length;
        const [best] = slots
          .map(({ phase, leases, epoch }, index) => ({ phase, load: leases.length, epoch, index }))
          .filter(({ phase, load }) => phase === 'ready' && load < poolLimits.turnsPerWorkerMax)
          .toSorted((x, y) => x.load - y.load || distance(x.index) - distance(y.index));
        const { commands, pool, waiting } = taken({ ...poolOf(slots), last }, (draft) =>
          steps.request(draft, waiter(d)),
        );
        expect(commands).toEqual(best === undefined ? [] : [`lease.grant d ${best.index}.${best.epoch}`]);
        expect(pool.last).toBe(best === undefined ? last : best.index);
        expect(waiting).toEqual(best === undefined ? [d] : []);
        if (best !== undefined) expect(pool.slots[best.index]?.leases.at(-1)).toBe(d);
      }),
    );
  });

  test('counts on a worn worker', () => {
    const worn = (count: number | null) =>
      taken(poolOf([{ phase: 'ready', worn: count }]), (draft) => steps.request(draft, waiter(a))).pool.slots[0]?.worn;
    expect([worn(null), worn(0), worn(2)]).toEqual([null, 1, 3]);
  });
});

test('those who wait are refused in their order, and wait no more', () => {
  const { commands, waiting } = taken(poolOf([full], ['c', 'd']), (draft) => steps.refuseQueued(draft, 'worker_busy'));
  expect([commands, waiting]).toEqual([['lease.refuse c worker_busy', 'lease.refuse d worker_busy'], []]);
});

describe('a cancellation', () => {
  test('of one who waits is answered', () => {
    const { commands, waiting } = taken(poolOf([full], ['c', 'd']), (draft) => steps.cancel(draft, c));
    expect([commands, waiting]).toEqual([['lease.refuse c response_cancelled'], [d]]);
  });

  test('that crosses the grant frees the place for the next one, and no other place', () => {
    const slots = [
      { phase: 'ready', leases: [c, d] },
      { phase: 'ready', leases: [a, b] },
    ] as const;
    const { commands, pool } = taken(poolOf(slots, ['e']), (draft) => steps.cancel(draft, b));
    expect(commands).toEqual(['lease.grant e 1.1']);
    expect(pool.slots.map(({ leases }) => leases.join())).toEqual(['c,d', 'a,e']);
  });

  test('of a response that nobody knows changes nothing', () => {
    const { commands, pool } = taken(poolOf([full], ['c']), (draft) => steps.cancel(draft, d));
    expect([commands, pool]).toEqual([[], poolOf([full], ['c'])]);
  });
});

describe('a lease that comes back', () => {
  const back = (slots: readonly Partial<SlotState>[], queue: readonly string[] = []) =>
    taken(poolOf(slots, queue), (draft) => steps.release(draft, a, { slot: zero, epoch: 1 as Epoch }));

  test('goes to the next who waits', () => {
    expect(back([full], ['c', 'd']).commands).toEqual(['lease.grant c 0.1']);
  });

  test('lets a draining worker stop if it was the last one', () => {
    expect(back([{ phase: 'draining', leases: [a] }])).toMatchObject({
      phases: 'stopping',
      commands: ['worker.stop 0.1'],
    });
    expect(back([{ phase: 'draining', leases: [a, b] }])).toMatchObject({ phases: 'draining', commands: [] });
  });

  test('stops no worker in another phase', () => {
    for (const phase of phases.filter((other) => other !== 'draining'))
      expect(back([{ phase, leases: [a] }])).toMatchObject({ phases: phase, commands: [] });
  });

  test('lets a worn worker go before it is given away again', () => {
    expect(back([{ phase: 'ready', worn: 0, leases: [a] }], ['c'])).toMatchObject({
      phases: 'stopping',
      commands: ['worker.stop 0.1'],
    });
  });
});

describe('a worker that comes up', () => {
  test('serves who waits, and lets the others start', () => {
    const pool = poolOf([{ phase: 'starting' }, { phase: 'held' }, { phase: 'resting' }], ['a']);
    expect(taken(pool, (draft) => steps.rise(draft, zero))).toMatchObject({
      phases: 'ready starting resting',
      commands: ['worker.start 1.2', 'lease.grant a 0.1'],
      delayed: ['slot.settled 0 as slot.settled/0 in 10000'],
    });
  });

  test('lets a worn one go that was kept for want of another', () => {
    const pool = poolOf([{ phase: 'starting' }, { phase: 'ready', worn: 1, leases: [a] }]);
    expect(taken(pool, (draft) => steps.rise(draft, zero)).phases).toBe('ready draining');
  });

  test('counts only while it starts', () => {
    for (const phase of phases.filter((other) => other !== 'starting')) {
      const pool = poolOf([{ phase }, { phase: 'held' }]);
      const { pool: then, commands, delayed } = taken(pool, (draft) => steps.rise(draft, zero));
      expect([then, commands, delayed]).toEqual([pool, [], []]);
    }
  });
});

describe('a worn worker', () => {
  const tired = (slots: readonly Partial<SlotState>[]) => taken(poolOf(slots), (draft) => steps.tire(draft, zero));

  test('goes at once when it is idle, and when another one serves', () => {
    expect(tired([ready])).toMatchObject({ phases: 'stopping', commands: ['worker.stop 0.1'] });
    expect(tired([{ phase: 'ready', leases: [a] }, ready])).toMatchObject({ phases: 'draining ready', commands: [] });
  });

  test('stays while it is busy and alone, up to a number of leases', () => {
    const busy = (worn: number | null) => tired([{ phase: 'ready', leases: [a], worn }, { phase: 'starting' }]);
    expect([busy(null), busy(2), busy(3)].map((story) => story.phases)).toEqual([
      'ready starting',
      'ready starting',
      'draining starting',
    ]);
    expect(busy(null).pool.slots[0]?.worn).toBe(0);
    expect(busy(2).pool.slots[0]?.worn).toBe(2);
  });

  test('gets no lease beyond that number, however many wait', () => {
    const pool = poolOf([{ phase: 'ready', leases: [a], worn: poolLimits.wornLeasesMax - 1 }], ['c']);
    const wide = { ...pool, limits: { ...poolLimits, turnsPerWorkerMax: 4 } };
    expect(taken(wide, (draft) => steps.request(draft, waiter(d)))).toMatchObject({
      phases: 'draining',
      commands: ['lease.grant c 0.1'],
      waiting: [d],
    });
  });

  test('is left alone in any other phase, and so is one that is not worn', () => {
    for (const phase of phases.filter((other) => other !== 'ready'))
      expect(tired([{ phase }, ready])).toMatchObject({ phases: `${phase} ready`, commands: [] });
  });
});

test.each(phases)('a worker without a sign of life is sick if it was in service: %s', (phase) => {
  const expected = phase === 'ready' || phase === 'draining' ? 'sick' : phase;
  expect(taken(poolOf([{ phase }]), (draft) => steps.sicken(draft, zero)).phases).toBe(expected);
});

test('the back-off doubles from failure to failure, up to its most; chance takes off at most half of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, jitter) => {
      const whole = steps.backoffMs(poolLimits, failures, 1);
      expect(whole).toBe(failures > 4 ? 5_000 : [500, 1_000, 2_000, 4_000][failures - 1]);
      expect(steps.backoffMs(poolLimits, failures, jitter)).toBe(Math.round((whole + whole * jitter) / 2));
    }),
  );
  const endless = { ...poolLimits, backoffInitialMs: 1, backoffMaxMs: Number.MAX_SAFE_INTEGER };
  expect(steps.backoffMs(endless, 5_000, 1)).toBe(2 ** 30);
});

describe('a process that ends', () => {
  const fallen = (slots: readonly Partial<SlotState>[], queue: readonly string[] = []) =>
    taken(poolOf(slots, queue), (draft) => steps.fall(draft, zero, 1));

  test('takes its leases with it, and comes back after its back-off', () => {
    const story = fallen([{ phase: 'ready', leases: [a, b], failures: 1, restarts: 1, restartsTotal: 7 }]);
    expect(story).toMatchObject({
      phases: 'resting',
      commands: ['lease.revoke a 0.1', 'lease.revoke b 0.1'],
      delayed: ['slot.forgiven 0 as slot.forgiven/0/7 in 600000', 'slot.rested 0 as slot.rested/0 in 1000'],
      cancelled: ['slot.settled/0'],
    });
    expect(story.pool.slots[0]).toMatchObject({
      leases: [],
      failures: 2,
      restarts: 2,
      restartsTotal: 8,
      restMs: 1_000,
    });
  });

  test('starts anew at once if it was told to stop after long enough in service', () => {
    const story = fallen([{ phase: 'stopping', settled: true, worn: 3, restMs: 500, failures: 0 }]);
    expect(story).toMatchObject({ phases: 'starting', commands: ['worker.start 0.2'], delayed: [] });
    expect(story.pool.slots[0]).toMatchObject({ worn: null, settled: false, restMs: 0, failures: 0 });
  });

  test('has failed if it was not told to stop, or had just begun', () => {
    for (const slot of [
      { phase: 'ready', settled: true },
      { phase: 'stopping', settled: false },
    ] as const)
      expect(fallen([slot])).toMatchObject({ phases: 'resting', pool: { slots: [{ failures: 1 }] } });
  });

  test('stays down while the pool comes to rest', () => {
    const story = taken(poolOf([{ phase: 'stopping', leases: [a] }]), (draft) => void steps.bury(draft, zero));
    expect(story).toMatchObject({ phases: 'stopped', commands: ['lease.revoke a 0.1'], delayed: [] });
  });

  test('stays down when its restarts are spent', () => {
    const story = fallen([{ phase: 'ready', restarts: 3, restartsTotal: 7 }]);
    expect(story).toMatchObject({ phases: 'open', commands: [], delayed: [] });
    expect(story.pool.slots[0]).toMatchObject({ restarts: 3, restartsTotal: 7 });
    expect(fallen([{ phase: 'ready', restarts: 2 }]).phases).toBe('resting');
  });

  test('lets the others start, and refuses who waits only when nobody can be expected', () => {
    expect(fallen([{ phase: 'starting' }, { phase: 'held' }], ['a'])).toMatchObject({
      phases: 'resting starting',
      commands: ['worker.start 1.2'],
      waiting: [a],
    });
    expect(fallen([{ phase: 'starting', failures: 1 }, { phase: 'open' }], ['a'])).toMatchObject({
      commands: ['lease.refuse a worker_not_ready'],
      waiting: [],
    });
    expect(fallen([{ phase: 'starting', failures: 1 }, full], ['c']).commands).toEqual([]);
  });
});

describe('time', () => {
  test('starts a slot that rests, and no other', () => {
    for (const phase of phases) {
      const expected = phase === 'resting' ? ['starting', ['worker.start 0.2']] : [phase, []];
      const { phases: then, commands } = taken(poolOf([{ phase }]), (draft) => steps.rest(draft, zero));
      expect([then, commands]).toEqual(expected);
    }
  });

  test('forgets failures of a worker that is long enough in service', () => {
    const { pool } = taken(poolOf([{ phase: 'ready', failures: 3 }]), (draft) => steps.settle(draft, zero));
    expect(pool.slots[0]).toMatchObject({ failures: 0, settled: true });
  });

  test('forgives a restart, and tries once more where the circuit is open', () => {
    const forgiven = (slot: Partial<SlotState>) => taken(poolOf([slot]), (draft) => steps.forgive(draft, zero));
    expect([3, 1, 0].map((restarts) => forgiven({ ...ready, restarts }).pool.slots[0]?.restarts)).toEqual([2, 0, 0]);
    expect(forgiven({ ...ready, restarts: 3 })).toMatchObject({ phases: 'ready', commands: [], delayed: [] });
    expect(forgiven({ phase: 'open', restarts: 3, restartsTotal: 5 })).toMatchObject({
      phases: 'starting',
      commands: ['worker.start 0.2'],
      delayed: ['slot.forgiven 0 as slot.forgiven/0/5 in 600000'],
      pool: { slots: [{ restarts: 3, restartsTotal: 6 }] },
    });
  });
});

test('a sign-in replaces every other worker', () => {
  const replaced = (phase: SlotPhase, leases: readonly ResponseId[] = []) =>
    taken(
      poolOf([
        { phase, leases },
        { phase, leases },
      ]),
      (draft) => steps.replaceOthers(draft, one),
    );
  for (const phase of phases.filter((other) => !['starting', 'ready'].includes(other)))
    expect(replaced(phase)).toMatchObject({ phases: `${phase} ${phase}`, commands: [] });
  expect(replaced('starting')).toMatchObject({ phases: 'stopping starting', commands: ['worker.stop 0.1'] });
  expect(replaced('ready')).toMatchObject({ phases: 'stopping ready', commands: ['worker.stop 0.1'] });
  expect(replaced('ready', [a])).toMatchObject({ phases: 'draining ready', commands: [] });
});

test('a drain cuts every running response, and stops every process that was not told to', () => {
  const cut = taken(poolOf([full, { phase: 'draining', leases: [c] }]), steps.cutAll);
  expect(cut.commands).toEqual(['stream.cut a', 'stream.cut b', 'stream.cut c']);
  const told = ['starting', 'ready', 'draining'];
  const gone = ['held', 'resting', 'open', 'stopped'];
  const { phases: then, commands } = taken(poolOf(phases.map((phase) => ({ phase }))), steps.stopAll);
  expect(then).toBe(phases.map((phase) => (gone.includes(phase) ? 'stopped' : 'stopping')).join(' '));
  expect(commands).toEqual(phases.flatMap((phase, slot) => (told.includes(phase) ? [`worker.stop ${slot}.1`] : [])));
});

test('a pool begins with its first worker', () => {
  expect(taken(poolOf([{ phase: 'held' }, { phase: 'held' }]), steps.begin)).toMatchObject({
    phases: 'starting held',
    commands: ['worker.start 0.2'],
  });
});

describe('a request that comes again', () => {
  const [first, second]: readonly Lease[] = [zero, one].map((slot) => ({ slot, epoch: 1 as Epoch }));
  const ask = (slots: readonly Partial<SlotState>[], queue: Parameters<typeof poolOf>[1] = []) =>
    taken(poolOf(slots, queue), (draft) => steps.request(draft, waiter('x', first)));

  test('is never served by the process that it came from', () => {
    expect(ask([ready, { ...ready, leases: [a] }]).commands).toEqual(['lease.grant x 1.1']);
    expect(ask([{ ...ready, epoch: 2 as Epoch }]).commands).toEqual(['lease.grant x 0.2']);
  });

  test.each([
    ['starting', []],
    ['stopped', ['lease.refuse x worker_busy']],
    ['open', ['lease.refuse x worker_busy']],
  ] as const)('waits only for another process: the other one is %s', (phase, commands) => {
    expect(ask([ready, { phase }]).commands).toEqual(commands);
  });

  test('waits for the next process of its own slot', () => {
    for (const phase of ['starting', 'draining', 'sick', 'stopping'] as const)
      expect(ask([{ phase }]).waiting).toEqual(['x']);
  });

  test('is told that nobody can serve it when nobody can', () => {
    expect(ask([{ phase: 'open' }]).commands).toEqual(['lease.refuse x worker_not_ready']);
  });

  test('goes before those who come for the first time, behind those who came again before, in a queue that is full', () => {
    expect(ask([full, full], [c, d])).toMatchObject({ commands: [], waiting: ['x', c, d] });
    expect(ask([full, full], [waiter('r', second), c, d])).toMatchObject({ commands: [], waiting: ['r', 'x', c, d] });
    const others = [waiter('r', second), waiter('s', second)];
    expect(ask([full, full], others)).toMatchObject({ commands: [], waiting: ['r', 's', 'x'] });
  });

  test('does not keep the others from the process that it has to avoid', () => {
    const queue = ['x', 'y', 'z'].map((response) => waiter(response, first));
    const asked = taken(poolOf([ready, { phase: 'starting' }], queue), (draft) => steps.request(draft, waiter(c)));
    expect([asked.commands, asked.waiting]).toEqual([['lease.grant c 0.1'], ['x', 'y', 'z']]);
    const back = taken(
      poolOf([full, { ...full, leases: [], phase: 'starting' }], [waiter('x', first), c, d]),
      (draft) => steps.release(draft, a, { slot: zero, epoch: 1 as Epoch }),
    );
    expect([back.commands, back.waiting]).toEqual([['lease.grant c 0.1'], ['x', d]]);
  });

  test('waits no longer when the last process dies that it could have had', () => {
    const fallen = taken(poolOf([full, { phase: 'starting', failures: 1 }], [waiter('x', first), c]), (draft) =>
      steps.fall(draft, one, 1),
    );
    expect([fallen.commands, fallen.waiting]).toEqual([['lease.refuse x worker_busy'], [c]]);
  });
});
