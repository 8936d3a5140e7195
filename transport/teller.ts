/**
 * What a conversation tells, its deltas in runs. Invariants: nothing overtakes anything; a run grows only while the chunk lasts that it
 * stands in, and nothing else has been told, so nobody who was handed one sees it change.
 */

import type { TurnEvent } from '../actors/turn.ts';
import { ChunkRun } from './chunk-run.ts';
import type { DeltaLine } from './delta-line.ts';

export class Teller {
  readonly #owner: { emit(event: TurnEvent): void };
  /** The deltas told last. */
  #run: ChunkRun | null = null;

  constructor(owner: { emit(event: TurnEvent): void }) {
    this.#owner = owner;
  }

  tell(event: TurnEvent): void {
    this.#run = null;
    this.#owner.emit(event);
  }

  /** A delta in bytes; true: it is the first of a run, which has to be sealed when the chunk is read. */
  say(bytes: Buffer, item: string, line: DeltaLine): boolean {
    const last = this.#run;
    if (last !== null && last.bytes === bytes && last.item === item) {
      last.add(line);
      return false;
    }
    const run = new ChunkRun(bytes, item, line);
    this.tell({ type: 'text.run', item, run });
    this.#run = run;
    return true;
  }

  seal(): void {
    this.#run = null;
  }
}
