/**
 * Whether the gateway has time for one answer more. When its event loop has been late by `delayMs` for `afterMs`, new answers are
 * refused, so that those under way keep their pace; when it is late by less than half of that, they are admitted again.
 * Invariants: it is looked at when somebody asks, and while answers are refused; it costs nothing otherwise; a short burst refuses nobody.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Journal } from '../actors/seams.ts';

export interface OverloadLimits {
  readonly delayMs: number;
  readonly afterMs: number;
}

/** Since the last look. */
export interface LoopLoad {
  /** How late the loop came to things, as a median. */
  readonly delayMs: number;
  /** The part of the time for which it was busy, 0 to 1. */
  readonly busy: number;
}

export interface LoopProbe {
  /** Null: it has not come round since the last look. */
  look(): LoopLoad | null;
}

export interface OverloadOptions {
  readonly limits: OverloadLimits;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly probe: LoopProbe;
  /** Told whenever that changes. */
  changed(refusing: boolean): void;
}

export const lookEveryMs = 250;
/** Who waits for something else while it is late does not need protection. */
const busyLeast = 0.9;

export class OverloadGate {
  readonly #options: OverloadOptions;
  #lookedAt: number;
  /** Null: at the last look it was not. */
  #lateSince: number | null = null;
  #refusing = false;
  #refused = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.now();
    options.probe.look();
  }

  /** Asked once for each new answer. */
  refuses(): boolean {
    this.#look();
    if (this.#refusing) this.#refused += 1;
    return this.#refusing;
  }

  #look(): void {
    const { clock, probe } = this.#options;
    const now = clock.now();
    if (now - this.#lookedAt < lookEveryMs) return;
    const load = probe.look();
    if (load !== null) this.#judge(load, now);
  }

  /** Also when nobody asks any more: whoever was sent elsewhere would never hear that it is over. */
  #lookAgain(): void {
    this.#options.clock.schedule(lookEveryMs, () => {
      this.#look();
      if (this.#refusing) this.#lookAgain();
    });
  }

  #judge({ delayMs, busy }: LoopLoad, now: number): void {
    const { limits } = this.#options;
    this.#lookedAt = now;
    const bearableMs = this.#refusing ? limits.delayMs / 2 : limits.delayMs;
    if (delayMs < bearableMs || busy < busyLeast) {
      this.#lateSince = null;
      if (this.#refusing) this.#turn(false, delayMs);
      return;
    }
    this.#lateSince ??= now;
    if (!this.#refusing && now - this.#lateSince >= limits.afterMs) this.#turn(true, delayMs);
  }

  #turn(refusing: boolean, delayMs: number): void {
    const { journal, changed } = this.#options;
    this.#refusing = refusing;
    changed(refusing);
    if (refusing) this.#lookAgain();
    const facts = { delay_ms: Math.round(delayMs) };
    if (refusing) journal.warn('overload_began', facts);
    else journal.info('overload_ended', { ...facts, count: this.#refused });
    this.#refused = 0;
  }
}

const resolutionMs = 20;

/** Of this process. The histogram has a timer of its own, which wakes nothing that is JavaScript. */
export function loopProbe(): LoopProbe {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  let before = performance.eventLoopUtilization();
  return {
    look: () => {
      if (delays.count === 0) return null;
      const delayMs = Math.max(0, delays.percentile(50) / 1e6 - resolutionMs);
      const busy = performance.eventLoopUtilization(before).utilization;
      delays.reset();
      before = performance.eventLoopUtilization();
      return { delayMs, busy };
    },
  };
}
