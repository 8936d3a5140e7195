/**
 * One direction of a pipe between two processes, as bytes that arrive later and in other pieces than they were written.
 * Invariant: bytes arrive in order, each once; nothing arrives from within `write`, and nothing while it is held.
 */

import type { Clock } from '../../actors/seams.ts';
import type { Random } from '../app-server/random.ts';

/** How a pipe cuts and delays; all of it is drawn from the seed. */
export interface Pace {
  /** From a write to its arrival, at most; what is written meanwhile arrives with it. */
  readonly delayMs: number;
  /** How often only a part arrives, cut at any byte. */
  readonly splitChance: number;
}

export interface PipeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly pace: Pace;
  readonly arrived: (chunk: Buffer) => void;
}

const toBuffer = (pieces: readonly (string | Uint8Array)[]): Buffer => {
  if (pieces.every((piece) => typeof piece === 'string')) return Buffer.from(pieces.join(''));
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)));
};

export class Pipe {
  readonly #options: PipeOptions;
  #pieces: (string | Uint8Array)[] = [];
  #cancel: (() => void) | null = null;
  #held = false;
  #closed: (() => void) | null = null;

  constructor(options: PipeOptions) {
    this.#options = options;
  }

  write(piece: string | Uint8Array): void {
    if (this.#closed !== null || piece.length === 0) return;
    this.#pieces.push(piece);
    this.#plan();
  }

  /** Nothing arrives until it is let go. */
  hold(): void {
    this.#held = true;
    this.#cancel?.();
    this.#cancel = null;
  }

  letGo(): void {
    this.#held = false;
    this.#plan();
  }

  /** The writer was cut off in the middle of what it wrote last: the tail of it is lost. */
  tear(): void {
    const whole = toBuffer(this.#pieces);
    this.#pieces = [whole.subarray(0, this.#options.random.below(whole.length + 1))];
  }

  /** Nothing more is written; `done` follows the last byte. */
  close(done: () => void): void {
    this.#closed = done;
    this.#plan();
  }

  #plan(): void {
    if (this.#held || this.#cancel !== null || (this.#pieces.length === 0 && this.#closed === null)) return;
    const { clock, random, pace } = this.#options;
    this.#cancel = clock.schedule(random.below(pace.delayMs + 1), () => this.#deliver());
  }

  #deliver(): void {
    this.#cancel = null;
    const { random, pace, arrived } = this.#options;
    const bytes = toBuffer(this.#pieces);
    const cut = random.chance(pace.splitChance) ? 1 + random.below(bytes.length) : bytes.length;
    this.#pieces = cut < bytes.length ? [bytes.subarray(cut)] : [];
    const done = this.#pieces.length === 0 ? this.#closed : null;
    if (done === null) this.#plan();
    if (bytes.length > 0) arrived(bytes.subarray(0, cut));
    done?.();
  }
}
