/** The deltas of one chunk as the runtime sees them, see `actors/text-run.ts`: numbers in a row, no object for each delta. */

import type { TextRun } from '../actors/text-run.ts';
import type { DeltaLine } from './delta-line.ts';

const cellsEach = 5;

export class ChunkRun implements TextRun {
  readonly bytes: Buffer;
  readonly item: string;
  readonly #cells: number[];

  constructor(bytes: Buffer, item: string, first: DeltaLine) {
    this.bytes = bytes;
    this.item = item;
    // A list that begins full takes no more room than it needs, and most runs are of one delta.
    this.#cells = [first.deltaStart, first.deltaEnd, first.units, first.utf8Bytes, first.escapes];
  }

  get length(): number {
    return this.#cells.length / cellsEach;
  }

  add({ deltaStart, deltaEnd, units, utf8Bytes, escapes }: DeltaLine): void {
    this.#cells.push(deltaStart, deltaEnd, units, utf8Bytes, escapes);
  }

  startOf(at: number): number {
    return this.#cells[at * cellsEach] ?? 0;
  }

  endOf(at: number): number {
    return this.#cells[at * cellsEach + 1] ?? 0;
  }

  unitsOf(at: number): number {
    return this.#cells[at * cellsEach + 2] ?? 0;
  }

  utf8BytesOf(at: number): number {
    return this.#cells[at * cellsEach + 3] ?? 0;
  }

  escapesOf(at: number): number {
    return this.#cells[at * cellsEach + 4] ?? 0;
  }

  text(at: number): string {
    const escaped = this.bytes.toString('utf8', this.startOf(at), this.endOf(at));
    return this.escapesOf(at) === 0 ? escaped : (JSON.parse(`"${escaped}"`) as string);
  }
}
