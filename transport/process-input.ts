/**
 * The input of a process. What is written within one turn of the event loop leaves in one write at its end: requests that come
 * together cost one call of the system and wake the reader once. Invariants: all that was taken leaves, whole and in order, before
 * the end; what is held is bounded.
 */

import type { Writable } from 'node:stream';

/** From here on it leaves at once: it is worth a call of its own, and to hold it would only be memory. */
const heldCharsMax = 16_384;

export class ProcessInput {
  readonly #stream: Writable;
  #held = '';
  #flushing: NodeJS.Immediate | null = null;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** False: the pipe is full; the stream says when it is no more. */
  write(text: string): boolean {
    if (!this.#stream.writable) return true;
    this.#held += text;
    if (this.#held.length >= heldCharsMax) this.#flush();
    else this.#flushing ??= setImmediate(() => this.#flush());
    return !this.#stream.writableNeedDrain;
  }

  end(): void {
    this.#flush();
    this.#stream.end();
  }

  #flush(): void {
    if (this.#flushing !== null) clearImmediate(this.#flushing);
    this.#flushing = null;
    const text = this.#held;
    this.#held = '';
    if (text !== '' && this.#stream.writable) this.#stream.write(text, 'utf8');
  }
}
