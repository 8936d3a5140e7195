/**
 * What is still to be done behind a whole answer, when the body of its request has ended. Invariant: nothing touches the connection
 * after it is gone, or twice.
 */

import type { HttpResponse } from './uws-types.ts';

export class Remainder {
  readonly #response: HttpResponse;
  readonly #left: 'end' | 'close';
  #isDone = false;

  /** As in `whole-answer.ts`. */
  constructor(response: HttpResponse, left: 'end' | 'close', isBodyAwaited: boolean) {
    this.#response = response;
    this.#left = left;
    if (!isBodyAwaited) this.bodyEnded();
  }

  bodyEnded(): void {
    // Closed later: what was written leaves first.
    if (this.#left === 'close') setImmediate(() => this.#do(() => this.#response.close()));
    // It has waited for this, because the reset would have taken the answer along.
    else this.#do(() => this.#response.cork(() => this.#response.end()));
  }

  gone(): void {
    this.#isDone = true;
  }

  #do(finish: () => void): void {
    if (this.#isDone) return;
    this.#isDone = true;
    finish();
  }
}
