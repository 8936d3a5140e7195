/**
 * A load that goes on beside what is measured. Invariant: it has begun when `start` resolves, is over after `stop`, and whoever
 * stops it hears when it was not what it should have been.
 */

import type { Load } from './client/messages.ts';
import { LoadClient } from './load-client.ts';

/** What must have come of it by the time it is stopped. */
export interface Expected {
  /** So many answers at least. */
  readonly answers?: number;
  /** So many streams have begun, and none is over. */
  readonly open?: number;
}

export class Background {
  readonly #client = new LoadClient();
  #begun = 0;
  #over = 0;
  #failure: string | null = null;
  #stopped = false;

  /** Resolves when so many of its streams have had their first delta; 0: at once. */
  start(load: Load, begun: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client
        .run(load, (count, over) => {
          this.#begun = count;
          this.#over = over;
          if (count >= begun) resolve();
        })
        .then(
          ({ report }) => {
            this.#over = report.finished;
            resolve();
          },
          (error: Error) => {
            // It is stopped before its end, and that is no failure.
            if (!this.#stopped) this.#failure = error.message;
            reject(error);
          },
        );
      if (begun === 0) resolve();
    });
  }

  /** Rejects when what was expected of it did not come. */
  async stop({ answers = 0, open }: Expected = {}): Promise<void> {
    this.#stopped = true;
    await this.#client.stop();
    if (this.#failure !== null) throw new Error(`beside it: ${this.#failure}`);
    if (this.#over < answers) throw new Error(`beside it ${this.#over} answers came instead of ${answers} or more`);
    if (open !== undefined && (this.#begun !== open || this.#over > 0))
      throw new Error(`beside it ${this.#begun} of ${open} streams began and ${this.#over} are over`);
  }
}
