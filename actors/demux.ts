/**
 * One Observable a worker, taken apart by response. Whoever follows a response is called back: an Observable for each would say no
 * more, and weighs a kilobyte. The events of a response keep their order; each chunk of the worker's output makes at most one call for
 * each response, so that a reader is written to once a chunk.
 */

import type { Observable, Subscription } from 'rxjs';
import type { ResponseId } from '../machines/ids.ts';
import type { TurnOutput } from './seams.ts';
import { Table } from './table.ts';
import type { TurnEvent } from './turn.ts';

/** Called with what one chunk says of the response; it does not throw. */
export type Hear = (batch: readonly TurnEvent[]) => void;

export class Demux {
  readonly #lanes = new Table<ResponseId, Hear>();
  readonly #subscription: Subscription;
  /** Events of responses that nobody follows (any more). */
  strays = 0;

  constructor(output: Observable<readonly TurnOutput[]>) {
    this.#subscription = output.subscribe((chunk) => this.#take(chunk));
  }

  /** Follows one response; the returned function forgets it. */
  lane(response: ResponseId, hear: Hear): () => void {
    this.#lanes.set(response, hear);
    return () => {
      if (this.#lanes.get(response) === hear) this.#lanes.delete(response);
    };
  }

  close(): void {
    this.#subscription.unsubscribe();
    this.#lanes.clear();
  }

  #take(chunk: readonly TurnOutput[]): void {
    const response = chunk[0]?.response;
    // As a rule a chunk is about one response.
    if (response === undefined || chunk.some((output) => output.response !== response)) return this.#sort(chunk);
    this.#hand(
      response,
      chunk.map(({ event }) => event),
    );
  }

  #sort(chunk: readonly TurnOutput[]): void {
    const batches = new Map<ResponseId, TurnEvent[]>();
    for (const { response, event } of chunk) {
      const batch = batches.get(response);
      if (batch === undefined) batches.set(response, [event]);
      else batch.push(event);
    }
    for (const [response, batch] of batches) this.#hand(response, batch);
  }

  #hand(response: ResponseId, batch: readonly TurnEvent[]): void {
    const hear = this.#lanes.get(response);
    if (hear === undefined) this.strays += batch.length;
    else hear(batch);
  }
}
