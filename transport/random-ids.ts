/**
 * The ids of production: 128 random bits, so that they are unique over all nodes and cannot be guessed; 120 where there are several
 * nodes and the id of a response tells its own.
 */

import { randomBytes } from 'node:crypto';
import type { Ids } from '../actors/seams.ts';
import type { ResponseId } from '../machines/ids.ts';
import { idOfNode } from './node-ids.ts';

/** Random bytes are drawn for many ids at a time: the call costs more than the bytes. */
const poolBytes = 4_096;
const idBytes = 16;

export class RandomIds implements Ids {
  readonly #node: number | null;
  #pool = Buffer.alloc(0);
  #used = 0;

  /** Null: there is one node only. */
  constructor(node: number | null = null) {
    this.#node = node;
  }

  response(): ResponseId {
    const random = this.#draw();
    return this.#node === null ? (`resp_${random}` as ResponseId) : idOfNode(this.#node, random);
  }

  request(): string {
    return `req_${this.#draw()}`;
  }

  jitter(): number {
    return Math.random();
  }

  #draw(): string {
    if (this.#used + idBytes > this.#pool.length) {
      this.#pool = randomBytes(poolBytes);
      this.#used = 0;
    }
    this.#used += idBytes;
    return this.#pool.toString('hex', this.#used - idBytes, this.#used);
  }
}
