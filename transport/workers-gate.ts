/**
 * Whose workers start first: the first worker of a host renews the sign-in that all share, and those who did so at once would use up
 * each other's. Invariants: nobody waits longer than `waitMs` for somebody else; when the one who renews is gone before its worker was
 * ready, the next one does.
 */

import type { Clock } from '../actors/seams.ts';

interface Waiting {
  readonly node: number;
  readonly told: (renews: boolean) => void;
}

export class WorkersGate {
  readonly #clock: Clock;
  readonly #waitMs: number;
  #renewing: number | null = null;
  #opened = false;
  #waiting: Waiting[] = [];
  #stopTimer: () => void = () => {};

  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** Resolves with whether this one renews the sign-in. */
  ask(node: number): Promise<boolean> {
    if (this.#opened) return Promise.resolve(false);
    return new Promise((told) => {
      this.#waiting.push({ node, told });
      if (this.#renewing === null) this.#appoint();
    });
  }

  /** Somebody's worker is ready. */
  open(): void {
    this.#stopTimer();
    this.#opened = true;
    for (const { told } of this.#waiting.splice(0)) told(false);
  }

  /** That node is gone. */
  left(node: number): void {
    const gone = this.#waiting.filter((one) => one.node === node);
    this.#waiting = this.#waiting.filter((one) => one.node !== node);
    for (const { told } of gone) told(false);
    if (this.#opened || node !== this.#renewing) return;
    this.#stopTimer();
    this.#renewing = null;
    this.#appoint();
  }

  #appoint(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#renewing = next.node;
    this.#stopTimer = this.#clock.schedule(this.#waitMs, () => this.open());
    next.told(true);
  }
}
