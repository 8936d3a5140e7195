/**
 * The supervisor machine owns the worker slots: who may use them, who waits, when a dead process is started again, and how
 * the whole pool comes to rest. What each step does to the pool is in `pool-steps.ts`.
 *
 * Invariants: see `pool.ts`; a draining supervisor grants nothing; it ends with every process gone or given up.
 */

import { enqueueActions, setup } from 'xstate';
import * as pool from './pool.ts';
import * as steps from './pool-steps.ts';
import type { SupervisorCommand, SupervisorEvent } from './protocol.ts';
import { ignored, only } from './vocabulary.ts';

type Event<T extends SupervisorEvent['type']> = Extract<SupervisorEvent, { type: T }>;

/** An action that takes one step of the pool. */
const taking = <T extends SupervisorEvent['type']>(take: (draft: pool.Draft, event: Event<T>) => void) =>
  enqueueActions<pool.Pool, SupervisorEvent, undefined, SupervisorEvent, never, never, never, never, SupervisorCommand>(
    ({ context, event, enqueue }) => {
      const draft = new pool.Draft(context);
      take(draft, event as Event<T>);
      enqueue.assign({ slots: draft.slots, queue: draft.queue, last: draft.last });
      for (const id of draft.cancelled) enqueue.cancel(id);
      for (const command of draft.commands) enqueue.emit(command);
      for (const { event: later, id, delayMs } of draft.delayed) enqueue.raise(later, { id, delay: delayMs });
    },
  );

const timers = ['slot.rested', 'slot.settled', 'slot.forgiven'] as const;

/** While the pool comes to rest: nothing is admitted, nothing is restarted. */
const resting = {
  'lease.requested': { actions: 'refuse' },
  'lease.cancelled': { actions: 'cancel' },
  'lease.released': only('current', { actions: 'release' }),
  'worker.risen': only('current', { actions: 'markReady' }),
  'worker.fallen': only('current', { actions: 'bury' }),
  ...ignored('worker.tired', 'worker.sickened', 'credentials.changed', 'credentials.stale'),
  ...ignored('drain.requested', ...timers),
} as const;

export const supervisorMachine = setup({
  types: {} as {
    context: pool.Pool;
    events: SupervisorEvent;
    input: { size: number; limits: pool.PoolLimits };
    emitted: SupervisorCommand;
  },
  delays: {
    drain: ({ context }) => context.limits.drainMs,
    cut: ({ context }) => context.limits.cutMs,
    stop: ({ context }) => context.limits.stopMs,
  },
  guards: {
    current: ({ context, event }) => {
      if ('lease' in event) return pool.isCurrent(context, event.lease);
      return 'epoch' in event && pool.isCurrent(context, event);
    },
    idle: ({ context }) => pool.idle(context),
    gone: ({ context }) => pool.gone(context),
  },
  actions: {
    begin: taking((draft) => steps.begin(draft)),
    request: taking<'lease.requested'>((draft, event) =>
      steps.request(draft, { response: event.response, avoid: event.avoid }),
    ),
    refuse: taking<'lease.requested'>((draft, event) =>
      draft.emit({ type: 'lease.refuse', response: event.response, code: 'server_shutting_down' }),
    ),
    refuseQueued: taking((draft) => steps.refuseQueued(draft, 'server_shutting_down')),
    cancel: taking<'lease.cancelled'>((draft, event) => steps.cancel(draft, event.response)),
    release: taking<'lease.released'>((draft, event) => steps.release(draft, event.response, event.lease)),
    rise: taking<'worker.risen'>((draft, event) => steps.rise(draft, event.slot)),
    markReady: taking<'worker.risen'>((draft, event) => void steps.markReady(draft, event.slot)),
    tire: taking<'worker.tired'>((draft, event) => steps.tire(draft, event.slot)),
    sicken: taking<'worker.sickened'>((draft, event) => steps.sicken(draft, event.slot)),
    replace: taking<'credentials.stale'>((draft, event) => steps.retire(draft, event.slot)),
    fall: taking<'worker.fallen'>((draft, event) => steps.fall(draft, event.slot, event.jitter)),
    bury: taking<'worker.fallen'>((draft, event) => void steps.bury(draft, event.slot)),
    rest: taking<'slot.rested'>((draft, event) => steps.rest(draft, event.slot)),
    settle: taking<'slot.settled'>((draft, event) => steps.settle(draft, event.slot)),
    forgive: taking<'slot.forgiven'>((draft, event) => steps.forgive(draft, event.slot)),
    replaceOthers: taking<'credentials.changed'>((draft, event) => steps.replaceOthers(draft, event.slot)),
    cutAll: taking((draft) => steps.cutAll(draft)),
    stopAll: taking((draft) => steps.stopAll(draft)),
    close: taking((draft) => draft.emit({ type: 'pool.close' })),
    report: taking((draft, event) => draft.emit({ type: 'bug.report', event: event.type })),
  },
}).createMachine({
  id: 'supervisor',
  context: ({ input }) => pool.openPool(input.size, input.limits),
  on: { '*': { actions: 'report' } },
  initial: 'closed',
  states: {
    /** Not opened yet; whoever comes so early waits. */
    closed: {
      on: {
        'pool.opened': { target: 'running', actions: 'begin' },
        'lease.requested': { actions: 'request' },
        'lease.cancelled': { actions: 'cancel' },
        'drain.requested': { target: 'stopped', actions: 'refuseQueued' },
      },
    },

    running: {
      on: {
        'lease.requested': { actions: 'request' },
        'lease.cancelled': { actions: 'cancel' },
        'lease.released': only('current', { actions: 'release' }),
        'worker.risen': only('current', { actions: 'rise' }),
        'worker.tired': only('current', { actions: 'tire' }),
        'worker.sickened': only('current', { actions: 'sicken' }),
        'worker.fallen': only('current', { actions: 'fall' }),
        'slot.rested': { actions: 'rest' },
        'slot.settled': { actions: 'settle' },
        'slot.forgiven': { actions: 'forgive' },
        'credentials.changed': { actions: 'replaceOthers' },
        'credentials.stale': { actions: 'replace' },
        'drain.requested': 'draining',
      },
    },

    /** Running responses may end by themselves. */
    draining: {
      entry: 'refuseQueued',
      always: { guard: 'idle', target: 'stopping' },
      after: { drain: 'cutting' },
      on: resting,
    },

    /** Those that did not are ended by us. */
    cutting: {
      entry: 'cutAll',
      always: { guard: 'idle', target: 'stopping' },
      after: { cut: 'stopping' },
      on: resting,
    },

    stopping: {
      entry: 'stopAll',
      always: { guard: 'gone', target: 'stopped' },
      after: { stop: 'stopped' },
      on: resting,
    },

    stopped: { entry: 'close', on: { ...resting, ...ignored('pool.opened') } },
  },
});
