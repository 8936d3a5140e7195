/**
 * The invariants of the house as ghosts: each watches what the actors hear and emit, and says when it is broken. They know
 * nothing of how the machines keep them.
 */

import type { PoolLimits } from '../../../machines/pool.ts';
import { type Monitor, type ModelEvent, type Observed, Violation } from '../actor.ts';

interface Told {
  readonly response: string;
  readonly lease: { readonly slot: number; readonly epoch: number };
}

const emits = ({ commands }: Observed, ...types: readonly string[]): boolean =>
  commands.some(({ type }) => types.includes(type));
const hears = ({ event }: Observed, ...types: readonly string[]): boolean => types.includes(event.type);

/** A ghost that takes what an actor hears and then what it emits, one after the other. */
const ghost = <G>(
  name: string,
  initial: G,
  about: (seen: Observed) => boolean,
  take: (ghost: G, event: ModelEvent, seen: Observed, heard: boolean) => G | Violation,
): Monitor => {
  const monitor: Monitor<G> = {
    name,
    initial,
    about,
    observe(before, seen) {
      let after = take(before, seen.event, seen, true);
      for (const command of seen.commands) {
        if (after instanceof Violation) return after;
        after = take(after, command, seen, false);
      }
      return after;
    },
  };
  return monitor;
};

export const nothingUnhandled = ghost(
  'no event unhandled',
  0,
  (seen) => emits(seen, 'bug.report'),
  (_, { event, error }, { actor }, heard) => {
    if (heard) return 0;
    return new Violation(
      typeof error === 'string' ? `${actor} threw ${error}` : `${actor} does not know ${event as string}`,
    );
  },
);

/** An outcome ends a response once; nothing is written after it, and a closed stream does no more than give leases back. */
export const oneOutcome = (response: string): Monitor =>
  ghost(
    `one outcome/${response}`,
    { ended: false, closed: false },
    ({ actor }) => actor === `stream/${response}` || actor === `scribe/${response}`,
    (was, { type }, { actor }, heard) => {
      if (heard) return was;
      if (type === 'log.end') {
        return was.ended ? new Violation(`${response} has a second outcome`) : { ...was, ended: true };
      }
      if (type === 'log.write') return was.ended ? new Violation(`${response} is written to after its outcome`) : was;
      if (actor.startsWith('scribe/')) return was;
      if (was.closed && type !== 'lease.release') return new Violation(`${response} says ${type} after it has closed`);
      if (type === 'log.begin' && was.ended) return new Violation(`${response} begins after its outcome`);
      if (type !== 'stream.close') return was;
      return was.ended ? { ...was, closed: true } : new Violation(`${response} closes without an outcome`);
    },
  );

/** What the turn says reaches the log once and in order; a completed response has all of it. */
export const everyDelta = (response: string): Monitor =>
  ghost(
    `every delta once and in order/${response}`,
    { said: 0, sampled: false, written: 0, ended: false },
    ({ actor }) => actor === `turn/${response}` || actor === `scribe/${response}` || actor === `stream/${response}`,
    (was, { type, ...told }, { actor }, heard) => {
      // A turn that another worker is given begins anew.
      if (heard) return type === 'turn.begin' ? { ...was, said: 0, sampled: false } : was;
      if (type === 'text.delta')
        return was.sampled || told['late'] === true ? was : { ...was, said: told['n'] as number };
      if (type === 'log.write') {
        if (told['n'] !== was.written + 1)
          return new Violation(`delta ${String(told['n'])} of ${response} is written after delta ${was.written}`);
        return { ...was, written: was.written + 1 };
      }
      if (actor === `turn/${response}` && type === 'sampling.completed') return { ...was, sampled: true };
      if (type !== 'log.end' || (told['outcome'] as { type: string }).type !== 'completed' || was.ended) return was;
      return was.written < was.said
        ? new Violation(`${response} is completed with ${was.written} of ${was.said} deltas`)
        : { ...was, ended: true };
    },
  );

const leaseName = ({ lease }: Told): string => `${lease.slot}/${lease.epoch}`;

const acceptance = [
  ...['turn.accepted', 'output.started', 'output.observed', 'call.completed'],
  ...['sampling.completed', 'upstream.retried', 'turn.ended'],
];

/** A turn is begun again once at most, on another process, and only when nothing says that it was accepted. */
export const oneRetry = (response: string): Monitor =>
  ghost<{ readonly lease: string | null; readonly accepted: boolean; readonly retried: boolean }>(
    `one retry, before acceptance/${response}`,
    { lease: null, accepted: false, retried: false },
    (seen) => seen.actor === `stream/${response}` && (hears(seen, ...acceptance) || emits(seen, 'turn.start')),
    (was, event, _, heard) => {
      if (!(heard ? acceptance.includes(event.type) : event.type === 'turn.start')) return was;
      const lease = leaseName(event as unknown as Told);
      if (heard) return lease === was.lease ? { ...was, accepted: true } : was;
      if (was.retried) return new Violation(`the turn of ${response} is begun for the third time`);
      if (was.accepted) return new Violation(`the turn of ${response} is begun again after it was accepted`);
      if (was.lease === lease) return new Violation(`the turn of ${response} is begun again on ${lease}`);
      return { lease, accepted: false, retried: was.lease !== null };
    },
  );

