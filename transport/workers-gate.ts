/**
 * Whose workers start first: the first worker of a host renews the sign-in that all share, and those who did so at once would use up
 * each other's. Invariant: nobody waits longer than `waitMs` for somebody else.
 */

import type { Clock } from '../actors/seams.ts';

export class WorkersGate {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #opened = Promise.withResolvers<void>();
  #asked = false;

  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Resolves with whether this one is the first, which renews the sign-in. */
  async ask(): Promise<boolean> {
    if (!this.#asked) {
      this.#asked = true;
      const cancel = this.#clock.schedule(this.#waitMs, () => this.#opened.resolve());
      void this.#opened.promise.then(cancel);
      return true;
    }
    await this.#opened.promise;
    return false;
  }

  /** Somebody's worker is ready. */
  open(): void {
    this.#opened.resolve();
  }
}
