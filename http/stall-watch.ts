/**
 * Notices a reader that takes nothing while much waits for it: its answer is of use to nobody any more, and its turn costs a
 * worker. And one that takes something now and then, but never catches up. Invariant: whoever takes something, however slowly, is
 * cut only when it has been behind without a break for `lagMs`, and more may come. Both bounds cost one timer, and only while a reader is behind.
 */

import type { Clock } from '../actors/seams.ts';
import { limits } from './limits.ts';

export interface Watched {
  readonly clock: Clock;
  /** What may wait. */
  readonly bufferBytes: number;
  /** For how long it may be behind without having had all that there was. */
  readonly lagMs: number;
  /** What waits now; null: the reader takes everything. */
  waitingBytes(): number | null;
  /** No more will come: whoever reads on, however slowly, comes to the end. */
  ended(): boolean;
  /** It takes nothing, and more than that waits; or it has been behind for too long. */
  stalled(): void;
}

const nothing = (): void => {};

export class StallWatch {
  readonly #watched: Watched;
  #takenAt = 0;
  /** Null: it has had all that there was. */
  #behindSince: number | null = null;
  #running = false;
  #stopTimer = nothing;

  readonly #lookNow = (): void => this.#look();

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** The transport has no room. */
  start(): void {
    this.#behindSince ??= this.#watched.clock.now();
    if (this.#running) return;
    this.#running = true;
    this.#takenAt = this.#watched.clock.now();
    this.#wait();
  }

  /** The reader has had all that there was. */
  caughtUp(): void {
    this.#behindSince = null;
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
    this.#schedule(this.#takenAt + limits.stallMs - clock.now());
  }

  #schedule(delayMs: number): void {
    const { clock, lagMs, ended } = this.#watched;
    const now = clock.now();
    const lagEndsMs = ended() ? delayMs : (this.#behindSince ?? now) + lagMs - now;
    this.#stopTimer = clock.schedule(Math.min(delayMs, lagEndsMs), this.#lookNow);
  }

  #lagMs(): number {
    return this.#behindSince === null ? 0 : this.#watched.clock.now() - this.#behindSince;
  }

  #look(): void {
    const { clock, bufferBytes, lagMs, waitingBytes, ended, stalled } = this.#watched;
    const bytes = waitingBytes();
    if (bytes === null) this.#running = false;
    else if (this.#lagMs() >= lagMs && !ended()) stalled();
    else if (clock.now() - this.#takenAt < limits.stallMs) this.#wait();
    else if (bytes > bufferBytes) stalled();
    else {
      // More may come.
      this.#schedule(limits.stallLookMs);
    }
  }
}