/** No more streams use a process than it has turns; each from its start of the turn to its release. */
export const oneOwner = (limits: PoolLimits): Monitor =>
  ghost<{ readonly [lease: string]: readonly string[] }>(
    'one owner per slot and epoch',
    {},
    ({ actor, event, commands }) =>
      actor.startsWith('stream/') &&
      (event.type === 'lease.revoked' ||
        commands.some(({ type }) => type === 'turn.start' || type === 'lease.release')),
    (was, event, { actor }) => {
      const response = actor.slice('stream/'.length);
      const without = (): { readonly [lease: string]: readonly string[] } =>
        Object.fromEntries(
          Object.entries(was).flatMap(([lease, owners]) => {
            const rest =
              lease === leaseName(event as unknown as Told) ? owners.filter((one) => one !== response) : owners;
            return rest.length === 0 ? [] : [[lease, rest]];
          }),
        );
      if (event.type === 'lease.release' || event.type === 'lease.revoked') return without();
      if (event.type !== 'turn.start') return was;
      const lease = leaseName(event as unknown as Told);
      const owners = [...(was[lease] ?? []), response].sort();
      if (owners.length > limits.turnsPerWorkerMax) return new Violation(`${owners.join(' and ')} own ${lease}`);
      return { ...was, [lease]: owners };
    },
  );

/** A process takes turns only of a response that the supervisor has given a lease on it. */
export const onlyItsLessee = ghost<{ readonly [response: string]: string }>(
  'a worker serves only its lessee',
  {},
  (seen) =>
    (seen.actor === 'supervisor' &&
      (emits(seen, 'lease.grant', 'lease.revoke', 'lease.refuse') ||
        hears(seen, 'lease.released', 'lease.cancelled'))) ||
    emits(seen, 'turn.begin'),
  (was, event, { actor }) => {
    const told = event as unknown as Told;
    const { [told.response]: held, ...others } = was;
    if (event.type === 'lease.grant') return { ...was, [told.response]: leaseName(told) };
    if (event.type === 'lease.revoke' || event.type === 'lease.cancelled') return others;
    if (event.type === 'lease.released') return held === leaseName(told) ? others : was;
    if (event.type !== 'turn.begin' || held === leaseName(told)) return was;
    return new Violation(`${actor} takes a turn of ${told.response}, whose lease is ${held ?? 'none'}`);
  },
);

/** Each request of a lease is answered once, and no more of them wait than may; who asks again has waited before. */
export const oneAnswer = (limits: PoolLimits): Monitor =>
  ghost<readonly string[]>(
    'every request answered once',
    [],
    (seen) =>
      seen.actor === 'supervisor' && (hears(seen, 'lease.requested') || emits(seen, 'lease.grant', 'lease.refuse')),
    (was, event, seen, heard) => {
      const response = event['response'] as string;
      const name = event['avoid'] === null ? response : `again ${response}`;
      const waiting = heard && event.type === 'lease.requested' ? [...was, name].sort() : was;
      const full = (after: readonly string[]): readonly string[] | Violation => {
        const first = after.filter((one) => !one.startsWith('again ')).length;
        return first > limits.queueMax ? new Violation(`${first} requests wait`) : after;
      };
      if (heard) return seen.commands.length === 0 ? full(waiting) : waiting;
      if (event.type !== 'lease.grant' && event.type !== 'lease.refuse') return was;
      const after = was.filter((one) => one !== response && one !== `again ${response}`);
      if (after.length === was.length) return new Violation(`${response} is answered twice`);
      const last =
        seen.commands.filter(({ type }) => type === 'lease.grant' || type === 'lease.refuse').at(-1) === event;
      return last ? full(after) : after;
    },
  );

/** One process in a slot at a time. */
export const oneProcess = (slot: number): Monitor =>
  ghost(
    `one process at a time/${slot}`,
    false,
    (seen) => seen.actor === `process/${slot}` && (hears(seen, 'process.spawn') || emits(seen, 'process.lost')),
    (alive, event, _, heard) => {
      if (heard && event.type === 'process.spawn')
        return alive ? new Violation(`slot ${slot} gets a second process`) : true;
      return event.type === 'process.lost' ? false : alive;
    },
  );

interface Restarts {
  /** What the slot waits for; `free`: it may be started at any time. */
  readonly mode: 'held' | 'up' | 'resting' | 'free' | 'open';
  /** Of the last process. */
  readonly epoch: number;
  readonly planned: boolean;
  readonly settled: boolean;
  readonly failures: number;
  /** Restarts that are not forgiven yet. */
  readonly spent: number;
}

