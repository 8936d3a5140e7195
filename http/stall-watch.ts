/**
 * Notices a reader that takes nothing while much waits for it: its answer is of use to nobody any more, and its turn costs a
 * worker. Invariant: whoever takes something, however slowly, is never cut for what waits.
 */

import type { Clock } from '../actors/seams.ts';
import { limits } from './limits.ts';

export interface Watched {
  readonly clock: Clock;
  /** What may wait. */
  readonly bufferBytes: number;
  /** What waits now; null: the reader takes everything. */
  waitingBytes(): number | null;
  /** It takes nothing, and more than that waits. */
  stalled(): void;
}

export class StallWatch {
  readonly #watched: Watched;
  #takenAt = 0;
  #running = false;
  #stopTimer: () => void = () => {};

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** The transport has no room. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#takenAt = this.#watched.clock.now();
    this.#wait();
  }

  /** The reader has taken something. */
  taken(): void {
    this.#takenAt = this.#watched.clock.now();
  }

  stop(): void {
    this.#stopTimer();
  }

  #wait(): void {
    const { clock } = this.#watched;
    this.#stopTimer = clock.schedule(this.#takenAt + limits.stallMs - clock.now(), () => this.#look());
  }

  #look(): void {
    const { clock, bufferBytes, waitingBytes, stalled } = this.#watched;
    const bytes = waitingBytes();
    if (bytes === null) this.#running = false;
    else if (clock.now() - this.#takenAt < limits.stallMs) this.#wait();
    else if (bytes > bufferBytes) stalled();
    else {
      // More may come.
      this.#stopTimer = clock.schedule(limits.stallLookMs, () => this.#look());
    }
  }
}
