/**
 * The steps by which the supervisor changes the pool. Each is a pure function of a draft and an event: it changes the draft,
 * and leaves there the commands and the delayed events that the change makes.
 */

import { type Epoch, type Lease, type ResponseId, type Slot, sameLease } from './ids.ts';
import type { FailureCode } from './outcome.ts';
import type { Draft, PoolLimits, SlotState, Waiter } from './pool.ts';

/** Whether a slot can be expected to serve soon; a worker that failed twice in a row is not waited for. */
const promising = (state: SlotState): boolean =>
  state.phase === 'held' ||
  state.phase === 'starting' ||
  state.phase === 'ready' ||
  state.phase === 'draining' ||
  state.phase === 'stopping' ||
  state.phase === 'sick' ||
  (state.phase === 'resting' && state.failures < 2);

/** Whether a process can be expected that this one does not have to avoid. */
const hopeful = (draft: Draft, { avoid }: Waiter): boolean =>
  draft.slots.some(
    (state, slot) =>
      promising(state) && !(state.phase === 'ready' && sameLease(avoid, { slot: slot as Slot, epoch: state.epoch })),
  );

/** The ready slot with the fewest leases; among equals the next one after the last grant. */
const leastLoaded = (draft: Draft, { avoid }: Waiter): Slot | null => {
  let best: Slot | null = null;
  for (let step = 1; step <= draft.slots.length; step += 1) {
    const slot = ((draft.last + step) % draft.slots.length) as Slot;
    const state = draft.slot(slot);
    if (state.phase !== 'ready' || state.leases.length >= draft.limits.turnsPerWorkerMax) continue;
    if (sameLease(avoid, { slot, epoch: state.epoch })) continue;
    if (best === null || state.leases.length < draft.slot(best).leases.length) best = slot;
  }
  return best;
};

const leave = (draft: Draft, waiter: Waiter): void => void draft.queue.splice(draft.queue.indexOf(waiter), 1);

const refuse = (draft: Draft, waiter: Waiter, code: FailureCode): void => {
  leave(draft, waiter);
  draft.emit({ type: 'lease.refuse', response: waiter.response, code });
};

/** In order; who has to avoid the only process with room lets the next one pass. */
const grantQueued = (draft: Draft): void => {
  for (const waiter of [...draft.queue]) {
    const slot = leastLoaded(draft, waiter);
    if (slot === null) continue;
    leave(draft, waiter);
    draft.last = slot;
    const { response } = waiter;
    const { epoch, leases, worn } = draft.slot(slot);
    draft.set(slot, { leases: [...leases, response], worn: worn === null ? null : worn + 1 });
    draft.emit({ type: 'lease.grant', response, lease: { slot, epoch } });
    retireWorn(draft);
  }
};

export const refuseQueued = (draft: Draft, code: FailureCode): void => {
  for (const waiter of [...draft.queue]) refuse(draft, waiter, code);
};

/** Nobody waits for what cannot be expected. */
const refuseHopeless = (draft: Draft): void => {
  const code = draft.slots.some(promising) ? 'worker_busy' : 'worker_not_ready';
  for (const waiter of draft.queue.filter((one) => !hopeful(draft, one))) refuse(draft, waiter, code);
};

const start = (draft: Draft, slot: Slot): void => {
  const epoch = (draft.slot(slot).epoch + 1) as Epoch;
  draft.set(slot, { phase: 'starting', epoch, worn: null, settled: false, restMs: 0 });
  draft.emit({ type: 'worker.start', slot, epoch });
};

const startHeld = (draft: Draft): void =>
  draft.each((state, slot) => {
    if (state.phase === 'held') start(draft, slot);
  });

/** A draining slot stops with its last lease. */
const stopIfIdle = (draft: Draft, slot: Slot): void => {
  const { phase, leases, epoch } = draft.slot(slot);
  if (phase !== 'draining' || leases.length > 0) return;
  draft.set(slot, { phase: 'stopping' });
  draft.emit({ type: 'worker.stop', slot, epoch });
};

/** Takes a slot out of service, whatever that means for those who wait. */
export const retire = (draft: Draft, slot: Slot): void => {
  if (draft.slot(slot).phase !== 'ready') return;
  draft.set(slot, { phase: 'draining' });
  stopIfIdle(draft, slot);
};

/**
 * Replaces worn workers where that costs nobody an answer: idle ones, and busy ones while another slot serves. One that is
 * alone and never idle goes all the same after a number of leases: there is a limit on everything.
 */
const retireWorn = (draft: Draft): void =>
  draft.each((state, slot) => {
    if (state.worn === null || state.phase !== 'ready') return;
    const another = draft.slots.some((other, index) => index !== slot && other.phase === 'ready');
    const overdue = state.worn >= draft.limits.wornLeasesMax;
    if (state.leases.length === 0 || another || overdue) retire(draft, slot);
  });

export const begin = (draft: Draft): void => start(draft, 0 as Slot);

/** Who comes again has waited before: he goes before those who come for the first time, however many these are. */
export const request = (draft: Draft, waiter: Waiter): void => {
  const newcomer = waiter.avoid === null ? -1 : draft.queue.findIndex(({ avoid }) => avoid === null);
  draft.queue.splice(newcomer < 0 ? draft.queue.length : newcomer, 0, waiter);
  grantQueued(draft);
  refuseHopeless(draft);
  const last = waiter.avoid === null && draft.queue.at(-1) === waiter;
  if (last && draft.queue.length > draft.limits.queueMax) refuse(draft, waiter, 'worker_busy');
};

