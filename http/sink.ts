/**
 * A body over an HTTP response whose head was sent. Invariant: nothing is written after `end`, `abort` or the client's
 * departure; writes after those are ignored and report that there is room.
 */

import type { Sink } from '../actors/seams.ts';
import type { HttpResponse } from './uws-types.ts';

export class ResponseSink implements Sink {
  readonly #response: HttpResponse;
  readonly #over: () => void;
  #open = true;

  /** `over` is called once, when this side ends or resets the body. */
  constructor(response: HttpResponse, over: () => void) {
    this.#response = response;
    this.#over = over;
  }

  write(bytes: Uint8Array): boolean {
    let room = true;
    if (this.#open) {
      this.#response.cork(() => {
        room = this.#response.write(bytes);
      });
    }
    return room;
  }

  onDrained(resume: () => void): void {
    if (!this.#open) return;
    this.#response.onWritable(() => {
      if (this.#open) resume();
      return true;
    });
  }

  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#over();
    this.#response.cork(() => this.#response.end());
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#over();
    this.#response.close();
  }

  /** The client left: the response must not be touched any more. */
  gone(): void {
    this.#open = false;
  }
}
