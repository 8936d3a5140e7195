/**
 * Watches the supervisor by the letters that pass: who waits, who holds a slot, when processes are started. Invariants: a slot
 * has at most so many leases, and each comes back soon after its response has ended (I-8); nobody is refused while there is
 * room, and nobody overtakes; restarts keep their back-off and their number within the window.
 */

import type { NodeLimits } from '../../actors/node-limits.ts';
import { type Lease, type ResponseId, sameLease } from '../../machines/ids.ts';
import type { Letter } from '../../machines/links.ts';
import type { SupervisorEvent, WorkerEvent } from '../../machines/protocol.ts';
import { toleranceMs } from './judge.ts';
import { Violation } from './violation.ts';

/** What is known of one slot. */
class Slot {
  readonly leases = new Set<ResponseId>();
  epoch = 0;
  risenAt: number | null = null;
  fallenAt: number | null = null;
  /** It was told to stop. */
  told = false;
  /** Its service was said to count as settled, whatever the time. */
  settled = false;
  /** It gave no sign of life. */
  sick = false;
  /** Leases since it was said to be worn; null: it was not. */
  worn: number | null = null;
  failures = 0;
  planned = true;
  /** When its leases came back. */
  readonly back: number[] = [];
  /** When each restart after a failure was spent, within the window. */
  spent: number[] = [];
}

export class PoolMonitor {
  readonly #limits: NodeLimits;
  readonly #report: (violation: Violation) => void;
  readonly #slots: readonly Slot[];
  /** Who waits, in order, and the process that each has to avoid. */
  #waiting = new Map<ResponseId, Lease | null>();
  /** Ended responses whose slots have to come back, in the order of their ends. */
  readonly #ended: { readonly response: ResponseId; readonly lease: Lease; readonly at: number }[] = [];
  #closing = false;
  deaths = 0;

  constructor(limits: NodeLimits, report: (violation: Violation) => void) {
    this.#limits = limits;
    this.#report = report;
    this.#slots = Array.from({ length: limits.workers }, () => new Slot());
  }

