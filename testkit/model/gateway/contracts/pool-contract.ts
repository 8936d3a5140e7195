/**
 * What the supervisor owes: it comes to rest only when it is told to, step by step, and nobody loses what he was promised
 * before the time for it has run out; who comes too late or gives up is answered at once.
 */

import type { PoolLimits } from '../../../../machines/pool.ts';
import type { Monitor, Observed } from '../../actor.ts';
import { contract, ranOut, type Rule, sets } from './contract.ts';
import { afterHearing, afterSaying, type KnownPool, steps, told, unopened } from './pool-history.ts';

type Step = KnownPool['rest'];

/** The steps that a reaction takes; what nobody has to wait for is passed. */
const entered = (pool: KnownPool, seen: Observed): readonly Step[] => {
  const { rest } = afterSaying(pool, seen);
  if (!pool.opened) return rest === pool.rest ? [] : [rest];
  const passed = steps.slice(steps.indexOf(pool.rest) + 1, steps.indexOf(rest) + 1);
  return passed.filter((step) => step !== 'cutting' || ranOut(seen) === 'drain');
};

const commandsOf = ({ commands }: Observed, type: string): ReturnType<typeof told>[] =>
  commands.filter((command) => command.type === type).map(told);

const stepsHaveDeadlines =
  ({ drainMs, cutMs, stopMs }: PoolLimits): Rule<KnownPool> =>
  (pool, seen) => {
    const deadlines: Partial<Record<Step, number>> = { draining: drainMs, cutting: cutMs, stopping: stopMs };
    const due = entered(pool, seen).flatMap((step) => deadlines[step] ?? []);
    const delays = seen.delays.filter(({ id }) => id.startsWith('xstate.after.'));
    return sets({ ...seen, delays }, ...due) ? null : `it sets other deadlines than ${due.join(', ') || 'none'}`;
  };

const cutsInTime: Rule<KnownPool> = (pool, seen) => {
  const cut = commandsOf(seen, 'stream.cut').map(({ response }) => response);
  const due = entered(pool, seen).includes('cutting') ? pool.leases.map(({ response }) => response) : [];
  return cut.sort().join() === due.join()
    ? null
    : `it cuts ${cut.join() || 'nobody'} instead of ${due.join() || 'nobody'}`;
};

const closesOnce: Rule<KnownPool> = (pool, seen) =>
  commandsOf(seen, 'pool.close').length === (entered(pool, seen).includes('closed') ? 1 : 0)
    ? null
    : 'it closes when it should not, or does not when it should';

const stopsInTime: Rule<KnownPool> = (pool, seen) => {
  const { slots, leases } = afterHearing(pool, seen);
  const stopped = commandsOf(seen, 'worker.stop').map(({ slot }) => slot);
  if (stopped.some((slot) => slots[slot]?.stopped === true)) return 'a worker is told to stop again';
  const busy = stopped.some((slot) => leases.some((lease) => lease.slot === slot));
  if (busy && ranOut(seen) !== 'cut') return 'a busy worker is told to stop';
  const left = slots.some(
    ({ phase, stopped: before }, slot) => (phase === 'up' || phase === 'serving') && !before && !stopped.includes(slot),
  );
  return left && entered(pool, seen).includes('stopping') ? 'a worker is not told to stop' : null;
};

const answersAtOnce: Rule<KnownPool> = (pool, seen) => {
  const { rest, waiting } = afterSaying(pool, seen);
  if (rest !== 'no' && waiting.length > 0) return 'it comes to rest, and somebody waits';
  const gaveUp = seen.event.type === 'lease.cancelled' && waiting.includes(told(seen.event).response);
  return gaveUp ? 'who gave up still waits' : null;
};

const grantsOnGoodWorkers: Rule<KnownPool> = (pool, seen) => {
  const { slots } = afterHearing(pool, seen);
  const bad = commandsOf(seen, 'lease.grant').some(({ lease }) => {
    const slot = slots[lease.slot];
    return slot?.phase !== 'serving';
  });
  return bad ? 'a lease on a worker that does not serve' : null;
};

/** Whose process is to be replaced, as far as an event says. */
const unfit = ({ type, slot: about }: { readonly type: string; readonly slot?: unknown }, slot: number): boolean =>
  type === 'credentials.changed'
    ? slot !== about
    : ['credentials.stale', 'worker.tired'].includes(type) && slot === about;

/** A process that is to be replaced goes as soon as it serves nobody. */
const replacesAtOnce: Rule<KnownPool> = (pool, seen) => {
  const { rest, slots, leases } = afterSaying(pool, seen);
  const kept = slots.some(
    ({ phase, epoch }, slot) =>
      unfit(seen.event, slot) &&
      (told(seen.event).epoch ?? epoch) === epoch &&
      phase === 'serving' &&
      !leases.some((lease) => lease.slot === slot),
  );
  return kept && rest === 'no' ? 'a worker that is to be replaced stays' : null;
};

export const poolContract = (size: number, limits: PoolLimits): Monitor =>
  contract(
    'what the supervisor owes',
    unopened(size),
    ({ actor, event }) => actor === 'supervisor' && event.type !== 'start',
    [
      stepsHaveDeadlines(limits),
      cutsInTime,
      closesOnce,
      stopsInTime,
      answersAtOnce,
      grantsOnGoodWorkers,
      replacesAtOnce,
    ],
    afterSaying,
  );
