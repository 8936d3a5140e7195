/**
 * One timer for the deadlines of many. Nearly all of them are met, so a deadline is a number until the timer comes round to the
 * earliest. Invariant: whatever is among `all` when its time has come is told so, once.
 */

import type { Clock } from '../actors/seams.ts';

export interface Dated {
  /** Infinity: never. */
  dueAt: number;
}

export class Deadlines<E extends Dated> {
  readonly #clock: Clock;
  readonly #all: () => readonly E[];
  readonly #due: (entry: E) => void;
  #at = Infinity;
  #cancel: (() => void) | null = null;

  constructor(clock: Clock, all: () => readonly E[], due: (entry: E) => void) {
    this.#clock = clock;
    this.#all = all;
    this.#due = due;
  }

  set(entry: E, withinMs: number): void {
    const now = this.#clock.now();
    entry.dueAt = now + withinMs;
    if (entry.dueAt < this.#at) this.#schedule(entry.dueAt, now);
  }

  /** There is nothing any more that could be due. */
  rest(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#at = Infinity;
  }

  #schedule(at: number, now: number): void {
    this.#cancel?.();
    this.#at = at;
    this.#cancel = this.#clock.schedule(at - now, () => this.#look());
  }

  #look(): void {
    this.#cancel = null;
    this.#at = Infinity;
    const now = this.#clock.now();
    const entries = this.#all();
    for (const entry of entries) if (entry.dueAt > now && entry.dueAt < this.#at) this.#at = entry.dueAt;
    if (this.#at < Infinity) this.#schedule(this.#at, now);
    try {
      for (const entry of entries) {
        // Or it was over because of one before it.
        if (entry.dueAt > now) continue;
        entry.dueAt = Infinity;
        this.#due(entry);
      }
    } catch (error) {
      // It takes no other with it: what is left is due at once.
      this.#schedule(now, now);
      throw error;
    }
  }
}