  /** Leases that are out. */
  get leases(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.leases.size, 0);
  }

  held(slot: number): number {
    return this.#slot(slot).leases.size;
  }

  /** Leases of a slot that came back since then. */
  returned(slot: number, since: number): number {
    const { back } = this.#slot(slot);
    while (back[0] !== undefined && back[0] < since) back.shift();
    return back.length;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  ended(response: ResponseId, lease: Lease | null, at: number): void {
    if (lease !== null) this.#ended.push({ response, lease, at });
  }

  hear(letter: Letter, at: number): void {
    if (letter.to === 'supervisor') this.#asked(letter.event, at);
    else if (letter.to.startsWith('stream/')) this.#answered(letter, at);
    else if (letter.to.startsWith('worker/'))
      this.#ordered(Number(letter.to.slice(7)), letter.event as WorkerEvent, at);
  }

  /** Every so often: slots that should have come back. */
  look(now: number): void {
    const { live } = this.#limits;
    const letGoMs = Math.max(live.interruptMs, live.closeMs) + toleranceMs;
    for (let first = this.#ended[0]; first !== undefined && first.at + letGoMs < now; first = this.#ended[0]) {
      this.#ended.shift();
      const { response, lease, at } = first;
      const slot = this.#slot(lease.slot);
      if (slot.epoch !== lease.epoch || !slot.leases.has(response)) continue;
      this.#violate('I-8', `${response} still has its slot ${now - at} ms after its end`, response, lease.slot);
    }
  }

  #asked(event: SupervisorEvent, at: number): void {
    switch (event.type) {
      case 'lease.requested':
        this.#wait(event.response, event.avoid);
        return;
      case 'lease.cancelled':
        for (const slot of this.#slots) slot.leases.delete(event.response);
        return;
      case 'lease.released': {
        const slot = this.#slot(event.lease.slot);
        if (slot.epoch === event.lease.epoch && slot.leases.delete(event.response)) slot.back.push(at);
        return;
      }
      case 'worker.risen':
        this.#slot(event.slot).risenAt = at;
        return;
      case 'worker.fallen':
        this.#fell(this.#slot(event.slot), at);
        return;
      case 'slot.settled':
        this.#slot(event.slot).settled = true;
        return;
      case 'drain.requested':
        this.#closing = true;
        return;
      default:
    }
  }

  /** Who comes again goes before those who come for the first time. */
  #wait(response: ResponseId, avoid: Lease | null): void {
    const all = [...this.#waiting];
    const again = all.filter(([, one]) => one !== null);
    const first = all.filter(([, one]) => one === null);
    this.#waiting = new Map([
      ...again,
      ...(avoid === null ? first : []),
      [response, avoid],
      ...(avoid === null ? [] : first),
    ]);
  }

  #fell(slot: Slot, at: number): void {
    this.deaths += 1;
    // A worker that has served its turns is replaced by plan, however young it is; nothing else makes it settled early.
    const served = slot.settled && slot.worn !== null;
    const settled = slot.risenAt !== null && (served || at - slot.risenAt >= this.#limits.pool.settledMs);
    slot.planned = slot.told && settled;
    slot.failures = slot.planned ? 0 : (settled ? 0 : slot.failures) + 1;
    slot.fallenAt = at;
    slot.risenAt = null;
    slot.leases.clear();
  }

  #answered({ to, event }: Letter, at: number): void {
    const response = to.slice(7) as ResponseId;
    if (event.type === 'lease.granted') {
      const { lease } = event;
      const first = [...this.#waiting].find(([, avoid]) => !sameLease(avoid, lease))?.[0];
      if (first !== response)
        this.#violate('fairness', `${response} overtook ${first ?? 'nobody: it did not wait'}`, response);
      this.#waiting.delete(response);
      const slot = this.#slot(event.lease.slot);
      slot.leases.add(response);
      if (slot.leases.size > this.#limits.pool.turnsPerWorkerMax)
        this.#violate('I-8', `${slot.leases.size} leases on one slot`, response, event.lease.slot);
      if (slot.epoch !== event.lease.epoch || slot.risenAt === null)
        this.#violate('I-8', 'a lease of a process that does not serve', response, event.lease.slot);
      if (slot.sick)
        this.#violate('admission', 'a lease of a process that is being killed', response, event.lease.slot);
      if (slot.worn !== null && ++slot.worn > this.#limits.pool.wornLeasesMax)
        this.#violate('wear', `${slot.worn} leases of a worn process`, response, event.lease.slot);
    } else if (event.type === 'lease.refused') {
      const avoid = this.#waiting.get(response) ?? null;
      this.#waiting.delete(response);
      if (event.code === 'worker_busy' && avoid === null) this.#refused(response, at);
    }
  }

  #refused(response: ResponseId, at: number): void {
    if (this.#waiting.size >= this.#limits.pool.queueMax) return;
    this.#violate('admission', `refused at ${at} although only ${this.#waiting.size} wait`, response);
  }

  #ordered(index: number, event: WorkerEvent, at: number): void {
    const slot = this.#slot(index);
    if (event.type === 'stop.requested') slot.told = true;
    if (event.type === 'pulse.lost') slot.sick = true;
    if (event.type === 'wear.observed') slot.worn ??= 0;
    if (event.type !== 'start.requested') return;
    slot.epoch = event.epoch;
    slot.told = false;
    slot.settled = false;
    slot.sick = false;
    slot.worn = null;
    slot.risenAt = null;
    if (slot.fallenAt === null || slot.planned) return;
    if (this.#closing) this.#violate('restart', 'a process was started while the pool comes to rest', '', index);
    this.#restarted(slot, index, slot.fallenAt, at);
  }

  #restarted(slot: Slot, index: number, fallenAt: number, at: number): void {
    const { backoffInitialMs, backoffMaxMs, restartMax, restartWindowMs } = this.#limits.pool;
    const leastMs = Math.floor(Math.min(backoffMaxMs, backoffInitialMs * 2 ** (slot.failures - 1)) / 2);
    // A circuit that half-opens does so when its oldest restart is forgiven, which is no back-off.
    const open = slot.spent.filter((one) => one > fallenAt - restartWindowMs).length >= restartMax;
    if (!open && at - fallenAt < leastMs)
      this.#violate(
        'restart',
        `started ${at - fallenAt} ms after failure ${slot.failures}, not after ${leastMs}`,
        '',
        index,
      );
    const spentAt = open ? at : fallenAt;
    slot.spent = [...slot.spent.filter((one) => one > spentAt - restartWindowMs), spentAt];
    if (slot.spent.length > restartMax)
      this.#violate('restart', `${slot.spent.length} restarts within ${restartWindowMs} ms`, '', index);
  }

  #slot(index: number): Slot {
    return this.#slots[index] as Slot;
  }

  #violate(invariant: string, what: string, response: string, slot?: number): void {
    const worker = slot === undefined ? [] : [`worker/${slot}`];
    const told = slot === undefined ? what : `worker/${slot}: ${what}`;
    this.#report(new Violation(invariant, told, [response, ...worker]));
  }
}
