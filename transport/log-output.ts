/**
 * Where the lines of the log go. Invariants: whoever writes a line never waits for the one who reads it, and what waits has a bound;
 * beyond it lines are dropped, counted, and told of by a line of its own when there is room again.
 */

import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Lines that wait for a slow pipe. */
export const waitingBytesMax = 1_048_576;

/** True: it was taken. */
type Put = (text: string) => boolean;

/** Once it is full, half of it has to be free again before more is taken, so that gaps are few. */
export const streamPut = (stream: Writable, bytesMax = waitingBytesMax): Put => {
  let full = false;
  return (text) => {
    full = stream.writableLength > (full ? bytesMax / 2 : bytesMax);
    if (full || stream.destroyed) return false;
    stream.write(text);
    return true;
  };
};

/** A file takes what it is given at once, or cannot; a full disk may have room again later. */
const filePut = (fd: number): Put => {
  let torn = false;
  return (text) => {
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    try {
      torn = writeSync(fd, bytes) < bytes.length;
      return !torn;
    } catch {
      return false;
    }
  };
};

const isFile = (fd: number): boolean => {
  try {
    return fstatSync(fd).isFile();
  } catch {
    return false;
  }
};

/** For `process.stdout` and the like, which in Node would end at the first error of a file. */
export const outputPut = (stream: Writable & { readonly fd: number }): Put =>
  isFile(stream.fd) ? filePut(stream.fd) : streamPut(stream);

export interface Gap {
  /** The line that says how many are missing before it. */
  readonly lost: (count: number) => string;
  /** Called for each. */
  readonly dropped: () => void;
}

export class LogOutput {
  readonly #put: Put;
  readonly #gap: Gap;
  #missing = 0;

  constructor(put: Put, gap: Gap) {
    this.#put = put;
    this.#gap = gap;
  }

  /** Without the end of line. */
  write(line: string): void {
    if (this.#missing > 0 && this.#put(`${this.#gap.lost(this.#missing)}\n`)) this.#missing = 0;
    if (this.#missing === 0 && this.#put(`${line}\n`)) return;
    this.#missing += 1;
    this.#gap.dropped();
  }
}
