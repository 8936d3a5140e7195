/**
 * The worker machine follows one slot through all the processes that have it: start, handshake, service, and a kill ladder
 * (ask, wait, kill) at the end. It never decides to restart: it says `worker.fall` and waits to be told.
 *
 * Invariants: at most one process at a time; every `worker.rise` is followed by one `worker.fall`; facts about an earlier
 * process of the slot change nothing.
 */

import { assign, emit, setup } from 'xstate';
import type { Epoch, Slot } from './ids.ts';
import type { WorkerCommand, WorkerEvent } from './protocol.ts';
import { ignored, only } from './vocabulary.ts';

/** Deadlines in milliseconds. */
export interface WorkerLimits {
  /** From spawn to a running process. */
  readonly startupMs: number;
  readonly handshakeMs: number;
  /** From the request to end until the kill. */
  readonly graceMs: number;
  /** From one kill to the next. */
  readonly killMs: number;
}

export interface WorkerContext {
  readonly slot: Slot;
  readonly limits: WorkerLimits;
  readonly epoch: Epoch;
}

const fallen = only('current', { target: 'down', actions: 'fall' });
const killed = only('current', { target: 'killing' });

export const workerMachine = setup({
  types: {} as {
    context: WorkerContext;
    events: WorkerEvent;
    input: { slot: Slot; limits: WorkerLimits };
    emitted: WorkerCommand;
  },
  delays: {
    startup: ({ context }) => context.limits.startupMs,
    handshake: ({ context }) => context.limits.handshakeMs,
    grace: ({ context }) => context.limits.graceMs,
    kill: ({ context }) => context.limits.killMs,
  },
  guards: { current: ({ context, event }) => event.epoch === context.epoch },
  actions: {
    keepEpoch: assign({ epoch: ({ event }) => event.epoch }),
    spawn: emit(({ context }) => ({ type: 'process.spawn', slot: context.slot, epoch: context.epoch })),
    initialize: emit(({ context }) => ({ type: 'process.initialize', slot: context.slot, epoch: context.epoch })),
    ask: emit(({ context }) => ({ type: 'process.ask', slot: context.slot, epoch: context.epoch })),
    kill: emit(({ context }) => ({ type: 'process.kill', slot: context.slot, epoch: context.epoch })),
    rise: emit(({ context }) => ({ type: 'worker.rise', slot: context.slot, epoch: context.epoch })),
    sicken: emit(({ context }) => ({ type: 'worker.sicken', slot: context.slot, epoch: context.epoch })),
    tire: emit(({ context }) => ({ type: 'worker.tire', slot: context.slot, epoch: context.epoch })),
    fall: emit(({ context, event }) => ({
      type: 'worker.fall',
      slot: context.slot,
      epoch: context.epoch,
      jitter: event.type === 'process.exited' ? event.jitter : 0,
    })),
    report: emit(({ event }) => ({ type: 'bug.report', event: event.type })),
  },
}).createMachine({
  id: 'worker',
  context: ({ input }) => ({ ...input, epoch: 0 as Epoch }),
  on: { '*': { actions: 'report' } },
  initial: 'down',
  states: {
    down: {
      on: {
        'start.requested': { target: 'starting', actions: 'keepEpoch' },
        ...ignored(
          'stop.requested',
          'process.spawned',
          'process.exited',
          'handshake.completed',
          'handshake.failed',
          'pulse.lost',
          'wear.observed',
        ),
      },
    },
    starting: {
      entry: 'spawn',
      after: { startup: 'killing' },
      on: {
        'process.spawned': only('current', { target: 'handshaking' }),
        'process.exited': fallen,
        'stop.requested': killed,
        ...ignored('handshake.completed', 'handshake.failed', 'pulse.lost', 'wear.observed'),
      },
    },
    handshaking: {
      entry: 'initialize',
      after: { handshake: 'killing' },
      on: {
        'handshake.completed': only('current', { target: 'ready', actions: 'rise' }),
        'handshake.failed': killed,
        'process.exited': fallen,
        'stop.requested': killed,
        ...ignored('process.spawned', 'pulse.lost', 'wear.observed'),
      },
    },
    ready: {
      on: {
        'stop.requested': only('current', { target: 'draining' }),
        'pulse.lost': only('current', { target: 'killing', actions: 'sicken' }),
        'wear.observed': only('current', { actions: 'tire' }),
        'process.exited': fallen,
        ...ignored('process.spawned', 'handshake.completed', 'handshake.failed'),
      },
    },
    /** Asked to end; it serves nobody any more. */
    draining: {
      entry: 'ask',
      after: { grace: 'killing' },
      on: {
        'process.exited': fallen,
        'pulse.lost': killed,
        ...ignored('process.spawned', 'handshake.completed', 'handshake.failed', 'stop.requested', 'wear.observed'),
      },
    },
    killing: {
      entry: 'kill',
      after: { kill: { target: 'killing', reenter: true } },
      on: {
        'process.exited': fallen,
        ...ignored(
          'process.spawned',
          'handshake.completed',
          'handshake.failed',
          'stop.requested',
          'pulse.lost',
          'wear.observed',
        ),
      },
    },
  },
});
