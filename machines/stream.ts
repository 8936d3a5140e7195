/**
 * The stream machine produces one response: it waits for a lease, has the turn started, watches over its deadlines, and
 * ends the response exactly once. Deltas do not pass through here; they flow while the machine is `live` with a lease.
 *
 * A worker that dies, or has no room, before it accepts the turn costs nothing: another one is asked, once.
 *
 * Invariants: one `log.end` in every run; every lease that was granted is released or revoked; nothing said about another
 * lease changes the state; a turn that a worker may have begun is not begun again.
 */

import { failed, type Outcome } from './outcome.ts';
import { streamSetup } from './stream-setup.ts';
import { ignored, only } from './vocabulary.ts';

const outputs = [
  'turn.accepted',
  'turn.refused',
  'output.started',
  'output.observed',
  'output.broken',
  'output.overflowed',
  'call.completed',
  'sampling.completed',
  'upstream.retried',
  'turn.ended',
] as const;

/** The response ends while its turn is running. */
const interrupted = (outcome: Outcome) =>
  ({
    target: '#stream.closing.stopping',
    actions: ['markInterrupt', { type: 'end', params: { outcome } }],
  }) as const;

/** The response ends before it has a lease. */
const withdrawn = (outcome: Outcome) =>
  ({ target: '#stream.closing.withdrawing', actions: { type: 'end', params: { outcome } } }) as const;

/** The response ends whether or not it has a lease. */
const abandoned = (outcome: Outcome) => [{ guard: 'leased', ...interrupted(outcome) }, withdrawn(outcome)] as const;

const completed: Outcome = { type: 'completed' };
const lengthLimited: Outcome = { type: 'incomplete', reason: 'max_output_tokens' };

/** What every state with a running turn does with the turn's own events. */
const turnEvents = {
  'call.completed': only('current', { actions: 'countCall' }),
  'sampling.completed': [
    { guard: 'called', ...interrupted(completed) },
    ...only('current', { target: '#stream.live.finishing' }),
  ],
  'turn.ended': only('current', { target: '#stream.closing.stopping', actions: 'endAsTold' }),
} as const;