/** Doubles with each failure, up to the largest; from half of that to all of it by chance. */
const restOf = ({ backoffInitialMs, backoffMaxMs }: PoolLimits, failures: number, jitter: number): number => {
  let full = backoffInitialMs;
  for (let failure = 1; failure < failures; failure += 1) full = Math.min(2 * full, backoffMaxMs);
  return Math.round(full * (0.5 + jitter / 2));
};

/**
 * Restarts are bounded over a period, and each waits for its back-off. Free is only the replacement that was asked for, of a
 * worker that had served for long enough. An open circuit waits until a restart is forgiven.
 */
export const restarts = (slot: number, limits: PoolLimits): Monitor =>
  ghost<Restarts>(
    `restart intensity and back-off/${slot}`,
    { mode: 'held', epoch: 0, planned: false, settled: false, failures: 0, spent: 0 },
    (seen) => seen.actor === 'supervisor' && [seen.event, ...seen.commands].some((event) => event['slot'] === slot),
    (was, { type, ...told }, { event, delays }, heard) => {
      if (told['slot'] !== slot) return was;
      const delayOf = (name: string): number | undefined =>
        delays.find(({ id }) => id.startsWith(`${name}/${slot}`))?.delayMs;
      const spend = (): Restarts | Violation => {
        if (delayOf('slot.forgiven') !== limits.restartWindowMs)
          return new Violation(`a restart of slot ${slot} is not counted`);
        if (was.spent < limits.restartMax) return { ...was, spent: was.spent + 1 };
        return new Violation(`slot ${slot} is restarted ${was.spent + 1} times in one period`);
      };
      if (type === 'worker.stop') return { ...was, planned: true };
      if (type === 'worker.start') {
        const up = { mode: 'up', epoch: told['epoch'] as number, planned: false, settled: false } as const;
        if (was.mode === 'held' || was.mode === 'free') return { ...was, ...up };
        if (was.mode !== 'open' || event.type !== 'slot.forgiven')
          return new Violation(`slot ${slot} is started while it is ${was.mode}`);
        const spent = spend();
        return spent instanceof Violation ? spent : { ...spent, ...up };
      }
      if (!heard) return was;
      switch (type) {
        case 'worker.risen':
          if (
            was.mode !== 'up' ||
            told['epoch'] !== was.epoch ||
            delays.length === 0 ||
            delayOf('slot.settled') === limits.settledMs
          )
            return was;
          return new Violation(`slot ${slot} settles after ${delayOf('slot.settled') ?? 'no'} ms`);
        case 'slot.rested':
          return was.mode === 'resting' ? { ...was, mode: 'free' } : was;
        case 'slot.settled':
          return was.mode === 'up'
            ? { ...was, failures: 0, settled: true }
            : new Violation(`slot ${slot} settles while it is ${was.mode}`);
        case 'slot.forgiven':
          return { ...was, spent: Math.max(0, was.spent - 1) };
        case 'worker.fallen': {
          if (was.mode !== 'up' || told['epoch'] !== was.epoch) return was;
          if (was.planned && was.settled) return { ...was, mode: 'free' };
          const failures = was.failures + 1;
          const restMs = delayOf('slot.rested');
          // Without a rest the circuit is open, or the pool comes to rest.
          if (restMs === undefined) return { ...was, mode: 'open', failures };
          const due = restOf(limits, failures, told['jitter'] as number);
          if (restMs !== due) return new Violation(`slot ${slot} rests for ${restMs} ms instead of ${due}`);
          const spent = spend();
          return spent instanceof Violation ? spent : { ...spent, mode: 'resting', failures };
        }
        default:
          return was;
      }
    },
  );

/** After `drain.requested` nothing is granted and nothing is started. */
export const drainAdmitsNothing = ghost(
  'drain admits nothing',
  false,
  (seen) =>
    seen.actor === 'supervisor' && (hears(seen, 'drain.requested') || emits(seen, 'lease.grant', 'worker.start')),
  (draining, { type }, _, heard) => {
    if (heard) return draining || type === 'drain.requested';
    if (draining && (type === 'lease.grant' || type === 'worker.start'))
      return new Violation(`${type} while it drains`);
    return draining;
  },
);

/** At most one device code is asked for or open at a time. */
export const oneLogin = ghost(
  'one login at a time',
  false,
  ({ actor }) => actor === 'login',
  (open, { type }, _, heard) => {
    if (!heard) return type === 'login.start' ? (open ? new Violation('a second login is started') : true) : open;
    const over = ['account.observed', 'login.failed', 'login.completed', 'worker.left'].includes(type);
    return over || type.startsWith('xstate.after.') ? false : open;
  },
);
