/**
 * At most so many at a time; whoever comes then waits, in order, and of those who wait there is a bound, too. Invariant: a turn that
 * was taken is given back, however its work ends.
 */

import { LinkError } from './frames.ts';

export class Turns {
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnceMax: number, waitingMax: number) {
    this.#free = atOnceMax;
    this.#waitingMax = waitingMax;
  }

  /** Rejects with what `act` rejects with, and with a `LinkError` when too many wait already. */
  async run<T>(act: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else if (this.#waiting.length >= this.#waitingMax) throw new LinkError('refused', 'too many wait for other nodes');
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await act();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
