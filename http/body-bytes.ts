/**
 * How many bytes of request bodies this process holds while they are received and decoded. Invariant: never more than
 * `limits.bodiesBytesMax`, and whoever holds some gives them all back.
 */

import type { Failure } from '../machines/outcome.ts';
import { limits } from './limits.ts';

/**
 * It is the gateway that is full, so it says `worker_busy` (429, to be repeated): `server_is_overloaded` would blame the
 * model provider.
 */
export class BodiesFull extends Error {
  readonly failure: Failure = {
    code: 'worker_busy',
    message: 'The gateway is receiving too many large requests at the same time; try again.',
  };
}

export class BodyBytes {
  readonly #max: number;
  #held = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get held(): number {
    return this.#held;
  }

  hold(): BodyHold {
    let mine = 0;
    let released = false;
    return {
      take: (bytes) => {
        // What comes too late would never be given back.
        if (released || this.#held + bytes > this.#max) throw new BodiesFull('bodiesBytesMax');
        this.#held += bytes;
        mine += bytes;
      },
      release: () => {
        this.#held -= mine;
        mine = 0;
        released = true;
      },
    };
  }
}

/** What one request holds. */
export interface BodyHold {
  /** Throws `BodiesFull`. */
  take(bytes: number): void;
  /** Everything; twice is harmless. Nothing can be taken afterwards. */
  release(): void;
}

/** Of this process, whatever servers it has. */
export const bodyBytes = new BodyBytes(limits.bodiesBytesMax);
