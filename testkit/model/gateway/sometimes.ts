/** What must be seen in some scope: a check that never comes to these things has checked nothing about them. */

import type { FailureCode, Outcome } from '../../../machines/outcome.ts';
import type { StreamContext } from '../../../machines/stream-setup.ts';
import type { Observed, Sometimes } from '../actor.ts';
import type { MachineState } from '../machine-actor.ts';

const ends = ({ commands }: Observed): Outcome | undefined =>
  commands.find(({ type }) => type === 'log.end')?.['outcome'] as Outcome | undefined;

const outcome = (name: string, holds: (outcome: Outcome) => boolean): Sometimes => ({
  name: `outcome ${name}`,
  seen(observed) {
    const ended = observed.actor.startsWith('stream/') ? ends(observed) : undefined;
    return ended !== undefined && holds(ended);
  },
});

/** How a response ends whose turn was given to a second worker. */
const afterRetry = (name: string, holds: (outcome: Outcome) => boolean): Sometimes => ({
  name: `${name} on a second worker`,
  seen(observed, after) {
    const ended = observed.actor.startsWith('stream/') ? ends(observed) : undefined;
    if (ended === undefined) return false;
    const { avoid, lease } = (after as MachineState).snapshot.context as StreamContext;
    return avoid !== null && lease !== null && holds(ended);
  },
});

const failedAs =
  (code: FailureCode) =>
  (one: Outcome): boolean =>
    one.type === 'failed' && one.failure.code === code;

/** All failures that the machines name themselves, and one of each kind that they pass on. */
const failures: readonly FailureCode[] = [
  'worker_busy',
  'worker_not_ready',
  'server_shutting_down',
  'request_timeout',
  'idle_timeout',
  'worker_exited',
  'stream_disconnected',
  'upstream_error',
  'bad_request',
];

const supervisor = (name: string, seen: (observed: Observed) => boolean): Sometimes => ({
  name,
  seen: (observed) => observed.actor === 'supervisor' && seen(observed),
});

const emits = ({ commands }: Observed, type: string): boolean => commands.some((command) => command.type === type);

export const sometimes: readonly Sometimes[] = [
  outcome('completed', ({ type }) => type === 'completed'),
  outcome('incomplete', ({ type }) => type === 'incomplete'),
  outcome('cancelled', ({ type }) => type === 'cancelled'),
  ...failures.map((code) => outcome(`failed, ${code}`, failedAs(code))),
  afterRetry('completed', ({ type }) => type === 'completed'),
  afterRetry('failed, worker_exited', failedAs('worker_exited')),
  afterRetry('failed, worker_busy', failedAs('worker_busy')),
  supervisor('a grant crosses its cancellation', ({ event, commands }) => {
    return event.type === 'lease.cancelled' && commands.length === 0;
  }),
  supervisor('a lease is revoked', (observed) => emits(observed, 'lease.revoke')),
  supervisor('a circuit opens', ({ event, delays }) => event.type === 'worker.fallen' && delays.length === 0),
  supervisor('a circuit half-opens', (one) => one.event.type === 'slot.forgiven' && emits(one, 'worker.start')),
  supervisor('a worn worker is replaced', (one) => one.event.type === 'worker.tired' && emits(one, 'worker.stop')),
  supervisor(
    'a sign-in replaces workers',
    (one) => one.event.type === 'credentials.changed' && emits(one, 'worker.stop'),
  ),
  supervisor('a drain cuts what is running', (observed) => emits(observed, 'stream.cut')),
  supervisor('a drain ends', (observed) => emits(observed, 'pool.close')),
];
