/**
 * Where the lines of the log go. Invariants: whoever writes a line never waits for the one who reads it, and what waits has a bound;
 * beyond it lines are dropped, counted, and told of by a line of its own when there is room again. Lines of one turn of the loop leave
 * in one write, under load those of a few milliseconds, because each is a call of the system; what is urgent leaves at once.
 */

import { fstatSync, writeSync } from 'node:fs';
import type { Writable } from 'node:stream';

/** Lines that wait for a slow pipe. */
export const waitingBytesMax = 1_048_576;

/** Lines that wait for each other. */
const bundleCharsMax = 32_768;
const bundleMs = 5;
/** So many bundles without a rest of the loop in between are a load, and no coincidence. */
const busyBundles = 8;

export interface LogLoop {
  /** Calls `run` when all that has already arrived has been heard. */
  afterTurn(run: () => void): void;
  later(delayMs: number, run: () => void): void;
  /** Milliseconds for which the loop has waited for something to happen, since the start. */
  restedMs(): number;
}

/** At the end of the turn, as long as the loop comes to rest now and then; otherwise a few milliseconds later. */
export function inBundles(loop: LogLoop): (flush: () => void) => void {
  let before = Number.NaN;
  let inARow = 0;
  return (flush) =>
    loop.afterTurn(() => {
      const now = loop.restedMs();
      inARow = now === before ? inARow + 1 : 0;
      before = now;
      if (inARow >= busyBundles) loop.later(bundleMs, flush);
      else flush();
    });
}

interface Outlet {
  /** Whole lines. Returns how many of them were taken. */
  put(text: string, lines: number): number;
  /** Resolves when what waits has left, or never will. */
  settled(): Promise<void>;
}

/** Once it is full, half of it has to be free again before more is taken, so that gaps are few. */
export const streamOutlet = (stream: Writable, bytesMax = waitingBytesMax): Outlet => {
  let full = false;
  return {
    put: (text, lines) => {
      full = stream.writableLength > (full ? bytesMax / 2 : bytesMax);
      if (full || stream.destroyed) return 0;
      stream.write(text);
      return lines;
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

const linesIn = (bytes: Uint8Array): number => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);

/** A file takes what it is given at once, or cannot; a full disk may have room again later. */
const filePut = (fd: number): Outlet['put'] => {
  let torn = false;
  return (text, lines) => {
    const bytes = Buffer.from(torn ? `\n${text}` : text);
    try {
      const written = writeSync(fd, bytes);
      const repaired = torn && written > 0 ? 1 : 0;
      const isTorn = written < bytes.length;
      if (!isTorn) torn = false;
      else if (written > 0) torn = bytes[written - 1] !== 10;
      return isTorn ? linesIn(bytes.subarray(repaired, written)) : lines;
    } catch {
      return 0;
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
  readonly #soon: ((flush: () => void) => void) | null;
  #bundle = '';
  #lines = 0;
  #due = false;
  #missing = 0;

  /** `soon` is asked to call back when lines may leave together; null: each leaves at once. */
  constructor(outlet: Outlet, gap: Gap, soon: ((flush: () => void) => void) | null = null) {
    this.#outlet = outlet;
    this.#gap = gap;
    this.#soon = soon;
  }

  /** Without the end of line; `count`: lines that it is; `urgent`: it leaves at once, and what came before it. */
  write(line: string, count = 1, urgent = false): void {
    this.#bundle += `${line}\n`;
    this.#lines += count;
    if (urgent || this.#soon === null || this.#bundle.length >= bundleCharsMax) this.flush();
    else if (!this.#due) {
      this.#due = true;
      this.#soon(() => {
        this.#due = false;
        this.flush();
      });
    }
  }

  /** What was written before leaves now: the end of the process is near. */
  flush(): void {
    const [text, lines] = [this.#bundle, this.#lines];
    if (lines === 0) return;
    this.#bundle = '';
    this.#lines = 0;
    if (this.#missing > 0 && this.#outlet.put(`${this.#gap.lost(this.#missing)}\n`, 1) === 1) this.#missing = 0;
    const taken = this.#missing === 0 ? this.#outlet.put(text, lines) : 0;
    this.#missing += lines - taken;
    for (let dropped = taken; dropped < lines; dropped += 1) this.#gap.dropped();
  }

  /** What was written before has left; else the end of the process would take it along. */
  settled(): Promise<void> {
    this.flush();
    return this.#outlet.settled();
  }
}
