/**
 * What a stream owes: an outcome as soon as there is reason for one, and the right one; its lease back; a deadline for every
 * wait, set by what begins the wait and by nothing else.
 */

import type { StreamLimits } from '../../../../machines/stream-setup.ts';
import { type Monitor, type Observed, stable } from '../../actor.ts';
import { contract, ranOut, type Rule, says, sets } from './contract.ts';

interface Known {
  /** `leaving`: the worker has no room, and lets go of the turn. */
  readonly lease: 'none' | 'held' | 'leaving' | 'back';
  /** Slot and epoch of the lease that it has. */
  readonly own: string | null;
  /** The turn may be given to another worker: none has accepted it, and it was not given to another one before. */
  readonly retriable: boolean;
  /** The turn has produced something. */
  readonly output: boolean;
  /** And the client may have seen it. */
  readonly delivered: boolean;
  readonly calls: boolean;
  /** The provider has said that it is done, and nothing since. */
  readonly sampled: boolean;
  readonly begun: boolean;
  readonly over: boolean;
  readonly closed: boolean;
}

const fresh: Known = {
  lease: 'none',
  own: null,
  retriable: true,
  output: false,
  delivered: false,
  calls: false,
  sampled: false,
  begun: false,
  over: false,
  closed: false,
};

const failed = (code: unknown): unknown => ({ type: 'failed', failure: { code } });
const completed = { type: 'completed' };

const late: { readonly [delay: string]: unknown } = {
  total: failed('request_timeout'),
  queue: failed('worker_busy'),
  firstEvent: failed('idle_timeout'),
  idle: failed('idle_timeout'),
  grace: completed,
};

/** A grant is about the next lease; everything else that names one is about the lease that it names. */
const concerns = ({ own }: Known, { event }: Observed): boolean =>
  event['lease'] === undefined || event.type === 'lease.granted' || stable(event['lease']) === own;

/** The worker is gone, or has no room, and has not accepted the turn. */
const missed = (known: Known, seen: Observed): 'gone' | 'busy' | null => {
  if (known.lease !== 'held' || known.over || !known.retriable || !concerns(known, seen)) return null;
  if (seen.event.type === 'lease.revoked') return 'gone';
  const { type, failure } = seen.event as { readonly type: string; readonly failure?: { readonly code: string } };
  return type === 'turn.refused' && failure?.code === 'worker_busy' ? 'busy' : null;
};

/** The outcome that an event is a reason for; null: none. */
const outcomeDue = (known: Known, seen: Observed): unknown => {
  const { event } = seen;
  if (known.over || !concerns(known, seen) || missed(known, seen) !== null) return null;
  if (known.lease === 'leaving' && event.type === 'lease.revoked') return null;
  switch (event.type) {
    case 'client.gone':
      return { type: 'cancelled' };
    case 'lease.refused':
      return failed(event['code']);
    case 'turn.ended':
      return event['outcome'];
    case 'turn.refused':
      return known.output || known.sampled ? null : { type: 'failed', failure: event['failure'] };
    case 'output.broken':
      return failed('stream_disconnected');
    case 'output.overflowed':
      return { type: 'incomplete', reason: 'max_output_tokens' };
    case 'upstream.retried':
      return known.delivered && !known.sampled ? failed('stream_disconnected') : null;
    case 'sampling.completed':
      return known.calls && !known.sampled ? completed : null;
    case 'lease.revoked':
      return known.sampled || (known.calls && known.output) ? completed : failed('worker_exited');
    case 'drain.expired':
      // Without a lease the supervisor says so when it answers.
      if (known.lease === 'none') return null;
      return known.sampled ? completed : failed('server_shutting_down');
    default:
      return late[ranOut(seen) ?? ''] ?? null;
  }
};

const rightOutcome: Rule<Known> = (known, seen) => {
  const due = outcomeDue(known, seen);
  const said = seen.commands.find(({ type }) => type === 'log.end');
  if (due === null) return said === undefined ? null : 'no reason to end';
  if (said === undefined) return `it does not end, though it is ${stable(due)}`;
  return stable(said['outcome']) === stable(due)
    ? null
    : `ends as ${stable(said['outcome'])} instead of ${stable(due)}`;
};

const outputEvents = new Set(['output.started', 'output.observed']);

