/**
 * That something which is written beside the work cannot be: told once when it begins, and once when it is over, with what it has
 * cost. A disk that is full must not fill the log as well.
 */

import type { Recorder } from '../actors/diagnostics.ts';
import type { Journal } from '../actors/seams.ts';

/** What it is in the operator's log, and in the metrics. */
export type WrittenName = Exclude<Recorder, 'log' | 'trace'>;

export class Outage {
  readonly #journal: Journal;
  readonly #name: WrittenName;
  #reason: string | null = null;
  #dropped = 0;

  constructor(journal: Journal, name: WrittenName) {
    this.#journal = journal;
    this.#name = name;
  }

  /** Null: there is none, as far as anybody knows. */
  get reason(): string | null {
    return this.#reason;
  }

  /** `dropped`: what could not be written. */
  failed(reason: string, dropped: number): void {
    this.#dropped += dropped;
    this.#journal.lost?.(this.#name, dropped);
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#journal.warn(`${this.#name}_unwritable`, { reason });
  }

  worked(): void {
    if (this.#reason === null) return;
    this.#journal.info(`${this.#name}_writable`, { count: this.#dropped });
    this.#reason = null;
    this.#dropped = 0;
  }
}
