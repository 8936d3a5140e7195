/**
 * Time as one process lives it: it stands still while the process is frozen, and ends with it. Invariant: no timer of a
 * process fires after its death, and none is left behind.
 */

import type { Clock } from '../../actors/seams.ts';

export class ProcessClock implements Clock {
  readonly #clock: Clock;
  readonly #cancels = new Set<() => void>();
  #missed: (() => void)[] = [];
  #frozen = false;
  #dead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Bound: the fake hands them around by themselves. */
  readonly now = (): number => this.#clock.now();

  readonly schedule = (delayMs: number, fire: () => void): (() => void) => {
    if (this.#dead) return () => undefined;
    let live = true;
    const forget = (): void => {
      live = false;
      cancel();
      this.#cancels.delete(forget);
    };
    const due = (): void => {
      if (!live) return;
      if (this.#frozen) {
        this.#missed.push(due);
        return;
      }
      forget();
      fire();
    };
    const cancel = this.#clock.schedule(delayMs, due);
    this.#cancels.add(forget);
    return forget;
  };

  freeze(): void {
    this.#frozen = true;
  }

  /** What fell due meanwhile happens now, in order. */
  thaw(): void {
    this.#frozen = false;
    for (const due of this.#missed.splice(0)) this.schedule(0, due);
  }

  die(): void {
    this.#dead = true;
    this.#missed = [];
    for (const forget of [...this.#cancels]) forget();
  }
}
