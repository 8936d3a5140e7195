/**
 * Who reads streams now, and how far behind their answers they are: looked at when somebody wants to know, so that reading costs
 * nothing more.
 */

import { Table } from '../actors/table.ts';

export interface Reader {
  /** The transport has no room for more. */
  readonly blocked: boolean;
  /** Of the answer, what it has not taken. */
  readonly lagBytes: number;
}

export interface Lag {
  readonly blocked: number;
  readonly bytes: number;
  /** Of the one that is furthest behind. */
  readonly bytesMax: number;
}

export class Readers {
  readonly #open = new Table<number, Reader>();
  #lastId = 0;

  /** By what is returned it leaves. */
  enter(reader: Reader): number {
    const id = ++this.#lastId;
    this.#open.set(id, reader);
    return id;
  }

  leave(id: number): void {
    this.#open.delete(id);
  }

  lag(): Lag {
    let [blocked, bytes, bytesMax] = [0, 0, 0];
    for (const reader of this.#open.values()) {
      const { lagBytes } = reader;
      if (reader.blocked) blocked += 1;
      bytes += lagBytes;
      bytesMax = Math.max(bytesMax, lagBytes);
    }
    return { blocked, bytes, bytesMax };
  }
}
