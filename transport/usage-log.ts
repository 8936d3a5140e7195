/**
 * A file of lines that grows at its end and is begun anew when it is large; earlier files keep their name with a number, the larger
 * the older. Invariant: nobody waits for it, and nothing that happens to it reaches an answer: what cannot be written is dropped and
 * counted, with one warning until it can be again, and one word then.
 */

import { appendFileSync, promises as files } from 'node:fs';
import { dirname } from 'node:path';
import type { Journal } from '../actors/seams.ts';
import { readLines } from './line-file.ts';
import { Outage, type WrittenName } from './outage.ts';

export interface UsageLogOptions {
  readonly path: string;
  /** Of one file; a line may go beyond it. */
  readonly bytesMax: number;
  /** Earlier files that are kept. */
  readonly keep: number;
  readonly journal: Journal;
  /** What it is in the operator's log. */
  readonly name?: WrittenName;
  /** Lines that wait for the disk. */
  readonly waitingBytesMax?: number;
}

/** Waits for the end of as many lines. */
interface Settling {
  readonly upTo: number;
  readonly done: () => void;
}

const waitingBytesMax = 4_194_304;

/** From one write to the next, unless much waits: each opens the file anew, which costs more than the lines of that time. */
const pauseMs = 250;
const muchBytes = 262_144;

/** Whoever was killed, or found the disk full, has left half a line: the next one must not become its other half. */
async function endsWithinLine(file: files.FileHandle): Promise<boolean> {
  const found = await file.stat();
  if (!found.isFile() || found.size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, found.size - 1);
  return buffer[0] !== 10;
}

const code = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';

export class UsageLog {
  readonly #options: UsageLogOptions;
  #waiting: string[] = [];
  /** Those that are being written, until the file is given them. */
  #taken: readonly string[] = [];
  #waitingBytes = 0;
  #writing = false;
  readonly #outage: Outage;
  #reading: Promise<void> = Promise.resolve();
  /** Lines, ever: that were to be written, and that were, or were given up. */
  #appended = 0;
  #ended = 0;
  #settling: Settling[] = [];
  #hurry: () => void = () => {};

  constructor(options: UsageLogOptions) {
    this.#options = options;
    this.#outage = new Outage(options.journal, options.name ?? 'usage_log');
  }

  /** Without the end of line. */
  append(line: string): void {
    const bytes = Buffer.byteLength(line) + 1;
    if (this.#waitingBytes + bytes > (this.#options.waitingBytesMax ?? waitingBytesMax)) {
      this.#outage.failed('full', 1);
      return;
    }
    this.#appended += 1;
    this.#waiting.push(`${line}\n`);
    this.#waitingBytes += bytes;
    if (!this.#writing) void this.#write();
    if (this.#waitingBytes >= muchBytes) this.#hurry();
  }

  /** Why nothing could be written when that was tried last. */
  get unwritable(): string | null {
    return this.#outage.reason;
  }

  /** Everything that was appended before is written, or given up. */
  settled(): Promise<void> {
    if (this.#ended === this.#appended) return Promise.resolve();
    this.#hurry();
    return new Promise((done) => this.#settling.push({ upTo: this.#appended, done }));
  }

  /** The process ends now: what waits is written before that, or lost. */
  flush(): void {
    const lines = [...this.#taken, ...this.#waiting];
    this.#ended += this.#waiting.length;
    [this.#taken, this.#waiting] = [[], []];
    try {
      if (lines.length > 0) appendFileSync(this.#options.path, lines.join(''), { mode: 0o600 });
    } catch {
      // There is nobody any more to tell.
    }
  }

  /** All lines, oldest first, as many as the files may hold: of a file that is larger, its end. Never rejects. */
  read(take: (line: string) => void): Promise<void> {
    // What is appended meanwhile is written afterwards: it is no history.
    const reading = this.#read(take);
    this.#reading = reading;
    return reading;
  }

  async #read(take: (line: string) => void): Promise<void> {
    const { path, bytesMax, keep, journal } = this.#options;
    for (let number = keep; number >= 0; number -= 1) {
      try {
        await readLines(number === 0 ? path : `${path}.${number}`, (keep + 1) * bytesMax, take);
      } catch (error) {
        if (code(error) !== 'ENOENT') journal.warn('usage_log_unreadable', { reason: code(error) });
      }
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    // What else comes meanwhile is written along.
    await this.#reading;
    while (this.#waiting.length > 0) {
      const lines = this.#waiting;
      const bytes = this.#waitingBytes;
      this.#waiting = [];
      this.#taken = lines;
      try {
        await this.#rotate(bytes);
        await this.#append();
        this.#outage.worked();
      } catch (error) {
        this.#outage.failed(code(error), lines.length);
      }
      this.#waitingBytes -= bytes;
      this.#ended += lines.length;
      while ((this.#settling[0]?.upTo ?? Infinity) <= this.#ended) this.#settling.shift()?.done();
      if (this.#settling.length === 0) await this.#pause();
    }
    this.#writing = false;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pauseMs).unref();
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #append(): Promise<void> {
    const { path } = this.#options;
    // Opened for each batch: whoever moves or removes the file meanwhile finds a new one begun.
    const file = await files.open(path, 'a+', 0o600).catch(async (error: unknown) => {
      if (code(error) !== 'ENOENT') throw error;
      await files.mkdir(dirname(path), { recursive: true });
      return files.open(path, 'a+', 0o600);
    });
    try {
      const before = (await endsWithinLine(file)) ? '\n' : '';
      const text = this.#taken.join('');
      this.#taken = [];
      if (text !== '') await file.writeFile(before + text);
    } finally {
      await file.close();
    }
  }

  async #rotate(bytes: number): Promise<void> {
    const { path, bytesMax, keep } = this.#options;
    const size = await files.stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size === 0 || size + bytes <= bytesMax) return;
    await files.rm(`${path}.${keep}`, { force: true });
    for (let number = keep; number > 1; number -= 1) {
      await files.rename(`${path}.${number - 1}`, `${path}.${number}`).catch((error: unknown) => {
        if (code(error) !== 'ENOENT') throw error;
      });
    }
    if (keep === 0) await files.rm(path, { force: true });
    else await files.rename(path, `${path}.1`);
  }
}
