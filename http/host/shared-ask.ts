/**
 * A question to all nodes that many may ask at once. Invariants: nobody gets an answer that was begun before it asked; however many
 * ask, one is under way and one waits; whoever waits behind one that came to nothing waits no longer.
 */

export class SharedAsk<T> {
  readonly #ask: () => Promise<T>;
  #running: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(ask: () => Promise<T>) {
    this.#ask = ask;
  }

  readonly ask = (): Promise<T> => {
    if (this.#next !== null) return this.#next;
    if (this.#running === null) return this.#begin();
    this.#next = this.#running.then(
      () => this.#begin(),
      (error: unknown) => {
        this.#next = null;
        throw error;
      },
    );
    return this.#next;
  };

  #begin(): Promise<T> {
    this.#next = null;
    const running = this.#ask().finally(() => {
      if (this.#running === running) this.#running = null;
    });
    this.#running = running;
    return running;
  }
}
