/** Ends an answer behind its calls: at once, or when no other call has followed for so long. A call that is being written is waited for. */

import type { Bounds } from './bounds.ts';
import type { CallDesk } from './call-desk.ts';
import type { Clock } from './seams.ts';

/** Between two looks at what is being written, however short the grace is. */
const lookMs = 50;

export interface CallWaitOptions {
  readonly clock: Clock;
  /** Something is held back that may be a call. */
  readonly holding: () => boolean;
  /** The time is up. */
  readonly over: () => void;
}

export class CallWait {
  readonly #bounds: Bounds;
  readonly #desk: CallDesk;
  readonly #options: CallWaitOptions;
  #cancel: () => void = () => {};

  constructor(bounds: Bounds, desk: CallDesk, options: CallWaitOptions) {
    this.#bounds = bounds;
    this.#desk = desk;
    this.#options = options;
  }

  /** A call was told. */
  called(): void {
    this.#cancel();
    if (this.#desk.closes) this.#bounds.endAfterCalls();
    else if (this.#desk.waits) this.#wait(this.#desk.graceMs);
  }

  stop(): void {
    this.#cancel();
  }

  #wait(waitMs: number): void {
    const { clock, holding, over } = this.#options;
    this.#cancel = clock.schedule(waitMs, () => {
      if (this.#bounds.reached !== null) return;
      if (holding()) {
        this.#wait(Math.max(this.#desk.graceMs, lookMs));
        return;
      }
      this.#bounds.endAfterCalls();
      over();
    });
  }
}
