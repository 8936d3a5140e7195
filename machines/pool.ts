/**
 * The worker pool as data: slots, leases and the queue before them. `pool-steps.ts` changes it, `supervisor.ts` says when.
 *
 * Invariants: a slot has at most one process and at most `turnsPerWorkerMax` leases; each `lease.requested` is answered once,
 * by a grant or a refusal; a lease names the epoch of the process that carries it.
 */

import type { Epoch, Lease, ResponseId, Slot } from './ids.ts';
import type { SupervisorCommand, SupervisorEvent } from './protocol.ts';

export interface PoolLimits {
  readonly turnsPerWorkerMax: number;
  readonly queueMax: number;
  /** Leases that a worn worker may still get when no other one serves; then it is replaced whatever that costs. */
  readonly wornLeasesMax: number;
  readonly backoffInitialMs: number;
  readonly backoffMaxMs: number;
  /** Restarts of one slot within `restartWindowMs`; one more opens its circuit until a restart is forgiven. */
  readonly restartMax: number;
  readonly restartWindowMs: number;
  /** After so long in service a worker's earlier failures no longer count for its back-off. */
  readonly settledMs: number;
  /** Drain: for running responses to end by themselves, then for the interrupted ones, then for the processes. */
  readonly drainMs: number;
  readonly cutMs: number;
  readonly stopMs: number;
}

export type SlotPhase =
  /** Waits for the first worker, which refreshes the sign-in that all share. */
  | 'held'
  | 'starting'
  | 'ready'
  /** Takes no new leases; stops when the last one is back. */
  | 'draining'
  /** Gave no sign of life and is being killed. */
  | 'sick'
  /** Told to stop. */
  | 'stopping'
  /** Backing off before the next start. */
  | 'resting'
  /** Too many restarts: the circuit is open. */
  | 'open'
  | 'stopped';

export interface SlotState {
  readonly phase: SlotPhase;
  readonly epoch: Epoch;
  readonly leases: readonly ResponseId[];
  /** To be replaced as soon as that costs nobody an answer: leases granted since it is; null: it is not. */
  readonly worn: number | null;
  /** In service long enough for earlier failures not to count. */
  readonly settled: boolean;
  /** How long it rests before the next start; 0: it does not. */
  readonly restMs: number;
  /** Deaths in a row, without a settled service in between. */
  readonly failures: number;
  /** Restarts that are not forgiven yet. */
  readonly restarts: number;
  readonly restartsTotal: number;
}

/** Who waits for a lease. */
export interface Waiter {
  readonly response: ResponseId;
  /** The process that it must not get, because its turn came to nothing there; null: this is its first request. */
  readonly avoid: Lease | null;
}

export interface Pool {
  readonly limits: PoolLimits;
  readonly slots: readonly SlotState[];
  readonly queue: readonly Waiter[];
  /** The slot that was granted last: ties go to the next one. */
  readonly last: Slot;
}

export type Delayed = Extract<SupervisorEvent, { type: `slot.${string}` }>;

/** A pool under change, with what the change makes known. */
export class Draft {
  readonly limits: PoolLimits;
  readonly slots: SlotState[];
  readonly queue: Waiter[];
  last: Slot;
  readonly commands: SupervisorCommand[] = [];
  readonly delayed: { event: Delayed; id: string; delayMs: number }[] = [];
  readonly cancelled: string[] = [];

  constructor(pool: Pool) {
    this.limits = pool.limits;
    this.slots = [...pool.slots];
    this.queue = [...pool.queue];
    this.last = pool.last;
  }

  slot(slot: Slot): SlotState {
    const state = this.slots[slot];
    if (state === undefined) throw new Error(`pool: no slot ${slot}`);
    return state;
  }

  set(slot: Slot, change: Partial<SlotState>): void {
    this.slots[slot] = { ...this.slot(slot), ...change };
  }

  each(visit: (state: SlotState, slot: Slot) => void): void {
    this.slots.forEach((state, index) => visit(state, index as Slot));
  }

  emit(command: SupervisorCommand): void {
    this.commands.push(command);
  }

  after(delayMs: number, event: Delayed, id = `${event.type}/${event.slot}`): void {
    this.delayed.push({ event, id, delayMs });
  }
}

export const openPool = (size: number, limits: PoolLimits): Pool => ({
  limits,
  slots: Array.from({ length: size }, () => ({
    phase: 'held',
    epoch: 0 as Epoch,
    leases: [],
    worn: null,
    settled: false,
    restMs: 0,
    failures: 0,
    restarts: 0,
    restartsTotal: 0,
  })),
  queue: [],
  last: (size - 1) as Slot,
});

export const idle = (pool: Pool): boolean => pool.slots.every((state) => state.leases.length === 0);
export const gone = (pool: Pool): boolean => pool.slots.every((state) => state.phase === 'stopped');
export const isCurrent = (pool: Pool, lease: Lease): boolean => pool.slots[lease.slot]?.epoch === lease.epoch;
