/**
 * Where the lines of the log go. Invariants: whoever writes a line never waits for the one who reads it, and what waits has a bound;
 * beyond it lines are dropped, counted, and told of by a line of its own when there is room again.
 */

import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Lines that wait for a slow pipe. */
export const waitingBytesMax = 1_048_576;

interface Outlet {
  /** True: it was taken. */
  put(text: string): boolean;
  /** Resolves when what waits has left, or never will. */
  settled(): Promise<void>;
}

/** Once it is full, half of it has to be free again before more is taken, so that gaps are few. */
export const streamOutlet = (stream: Writable, bytesMax = waitingBytesMax): Outlet => {
  let full = false;
  return {
    put: (text) => {
      full = stream.writableLength > (full ? bytesMax / 2 : bytesMax);
      if (full || stream.destroyed) return false;
      stream.write(text);
      return true;
    },
    settled: () =>
      new Promise((resolve) => {
        if (stream.destroyed || stream.writableLength === 0) return resolve();
        stream.once('close', resolve);
        // Nothing, behind all the rest.
        stream.write('', () => resolve());
      }),
  };
};

/** A file takes what it is given at once, or cannot; a full disk may have room again later. */
const filePut = (fd: number): Outlet['put'] => {
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
export const outletOf = (stream: Writable & { readonly fd: number }): Outlet =>
  isFile(stream.fd) ? { put: filePut(stream.fd), settled: () => Promise.resolve() } : streamOutlet(stream);

export interface Gap {
  /** The line that says how many are missing before it. */
  readonly lost: (count: number) => string;
  /** Called for each. */
  readonly dropped: () => void;
}

export class LogOutput {
  readonly #outlet: Outlet;
  readonly #gap: Gap;
  #missing = 0;

  constructor(outlet: Outlet, gap: Gap) {
    this.#outlet = outlet;
    this.#gap = gap;
  }

  /** Without the end of line. */
  write(line: string): void {
    if (this.#missing > 0 && this.#outlet.put(`${this.#gap.lost(this.#missing)}\n`)) this.#missing = 0;
    if (this.#missing === 0 && this.#outlet.put(`${line}\n`)) return;
    this.#missing += 1;
    this.#gap.dropped();
  }

  /** What was written before has left; else the end of the process would take it along. */
  settled(): Promise<void> {
    return this.#outlet.settled();
  }
}
