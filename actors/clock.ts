/**
 * The clock of production. Short delays get a timer of their own; long ones share a coarse wheel, so that thousands of
 * open responses cost one timer a tick and cancelling a deadline costs a set deletion. A long delay fires at most two ticks
 * late, never early. Time is monotonic: setting the machine's clock moves no deadline.
 */

import { type Clock, neverMs } from './seams.ts';

/** Delays from here on go to the wheel. */
const longMs = 2_000;
const tickMs = 250;

interface Entry {
  readonly fire: () => void;
}

/** It never changes, and to ask for it costs more than to ask for the time. */
const origin = performance.timeOrigin;

export class SystemClock implements Clock {
  readonly #buckets = new Map<number, Set<Entry>>();
  #timer: NodeJS.Timeout | undefined;

  now(): number {
    return Math.floor(origin + performance.now());
  }

  schedule(delayMs: number, fire: () => void): () => void {
    if (delayMs >= neverMs) return () => undefined;
    if (delayMs < longMs) {
      const timer = setTimeout(fire, Math.max(0, delayMs));
      return () => clearTimeout(timer);
    }
    const tick = Math.ceil((this.now() + delayMs) / tickMs);
    const bucket = this.#buckets.get(tick) ?? new Set();
    // An object of its own, because the same function may be scheduled twice.
    const entry: Entry = { fire };
    bucket.add(entry);
    this.#buckets.set(tick, bucket);
    this.#timer ??= setInterval(() => this.#turn(), tickMs);
    return () => {
      bucket.delete(entry);
      if (bucket.size === 0 && this.#buckets.get(tick) === bucket) this.#buckets.delete(tick);
      this.#rest();
    };
  }

  #turn(): void {
    const due = Math.floor(this.now() / tickMs);
    const ticks = [...this.#buckets.keys()].filter((tick) => tick <= due).sort((a, b) => a - b);
    for (const tick of ticks) this.#fire(tick);
    this.#rest();
  }

  /** An entry that throws takes no other with it: what is left of its bucket is due at the next tick. */
  #fire(tick: number): void {
    const bucket = this.#buckets.get(tick) ?? new Set();
    for (const entry of bucket) {
      bucket.delete(entry);
      entry.fire();
    }
    this.#buckets.delete(tick);
  }

  #rest(): void {
    if (this.#buckets.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
