/**
 * The measure of time in a run of chaos: answers that have ended. What waits for a number of them waits as long as the machine
 * needs. Invariant: when it is closed nobody waits any more.
 */

export class Pace {
  #ended = 0;
  #closed = false;
  readonly #waiting = new Set<{ readonly at: number; readonly go: () => void }>();

  /** One more answer has ended. */
  tick(): void {
    this.#ended += 1;
    this.#wake();
  }

  /** Resolves when so many more answers have ended. */
  after(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add({ at: this.#ended + count, go: resolve });
      this.#wake();
    });
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiting) {
      if (!this.#closed && this.#ended < waiter.at) continue;
      this.#waiting.delete(waiter);
      waiter.go();
    }
  }
}
