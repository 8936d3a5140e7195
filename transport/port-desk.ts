/**
 * Which port the nodes of a host listen on, where the operator leaves that to the system: the first that asks takes a free one,
 * and the others wait for what it got. Invariant: never are there two ports.
 */

export class PortDesk {
  #port: number;
  /** Has been told to take a free one. */
  #pioneer: symbol | null = null;
  #waiting: (() => void)[] = [];

  /** 0: the system chooses. */
  constructor(port: number) {
    this.#port = port;
  }

  get port(): number {
    return this.#port;
  }

  /** For a node that is about to listen; 0: it takes a free one, and says which by `found`, or that it failed by `lost`. */
  async ask(asker: symbol): Promise<number> {
    while (this.#port === 0 && this.#pioneer !== null) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#port === 0) this.#pioneer = asker;
    return this.#port;
  }

  found(port: number): void {
    if (this.#port === 0) this.#port = port;
    this.#wake();
  }

  lost(asker: symbol): void {
    if (this.#pioneer !== asker) return;
    this.#pioneer = null;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
