/**
 * One HTTP answer after another on one connection, in bytes: status, deltas with their stamps, the end. Invariant: where the
 * bytes were cut makes no difference to what is counted; nothing is made into a string but heads.
 */

import { stampDigits } from '../play.ts';

export interface Hear {
  /** The head is complete. */
  head(status: number, head: string): void;
  /** The stamp of one delta, in microseconds. */
  delta(stampMicros: number): void;
  /** The answer is over; `done`: it had the terminal event. */
  end(done: boolean): void;
}

const headEnd = Buffer.from('\r\n\r\n');
const chunkedEnd = Buffer.from('\r\n0\r\n\r\n');
/** A delta of Responses, of a chat chunk; final texts are members of other names. */
const marks = [Buffer.from('"delta":"t='), Buffer.from('"delta":{"content":"t=')];
const done = Buffer.from('data: [DONE]');
/** Longer than any mark with its stamp, and than any end. */
const tailBytes = 64;
const zero = 48;

export class AnswerReader {
  readonly #hear: Hear;
  /** What the last read left to be looked at again. */
  #tail: Buffer = Buffer.alloc(0);
  #inBody = false;
  /** Bytes of the body that are still to come; null: chunked. */
  #left: number | null = null;
  #mark: Buffer | null = null;
  #done = false;

  constructor(hear: Hear) {
    this.#hear = hear;
  }

  take(chunk: Buffer): void {
    let bytes = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    /** Up to here the body was counted, or scanned for its end, before. */
    let fresh = this.#tail.length;
    this.#tail = Buffer.alloc(0);
    for (;;) {
      if (!this.#inBody) {
        const end = bytes.indexOf(headEnd);
        if (end < 0) return void (this.#tail = bytes);
        const head = bytes.toString('latin1', 0, end);
        // A chunked body may end right behind its head: the line end of the head is part of that mark.
        bytes = bytes.subarray(end + 2);
        fresh = 0;
        this.#begin(head);
      }
      const rest = this.#body(bytes, fresh);
      if (rest === null) return;
      bytes = rest;
      fresh = 0;
      if (bytes.length === 0) return;
    }
  }

  #begin(head: string): void {
    this.#inBody = true;
    this.#done = false;
    this.#mark = null;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    // With the line end that is left of the head.
    this.#left = length === undefined ? null : Number(length) + 2;
    this.#hear.head(Number(head.slice(9, 12)), head);
  }

  /** What comes behind the body; null: there is more of it to come. */
  #body(bytes: Buffer, fresh: number): Buffer | null {
    let end: number;
    let over: boolean;
    if (this.#left === null) {
      const at = bytes.indexOf(chunkedEnd);
      over = at >= 0;
      end = over ? at + chunkedEnd.length : bytes.length;
    } else {
      const news = bytes.length - fresh;
      over = news >= this.#left;
      end = over ? fresh + this.#left : bytes.length;
      this.#left = over ? 0 : this.#left - news;
    }
    const body = over ? bytes.subarray(0, end) : bytes;
    const scanned = this.#scan(body);
    this.#done ||= body.includes(done);
    if (!over) {
      this.#tail = body.subarray(Math.max(scanned, body.length - tailBytes));
      return null;
    }
    this.#inBody = false;
    this.#hear.end(this.#done);
    return bytes.subarray(end);
  }

  /** Tells of each delta; returns where the last one ended. */
  #scan(body: Buffer): number {
    let from = 0;
    this.#mark ??= marks.find((mark) => body.includes(mark)) ?? null;
    const mark = this.#mark;
    if (mark === null) return 0;
    for (;;) {
      const at = body.indexOf(mark, from);
      if (at < 0) return from;
      const digits = at + mark.length;
      if (digits + stampDigits > body.length) return from;
      let micros = 0;
      for (let index = digits; index < digits + stampDigits; index += 1)
        micros = micros * 10 + (body[index] ?? 0) - zero;
      from = digits + stampDigits;
      this.#hear.delta(micros);
    }
  }
}