/**
 * Each request is answered once: by this refusal, or by the grant that crossed the cancellation. That slot is free at once; the
 * stream gives it back again when it hears of it, or cannot because it is gone.
 */
export const cancel = (draft: Draft, response: ResponseId): void => {
  const waiter = draft.queue.find((one) => one.response === response);
  if (waiter !== undefined) {
    refuse(draft, waiter, 'response_cancelled');
    return;
  }
  draft.each(({ leases, epoch }, slot) => {
    if (leases.includes(response)) release(draft, response, { slot, epoch });
  });
};

export const release = (draft: Draft, response: ResponseId, { slot }: Lease): void => {
  const { leases } = draft.slot(slot);
  draft.set(slot, { leases: leases.filter((other) => other !== response) });
  stopIfIdle(draft, slot);
  retireWorn(draft);
  grantQueued(draft);
};

/** A worker that was told to stop while it started may still report that it is up. */
export const markReady = (draft: Draft, slot: Slot): boolean => {
  if (draft.slot(slot).phase !== 'starting') return false;
  draft.set(slot, { phase: 'ready' });
  return true;
};

export const rise = (draft: Draft, slot: Slot): void => {
  if (!markReady(draft, slot)) return;
  draft.after(draft.limits.settledMs, { type: 'slot.settled', slot });
  startHeld(draft);
  retireWorn(draft);
  grantQueued(draft);
};

export const tire = (draft: Draft, slot: Slot): void => {
  draft.set(slot, { worn: draft.slot(slot).worn ?? 0 });
  retireWorn(draft);
};

/** It is being killed: nothing is granted on it, and its death is a failure. */
export const sicken = (draft: Draft, slot: Slot): void => {
  const { phase } = draft.slot(slot);
  if (phase === 'ready' || phase === 'draining') draft.set(slot, { phase: 'sick' });
};

/** The process is gone: its leases are void. Returns whether that was asked for. */
export const bury = (draft: Draft, slot: Slot): boolean => {
  const { phase, epoch, leases } = draft.slot(slot);
  for (const response of leases) draft.emit({ type: 'lease.revoke', response, lease: { slot, epoch } });
  draft.set(slot, { phase: 'stopped', leases: [] });
  draft.cancelled.push(`slot.settled/${slot}`);
  return phase === 'stopping';
};

export const backoffMs = (limits: PoolLimits, failures: number, jitter: number): number => {
  const full = Math.min(limits.backoffMaxMs, limits.backoffInitialMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + jitter / 2));
};

/** Spends one restart, or opens the circuit until one is forgiven; `next` is what happens with it. */
const spendRestart = (draft: Draft, slot: Slot, next: () => void): void => {
  const { restarts, restartsTotal } = draft.slot(slot);
  if (restarts >= draft.limits.restartMax) {
    draft.set(slot, { phase: 'open' });
    return;
  }
  draft.set(slot, { restarts: restarts + 1, restartsTotal: restartsTotal + 1 });
  draft.after(draft.limits.restartWindowMs, { type: 'slot.forgiven', slot }, `slot.forgiven/${slot}/${restartsTotal}`);
  next();
};

export const fall = (draft: Draft, slot: Slot, jitter: number): void => {
  const planned = bury(draft, slot);
  startHeld(draft);
  if (planned && draft.slot(slot).settled) {
    start(draft, slot);
  } else {
    // A replacement that is due again at once is a failure, too: restarts are bounded, whoever asked for them.
    const failures = draft.slot(slot).failures + 1;
    draft.set(slot, { failures });
    spendRestart(draft, slot, () => {
      const restMs = backoffMs(draft.limits, failures, jitter);
      draft.set(slot, { phase: 'resting', restMs });
      draft.after(restMs, { type: 'slot.rested', slot });
    });
  }
  refuseHopeless(draft);
};

export const rest = (draft: Draft, slot: Slot): void => {
  if (draft.slot(slot).phase === 'resting') start(draft, slot);
};

export const settle = (draft: Draft, slot: Slot): void => draft.set(slot, { failures: 0, settled: true });

/** A restart is forgiven; an open circuit half-opens with it. */
export const forgive = (draft: Draft, slot: Slot): void => {
  const { restarts, phase } = draft.slot(slot);
  draft.set(slot, { restarts: Math.max(0, restarts - 1) });
  if (phase === 'open') spendRestart(draft, slot, () => start(draft, slot));
};

/** Processes do not notice each other's sign-in: every other worker is replaced. */
export const replaceOthers = (draft: Draft, keep: Slot): void =>
  draft.each((state, slot) => {
    if (slot === keep) return;
    if (state.phase === 'starting') {
      draft.set(slot, { phase: 'stopping' });
      draft.emit({ type: 'worker.stop', slot, epoch: state.epoch });
    }
    retire(draft, slot);
  });

export const cutAll = (draft: Draft): void => {
  for (const state of draft.slots) for (const response of state.leases) draft.emit({ type: 'stream.cut', response });
};

export const stopAll = (draft: Draft): void =>
  draft.each(({ phase, epoch }, slot) => {
    const running = phase === 'starting' || phase === 'ready' || phase === 'draining';
    if (running) draft.emit({ type: 'worker.stop', slot, epoch });
    const leaving = running || phase === 'stopping' || phase === 'sick';
    draft.set(slot, { phase: leaving ? 'stopping' : 'stopped' });
  });
