/**
 * A body over an HTTP response whose head was sent. Invariants: nothing is written after `end`, `abort` or the client's
 * departure (writes after those are ignored and report that there is room); the body is over only when its bytes have left
 * this process; what waits here for a slow client is at most what one `write` brought.
 *
 * uWebSockets.js tells that it can write again, not that what waited has left: only a further write tells that, and adds to
 * what waits. So as long as it has not left, `write` passes on a little and keeps the rest.
 */

import type { Sink } from '../actors/seams.ts';
import type { AnswerTap } from './exchange-facts.ts';
import { limits } from './limits.ts';
import type { HttpResponse } from './uws-types.ts';

const nothing = (): void => {};
const noBytes = new Uint8Array(0);

/** Whoever writes the body. */
export interface SinkUser {
  /** The client has read something of what waits. */
  taken(): void;
  /** There is room again after a `write` that returned false. */
  drained(): void;
}

/** Of a write that goes out whole, which is one synchronous step: all sinks share it, because each has a write for each chunk. */
const whole = { bytes: noBytes as Uint8Array, response: null as HttpResponse | null, taken: true };
const writeWhole = (): void => {
  whole.taken = whole.response?.write(whole.bytes) !== false;
};

/** No less than `data: [DONE]` with its blank line: for a reader that keeps up the last frame is one write. */
const tailBytes = 16;

export class ResponseSink implements Sink {
  readonly #response: HttpResponse;
  readonly #owner: { end(by: 'answer' | 'reset'): void };
  readonly #tap: Pick<AnswerTap, 'written'> | null;
  #open = true;
  /** The last write was refused. */
  #full = false;
  /** What was not passed on of a refused write. */
  #kept: Uint8Array | null = null;
  #last: Uint8Array | null = null;
  #written = false;
  #bytes = 0;
  /** The body has ended, and nobody was told. */
  #untold = false;
  /** Null: nobody wants to be told. */
  user: SinkUser | null = null;

  /** The owner is told once, when this side has ended or reset the body; `tap` sees whatever is to be written. */
  constructor(
    response: HttpResponse,
    owner: { end(by: 'answer' | 'reset'): void },
    tap: Pick<AnswerTap, 'written'> | null = null,
  ) {
    this.#response = response;
    this.#owner = owner;
    this.#tap = tap;
  }

  /** So little was written, and none of it waits here, that the end may leave together with it. */
  get isShort(): boolean {
    return this.#open && !this.#full && this.#bytes <= limits.shortBytes;
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#open || this.#last !== null) return true;
    this.#written = true;
    this.#bytes += bytes.length;
    this.#tap?.written(bytes);
    if (this.#kept === null && !this.#full) {
      whole.bytes = bytes;
      whole.response = this.#response;
      this.#response.cork(writeWhole);
      whole.bytes = noBytes;
      whole.response = null;
      this.#full = !whole.taken;
    } else if (this.#kept === null) this.#keep(bytes, this.#pass(bytes, bytes.length));
    else this.#kept = Buffer.concat([this.#kept, bytes]);
    return !this.#full;
  }

  /** `last` must stay as it is; it is passed on as there is room, and then the body ends. */
  end(last: Uint8Array = noBytes): void {
    this.endCorked(last);
    this.settle();
  }

  /** The same within a cork. When that is over, `settle` has to be called: nobody is told before all has left. */
  endCorked(last: Uint8Array): void {
    if (!this.#open || this.#last !== null) return;
    this.#last = last;
    this.#tap?.written(last);
    if (this.#full) return;
    // Its last bytes may wait now: the occasion in which they were written does not end the body, too.
    this.#written = true;
    this.#finish(last);
  }

  /** False: the body has not ended, or that was told before. */
  settle(): boolean {
    const untold = this.#untold;
    this.#untold = false;
    if (untold) this.#owner.end('answer');
    return untold;
  }

  abort(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#owner.end('reset');
    this.#response.close();
  }

  /** The client left: the response must not be touched any more. */
  gone(): void {
    this.#open = false;
  }

  /** uWebSockets.js can write again; it does so only when it is asked to. */
  writable(): void {
    if (!this.#open) return;
    this.user?.taken();
    if (this.#kept !== null) {
      const kept = this.#kept;
      this.#kept = null;
      this.#keep(kept, this.#pass(kept, limits.writeBytes));
      if (this.#full) return;
    }
    if (this.#last === null) {
      this.#written = false;
      this.user?.drained();
      if (this.#written || !this.#open) return;
    }
    if (this.#last !== null) {
      this.#finish(this.#last);
      this.settle();
    } else {
      this.#full = false;
      this.#response.cork(nothing);
    }
  }

  #keep(bytes: Uint8Array, passed: number): void {
    if (passed < bytes.length) this.#kept = Uint8Array.from(bytes.subarray(passed));
  }

  /** Returns how many bytes were passed on: all, unless one write was refused. */
  #pass(bytes: Uint8Array, pieceBytes: number, probeBytes: number = limits.probeBytes): number {
    let passed = 0;
    this.#response.cork(() => {
      do {
        const piece = bytes.subarray(passed, passed + (this.#full ? probeBytes : pieceBytes));
        this.#full = !this.#response.write(piece);
        passed += piece.length;
      } while (!this.#full && passed < bytes.length);
    });
    return passed;
  }

  #finish(last: Uint8Array): void {
    const bulkBytes = last.length - tailBytes;
    if (bulkBytes > 0) {
      this.#last = last.subarray(this.#pass(last.subarray(0, bulkBytes), limits.writeBytes));
      if (!this.#full) this.#finish(this.#last);
      return;
    }
    this.#response.cork(() => {
      // A write apart: when it is not refused, all bytes before it have left. There is one try for each byte of it; once the
      // last one was refused, the next occasion has to do.
      if (last.length > 0) {
        this.#last = last.subarray(this.#pass(last, last.length, 1));
        if (this.#full) return;
      }
      this.#open = false;
      this.#untold = true;
      this.#response.end();
    });
  }
}
