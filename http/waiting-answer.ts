/**
 * A whole answer that has begun to leave and whose end is still to come. Invariant: nothing touches the connection after it is gone, or
 * after the end.
 */

import type { Answer } from './answer.ts';
import type { HttpResponse } from './uws-types.ts';
import type { Left } from './whole-answer.ts';

export class WaitingAnswer {
  readonly #response: HttpResponse;
  readonly #left: Left;
  /** Of a `rest`: as long as it waits here, no more than that waits in uWebSockets.js. */
  readonly #body: Uint8Array | null;
  #gone = false;

  constructor(response: HttpResponse, left: Left, { body, bytes }: Answer) {
    this.#response = response;
    this.#left = left;
    this.#body = left === 'rest' ? (bytes ?? Buffer.from(body)) : null;
  }

  /** There is room. True: that was all. */
  send(): boolean {
    const [response, body] = [this.#response, this.#body];
    let ended = false;
    if (body === null) return ended;
    response.cork(() => {
      ended = response.tryEnd(body.subarray(response.getWriteOffset()), body.length)[1];
    });
    return ended;
  }

  /** Of the request. */
  bodyEnded(): void {
    // The answer has left at once; its end waited for this, because the reset would have taken the answer along.
    if (this.#left === 'end') this.#response.cork(() => this.#response.end());
    else if (this.#left === 'connection') this.#closeSoon();
  }

  gone(): void {
    this.#gone = true;
  }

  /** What was written leaves first. */
  #closeSoon(): void {
    setImmediate(() => {
      if (this.#gone) return;
      this.#gone = true;
      this.#response.close();
    });
  }
}
