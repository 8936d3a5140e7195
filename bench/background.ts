/** A load that goes on beside what is measured. Invariant: it has begun when `start` resolves, and is over after `stop`. */

import type { Load } from './client/messages.ts';
import { LoadClient } from './load-client.ts';

export class Background {
  readonly #client = new LoadClient();

  /** Resolves when so many of its streams have had their first delta; 0: at once. */
  start(load: Load, begun: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#client
        .run(load, (count) => {
          if (count >= begun) resolve();
        })
        // It is stopped before its end, and that is no failure.
        .then(() => resolve(), reject);
      if (begun === 0) resolve();
    });
  }

  stop(): Promise<void> {
    return this.#client.stop();
  }
}
