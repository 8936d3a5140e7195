/**
 * Live reload: one gateway after another. A changed source asks the running one to drain, and the next starts when it has ended,
 * so that no answer is cut and the port is free. Invariant: there is never more than one, and the end of the last is the result.
 */

export interface Running {
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves with its code, or 128 and more after a signal. Never rejects. */
  readonly ended: Promise<number>;
}

export class Reloader {
  readonly #start: () => Running;
  readonly #say: (line: string) => void;
  readonly #result = Promise.withResolvers<number>();
  #running: Running | null = null;
  #started = 0;
  #stale = false;
  #ending = false;

  constructor(start: () => Running, say: (line: string) => void) {
    this.#start = start;
    this.#say = say;
    this.#next();
  }

  /** How the last one ended. */
  get result(): Promise<number> {
    return this.#result.promise;
  }

  changed(path: string): void {
    if (this.#ending || this.#stale) return;
    if (this.#running === null) {
      this.#say(`${path} changed: starting again`);
      return this.#next();
    }
    this.#stale = true;
    this.#say(`${path} changed: draining, then starting again`);
    this.#running.kill('SIGTERM');
  }

  end(signal: NodeJS.Signals): void {
    this.#ending = true;
    if (this.#running === null) this.#result.resolve(0);
    else this.#running.kill(signal);
  }

  #next(): void {
    this.#stale = false;
    this.#started += 1;
    const running = this.#start();
    this.#running = running;
    void running.ended.then((code) => this.#over(code));
  }

  #over(code: number): void {
    this.#running = null;
    if (!this.#ending && this.#stale) return this.#next();
    // A source that does not load is corrected and saved again; one that never loaded is told to whoever started it.
    if (this.#ending || code === 0 || this.#started === 1) return this.#result.resolve(code);
    this.#say(`the gateway ended with ${code}: waiting for a change`);
  }
}
