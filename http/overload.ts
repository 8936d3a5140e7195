/**
 * Whether the gateway has time for one answer more. New ones are refused while those that are asked for would wait longer than
 * `delayMs` for their start (`backlog.ts`), and when the event loop has been late by that much for `afterMs`, until it is late by less
 * than half; so those under way keep their pace, and whoever is admitted waits no longer than that. Invariants: it is looked at when
 * somebody asks, and while answers are refused; it costs nothing otherwise; a short burst refuses nobody.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock, Ids, Journal } from '../actors/seams.ts';
import type { Service } from '../actors/service.ts';
import { Backlog } from './backlog.ts';

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
  readonly ids: Pick<Ids, 'jitter'>;
  readonly journal: Journal;
  readonly probe: LoopProbe;
  readonly starts: Service['starts'];
  /** Told whenever that changes. */
  changed(refusing: boolean): void;
}

export const lookEveryMs = 100;
/** Who waits for something else while it is late does not need protection. */
const busyLeast = 0.9;
/** It is over when nobody had to be refused for so long. */
export const calmMs = 1_000;

export class OverloadGate {
  readonly #options: OverloadOptions;
  readonly #backlog: Backlog;
  #lookedAt: number;
  /** Null: at the last look it was not. */
  #lateSince: number | null = null;
  #late = false;
  /** Null: nobody had to wait too long since it was over. */
  #fullAt: number | null = null;
  #refusing = false;
  #refused = 0;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#lookedAt = options.clock.now();
    this.#backlog = new Backlog(this.#lookedAt);
    options.probe.look();
  }

  /** Asked once for each new answer. Null: there is time for it; else after how many milliseconds to ask again. */
  refusal(): number | null {
    const { clock, ids, limits, starts } = this.#options;
    const now = clock.now();
    this.#look(now);
    const { waiting } = starts;
    const waitMs = this.#backlog.waitMs(waiting);
    if (waitMs > limits.delayMs) {
      this.#fullAt = now;
      this.#turn(true, waitMs);
    } else if (!this.#late) return null;
    this.#refused += 1;
    this.#backlog.refuse();
    return this.#backlog.returnMs(waiting, ids.jitter());
  }

  #look(now: number): void {
    const { probe, starts } = this.#options;
    if (now - this.#lookedAt < lookEveryMs) return;
    const load = probe.look();
    if (load === null) return;
    this.#lookedAt = now;
    this.#backlog.look(now, starts.settled, load.busy >= busyLeast);
    this.#judge(load, now);
  }

  /** Also when nobody asks any more: whoever was sent elsewhere would never hear that it is over. */
  #lookAgain(): void {
    const { clock } = this.#options;
    clock.schedule(lookEveryMs, () => {
      this.#look(clock.now());
      if (this.#refusing) this.#lookAgain();
    });
  }

  #judge({ delayMs, busy }: LoopLoad, now: number): void {
    const { limits } = this.#options;
    const bearableMs = this.#late ? limits.delayMs / 2 : limits.delayMs;
    if (delayMs < bearableMs || busy < busyLeast) [this.#lateSince, this.#late] = [null, false];
    else {
      this.#lateSince ??= now;
      this.#late ||= now - this.#lateSince >= limits.afterMs;
    }
    if (this.#fullAt !== null && now - this.#fullAt >= calmMs) this.#fullAt = null;
    this.#turn(this.#late || this.#fullAt !== null, delayMs);
  }

  #turn(refusing: boolean, delayMs: number): void {
    if (this.#refusing === refusing) return;
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
