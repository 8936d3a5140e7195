/**
 * The latest requests, each as a few numbers side by side: 24 bytes a request, at most so many of them. In no order: a clock may
 * have been set back between two processes.
 */

import type { Spent } from './usage-sums.ts';

/** Of a count that nobody has made. */
const unknown = 0xffff_ffff;
const count = (value: number | null): number => (value === null ? unknown : Math.min(unknown - 1, value));
const counted = (value: number): number | null => (value === unknown ? null : value);

export class UsageEvents {
  readonly #max: number;
  /** Requests so far; the latest `#max` of them are still here. */
  #total = 0;
  #at = new Float64Array(1_024);
  /** Four numbers a request. */
  #counts = new Uint32Array(4 * 1_024);

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return Math.min(this.#total, this.#max);
  }

  add({ at, promptEst, completionEst, prompt, completion }: Spent): void {
    if (this.#total >= this.#at.length && this.#at.length < this.#max) this.#grow();
    const place = this.#total % this.#max;
    this.#total += 1;
    this.#at[place] = at;
    this.#counts.set([count(promptEst), count(completionEst), count(prompt), count(completion)], 4 * place);
  }

  /** Calls `take` with each request of that time: from `start` on, before `end`. */
  each(start: number, end: number, take: (spent: Spent) => void): void {
    const { size } = this;
    for (let place = 0; place < size; place += 1) {
      const at = this.#at[place] as number;
      if (at < start || at >= end) continue;
      const [promptEst = 0, completionEst = 0, prompt = 0, completion = 0] = this.#counts.subarray(
        4 * place,
        4 * place + 4,
      );
      take({ at, promptEst, completionEst, prompt: counted(prompt), completion: counted(completion) });
    }
  }

  #grow(): void {
    const length = Math.min(this.#max, 2 * this.#at.length);
    const [at, counts] = [new Float64Array(length), new Uint32Array(4 * length)];
    at.set(this.#at);
    counts.set(this.#counts);
    this.#at = at;
    this.#counts = counts;
  }
}
