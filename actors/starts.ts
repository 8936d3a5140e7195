/**
 * Turns on their way: they have a worker, which has not taken them yet. All of that way is the work of gateway and CLI, none of it a
 * model's, so how long it is says how much they have to do.
 */

import type { ResponseId } from '../machines/ids.ts';

export class Starts {
  readonly #waiting = new Set<ResponseId>();
  #settled = 0;

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Since the process began; be it that they were taken, refused or given up. */
  get settled(): number {
    return this.#settled;
  }

  begin(response: ResponseId): void {
    this.#waiting.add(response);
  }

  /** Of one that is not on its way it says nothing. */
  settle(response: ResponseId): void {
    if (this.#waiting.delete(response)) this.#settled += 1;
  }
}
