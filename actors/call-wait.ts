/** Ends an answer behind its calls: at once, or when no other call has followed for so long. A call that is being written is waited for. */

import type { Bounds } from './bounds.ts';
import type { CallDesk } from './call-desk.ts';
import type { Clock } from './seams.ts';

/** Between two looks at what is being written, however short the grace is. */
const lookMs = 50;

export interface CallWaitOptions {
  readonly clock: Clock;
  readonly graceMs: number;
  readonly bounds: Bounds;
  readonly desk: CallDesk;
  /** Something is held back that may be a call. */
  readonly holding: () => boolean;
  /** The time is up. */
  readonly over: () => void;
}

export class CallWait {
  readonly #options: CallWaitOptions;
  #cancel: () => void = () => {};

  constructor(options: CallWaitOptions) {
    this.#options = options;
  }

  /** A call was told. */
  called(): void {
    const { bounds, desk } = this.#options;
    this.#cancel();
    if (desk.closes) bounds.endAfterCalls();
    else if (desk.waits) this.#wait(this.#options.graceMs);
  }

  stop(): void {
    this.#cancel();
  }

  #wait(waitMs: number): void {
    const { clock, graceMs, bounds, holding, over } = this.#options;
    this.#cancel = clock.schedule(waitMs, () => {
      if (bounds.reached !== null) return;
      if (holding()) {
        this.#wait(Math.max(graceMs, lookMs));
        return;
      }
      bounds.endAfterCalls();
      over();
    });
  }
}