export const streamMachine = streamSetup.createMachine({
  id: 'stream',
  context: ({ input }) => ({
    ...input,
    lease: null,
    avoid: null,
    retriable: true,
    calls: 0,
    delivered: false,
    interrupt: false,
  }),
  on: { '*': { actions: 'report' } },
  initial: 'accepted',
  states: {
    accepted: { on: { 'stream.opened': 'live' } },

    live: {
      initial: 'queued',
      after: { total: abandoned(failed('request_timeout')) },
      on: { 'client.gone': abandoned({ type: 'cancelled' }) },
      states: {
        queued: {
          entry: 'request',
          after: { queue: withdrawn(failed('worker_busy')) },
          on: {
            'lease.granted': { target: 'opening', actions: ['keepLease', 'start'] },
            'lease.refused': { target: '#stream.closed', actions: 'endAsTold' },
            // From a worker that was given up.
            ...ignored('turn.closed', 'lease.revoked', 'drain.expired'),
          },
        },

        /** The slot is ours; nothing has been produced. */
        opening: {
          initial: 'held',
          exit: 'settle',
          after: { firstEvent: interrupted(failed('idle_timeout')) },
          on: {
            ...turnEvents,
            'call.completed': only('current', { actions: ['settle', 'countCall'] }),
            'turn.accepted': only('current', { actions: 'settle' }),
            'upstream.retried': only('current', { actions: 'settle' }),
            'turn.refused': [
              { guard: 'busy', target: 'retreating' },
              ...only('current', { target: '#stream.closing.stopping', actions: 'endAsTold' }),
            ],
            'lease.revoked': [
              { guard: 'retriable', target: 'queued', actions: ['stop', 'dropLease'] },
              ...only('current', {
                target: '#stream.closed',
                actions: { type: 'end', params: { outcome: failed('worker_exited') } },
              }),
            ],
            'drain.expired': interrupted(failed('server_shutting_down')),
          },
          states: {
            held: {
              after: { head: { target: 'committed', actions: 'begin' } },
              on: {
                'output.started': only('current', {
                  target: '#stream.live.flowing',
                  actions: ['begin', 'markDelivered'],
                }),
                'output.observed': only('current', { target: '#stream.live.flowing', actions: 'begin' }),
              },
            },
            committed: {
              on: {
                'output.started': only('current', { target: '#stream.live.flowing', actions: 'markDelivered' }),
                'output.observed': only('current', { target: '#stream.live.flowing' }),
              },
            },
          },
        },

        /** The worker has no room for the turn: when it has let go of it, another one is asked. */
        retreating: {
          entry: 'stop',
          after: { letGo: { target: 'queued', actions: ['release', 'dropLease'] } },
          on: {
            'turn.closed': only('current', { target: 'queued', actions: ['release', 'dropLease'] }),
            'lease.revoked': only('current', { target: 'queued', actions: 'dropLease' }),
            'drain.expired': interrupted(failed('server_shutting_down')),
          },
        },

        /** The provider is at work. */
        flowing: {
          after: { idle: interrupted(failed('idle_timeout')) },
          on: {
            ...turnEvents,
            ...ignored('turn.accepted', 'turn.refused'),
            'output.started': only('current', { actions: 'markDelivered' }),
            'output.observed': only('current', { target: 'flowing', reenter: true }),
            'output.broken': only('current', interrupted(failed('stream_disconnected'))),
            'upstream.retried': [{ guard: 'delivered', ...interrupted(failed('stream_disconnected')) }, {}],
            'output.overflowed': only('current', interrupted(lengthLimited)),
            'lease.revoked': [
              { guard: 'called', target: '#stream.closed', actions: { type: 'end', params: { outcome: completed } } },
              ...only('current', {
                target: '#stream.closed',
                actions: { type: 'end', params: { outcome: failed('worker_exited') } },
              }),
            ],
            'drain.expired': interrupted(failed('server_shutting_down')),
          },
        },

        /** The provider said that it is done; only the CLI's own end of the turn is missing. */
        finishing: {
          after: { grace: interrupted(completed) },
          on: {
            ...turnEvents,
            ...ignored('turn.accepted', 'turn.refused', 'upstream.retried', 'sampling.completed'),
            'output.started': only('current', { target: 'flowing', actions: ['begin', 'markDelivered'] }),
            'output.observed': only('current', { target: 'flowing', actions: 'begin' }),
            'output.broken': only('current', interrupted(failed('stream_disconnected'))),
            'output.overflowed': only('current', interrupted(lengthLimited)),
            'lease.revoked': only('current', {
              target: '#stream.closed',
              actions: { type: 'end', params: { outcome: completed } },
            }),
            'drain.expired': interrupted(completed),
          },
        },
      },
    },

    closing: {
      initial: 'stopping',
      on: ignored(...outputs, 'client.gone', 'drain.expired'),
      states: {
        /** The supervisor answers each request once: a grant that crossed the withdrawal is given back. */
        withdrawing: {
          entry: 'cancel',
          after: { letGo: '#stream.closed' },
          on: {
            // From a worker that was given up.
            ...ignored('turn.closed', 'lease.revoked'),
            'lease.granted': { target: '#stream.closed', actions: 'release' },
            'lease.refused': '#stream.closed',
          },
        },
        stopping: {
          entry: 'stop',
          after: { letGo: { target: '#stream.closed', actions: 'release' } },
          on: {
            'turn.closed': only('current', {
              target: '#stream.closed',
              actions: 'release',
            }),
            'lease.revoked': only('current', { target: '#stream.closed' }),
          },
        },
      },
    },

    closed: {
      entry: 'close',
      on: {
        ...ignored(...outputs, 'turn.closed', 'lease.refused', 'lease.revoked', 'client.gone', 'drain.expired'),
        'lease.granted': { actions: 'release' },
      },
    },
  },
});