/** The lease: used at once, asked back with the outcome, given back as soon as the turn is over. */
const lease: Rule<Known> = (known, seen) => {
  const { event } = seen;
  const ends = says(seen, 'log.end');
  const granted = event.type === 'lease.granted';
  const revoked = event.type === 'lease.revoked' && concerns(known, seen);
  const exactly = (type: string, due: boolean): string | null =>
    says(seen, type) === due ? null : due ? `${type} is missing` : `no reason for ${type}`;
  const letGo = (event.type === 'turn.closed' && concerns(known, seen)) || ranOut(seen) === 'letGo';
  const answered = granted || revoked || event.type === 'lease.refused' || letGo;
  const holds = known.lease === 'held' || known.lease === 'leaving';
  const again = missed(known, seen) === 'gone' || (known.lease === 'leaving' && !known.over && (letGo || revoked));
  const request = seen.commands.find(({ type }) => type === 'lease.request');
  if (request !== undefined && stable(request['avoid']) !== (again ? known.own : 'null'))
    return 'it avoids another one';
  return (
    exactly('lease.request', event.type === 'stream.opened' || again) ??
    exactly('turn.start', granted && !known.over) ??
    exactly('turn.stop', (ends && holds && !revoked) || missed(known, seen) !== null) ??
    exactly('lease.cancel', ends && known.lease === 'none' && event.type !== 'lease.refused') ??
    exactly('lease.release', (granted && known.over) || (letGo && holds)) ??
    exactly('stream.close', (known.over || ends) && !known.closed && answered)
  );
};

const begins: Rule<Known> = (known, seen) => {
  const output = outputEvents.has(seen.event.type) && !known.over;
  const due = (output && (!known.begun || known.sampled)) || ranOut(seen) === 'head';
  return says(seen, 'log.begin') === due ? null : due ? 'log.begin is missing' : 'no reason for log.begin';
};

const deadlines =
  (limits: StreamLimits): Rule<Known> =>
  (known, seen) => {
    const { event } = seen;
    const due = (): number[] => {
      if (says(seen, 'lease.request') && event.type !== 'stream.opened') return [limits.queueMs];
      if (says(seen, 'turn.stop')) {
        const ended = event.type === 'turn.ended' || event.type === 'turn.refused';
        return [ended ? limits.closeMs : limits.interruptMs];
      }
      if (says(seen, 'lease.cancel')) return [limits.closeMs];
      if (event.type === 'stream.opened') return [limits.totalMs, limits.queueMs];
      if (known.over || says(seen, 'log.end')) return [];
      if (event.type === 'lease.granted') return [limits.firstEventMs, limits.headMs];
      if (event.type === 'output.observed') return [limits.idleMs];
      if (event.type === 'output.started') return known.output && !known.sampled ? [] : [limits.idleMs];
      return event.type === 'sampling.completed' && !known.sampled ? [limits.graceMs] : [];
    };
    return sets(seen, ...due())
      ? null
      : `sets ${seen.delays.map(({ delayMs }) => delayMs).join()} instead of ${due().join()}`;
  };

/** What the worker says of a turn that it has accepted. */
const acceptance = new Set([
  'turn.accepted',
  ...outputEvents,
  'call.completed',
  'sampling.completed',
  'upstream.retried',
]);

const leaseAfter = (known: Known, seen: Observed): Known['lease'] => {
  if (says(seen, 'turn.start')) return 'held';
  if (says(seen, 'lease.request')) return 'none';
  if (missed(known, seen) === 'busy') return 'leaving';
  const holds = known.lease === 'held' || known.lease === 'leaving';
  return holds && (seen.event.type === 'lease.revoked' || says(seen, 'lease.release')) ? 'back' : known.lease;
};

const learn = (known: Known, seen: Observed): Known => {
  const { event } = seen;
  if (!concerns(known, seen)) return known;
  const output = outputEvents.has(event.type);
  const started = says(seen, 'turn.start');
  const lease = leaseAfter(known, seen);
  return {
    lease,
    own: started ? stable(event['lease']) : lease === 'none' ? null : known.own,
    retriable: known.retriable && missed(known, seen) === null && !acceptance.has(event.type),
    output: known.output || output,
    delivered: known.delivered || event.type === 'output.started',
    calls: known.calls || event.type === 'call.completed',
    sampled: event.type === 'sampling.completed' || (known.sampled && !output),
    begun: !started && (known.begun || says(seen, 'log.begin')),
    over: known.over || says(seen, 'log.end'),
    closed: known.closed || says(seen, 'stream.close'),
  };
};

/** Of a response's own lease; what is said of others is another contract. */
export const streamContract = (response: string, limits: StreamLimits): Monitor =>
  contract(
    `what a stream owes/${response}`,
    fresh,
    ({ actor, event }) =>
      actor === `stream/${response}` &&
      event.type !== 'start' &&
      ((event['lease'] as { epoch: number } | undefined)?.epoch ?? 0) >= 0,
    [rightOutcome, lease, begins, deadlines(limits)],
    learn,
  );
