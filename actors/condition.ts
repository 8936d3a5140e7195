/**
 * How a node has fared and fares: when it was ready, how its workers ended, and whether they are of a kind that it can work
 * with at all. Invariant: what requests are told of a missing worker is what `/readyz` says of it.
 */

import type { Outcome } from '../machines/outcome.ts';
import type { Pool, SlotState } from '../machines/pool.ts';
import { restartDelayMs, verdict, workerHealth } from './health.ts';
import type { Clock, Journal } from './seams.ts';
import type { Health, WorkerExit } from './service.ts';

export interface SupervisorSnapshot {
  /** Its top state. */
  readonly value: string;
  readonly context: Pool;
}

export interface ConditionOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly supervisor: () => SupervisorSnapshot;
}

export class Condition {
  readonly #options: ConditionOptions;
  readonly #startedAt: number;
  #lastExit: Health['lastExit'] = null;
  #firstReadyAt: number | null = null;
  #lastReadyAt: number | null = null;
  #readiness: { readonly ready: boolean; readonly since: number };
  /** A worker is of a version with which nothing can be done, and none has been of another one since. */
  #strange = false;
  /** The supervisor's state, and of each slot its phase, as they were seen last. */
  #value: string | null = null;
  readonly #phases: SlotState['phase'][] = [];

  constructor(options: ConditionOptions) {
    this.#options = options;
    this.#startedAt = options.clock.now();
    this.#readiness = { ready: false, since: this.#startedAt };
  }

  exited(exit: Omit<WorkerExit, 'at'>): void {
    this.#lastExit = { at: this.#options.clock.now(), ...exit };
  }

  ready(): void {
    this.#lastReadyAt = this.#options.clock.now();
    this.#firstReadyAt ??= this.#lastReadyAt;
    this.#strange = false;
  }

  incompatible(): void {
    this.#strange = true;
  }

  /** Something has changed. */
  look(): void {
    const { clock, journal, supervisor } = this.#options;
    const { value, context } = supervisor();
    // Of nearly everything that the supervisor hears nothing follows.
    if (!this.#lookAtSlots(context) && value === this.#value) return;
    this.#value = value;
    const { ready, readiness } = verdict(value, context);
    if (ready === this.#readiness.ready) return;
    this.#readiness = { ready, since: clock.now() };
    journal.info('readiness_changed', { ready, reason: readiness });
  }

  /** True: one of them is in another phase. */
  #lookAtSlots({ slots }: Pool): boolean {
    const { journal } = this.#options;
    let hasChanged = false;
    for (let slot = 0; slot < slots.length; slot += 1) {
      const { phase, restMs, restartsTotal } = slots[slot] as SlotState;
      if (phase === this.#phases[slot]) continue;
      this.#phases[slot] = phase;
      hasChanged = true;
      const facts = { slot, worker_state: phase, restart_count: restartsTotal };
      if (phase === 'resting') journal.warn('worker_restart_scheduled', { ...facts, backoff_ms: Math.round(restMs) });
      if (phase === 'open') journal.warn('worker_restart_limit', facts);
    }
    return hasChanged;
  }

  /** A failure by the name that says most. */
  reworded(outcome: Outcome): Outcome {
    if (!this.#strange || outcome.type !== 'failed' || outcome.failure.code !== 'worker_not_ready') return outcome;
    return { type: 'failed', failure: { ...outcome.failure, code: 'worker_incompatible' } };
  }

  health(aborted: boolean, deadLetters: number): Omit<Health, 'login'> {
    const { value, context } = this.#options.supervisor();
    const { ready, ...told } = verdict(value, context);
    // The process is well; what it lacks is another program, and that may come.
    const lacking = this.#strange && !ready && value === 'running';
    return {
      ...told,
      ...(lacking ? { readiness: 'handshake_failed', live: true, liveness: 'worker_restarting' } : {}),
      ready: ready && !aborted,
      since: this.#readiness.since,
      queued: context.queue.length,
      workers: workerHealth(context),
      lastExit: this.#lastExit,
      restartDelayMs: restartDelayMs(context),
      lastReadyAt: this.#lastReadyAt,
      startupLatencyMs: this.#firstReadyAt === null ? null : this.#firstReadyAt - this.#startedAt,
      deadLetters,
    };
  }
}
