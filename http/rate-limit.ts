/**
 * How often each caller may ask: a bucket of `max` tokens that fills up in `windowMs`. Invariants: over any time a caller gets at
 * most what its bucket holds and what has run into it since; the table is bounded, and who is forgotten is who has not asked
 * for longest.
 */

import type { Clock } from '../actors/seams.ts';

export interface RateLimit {
  readonly max: number;
  readonly windowMs: number;
}

/** What has been taken and has not run in again, at that time. A token is `windowMs` units, so that nothing is rounded. */
interface Bucket {
  readonly taken: number;
  readonly at: number;
}

export class RateLimiter {
  readonly #limit: RateLimit;
  readonly #clock: Clock;
  readonly #callersMax: number;
  /** By caller; who has asked last is last. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limit: RateLimit, clock: Clock, callersMax: number) {
    this.#limit = limit;
    this.#clock = clock;
    this.#callersMax = callersMax;
  }

  get callers(): number {
    return this.#buckets.size;
  }

  /** Null: go on. Otherwise the time until there is a token. */
  take(caller: string): number | null {
    const { max, windowMs } = this.#limit;
    const now = this.#clock.now();
    const bucket = this.#buckets.get(caller) ?? { taken: 0, at: now };
    const taken = Math.max(0, bucket.taken - (now - bucket.at) * max);
    const excess = taken + windowMs - windowMs * max;
    this.#buckets.delete(caller);
    this.#buckets.set(caller, { taken: excess > 0 ? taken : taken + windowMs, at: now });
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.#callersMax) break;
      this.#buckets.delete(oldest);
    }
    return excess > 0 ? Math.ceil(excess / max) : null;
  }
}
