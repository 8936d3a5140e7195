/**
 * One Observable a worker, taken apart into one a response. The events of a response keep their order; each chunk of the
 * worker's output makes at most one emission for each response, so that a reader is written to once a chunk.
 */

import { Observable, Subject, type Subscription } from 'rxjs';
import type { ResponseId } from '../machines/ids.ts';
import type { TurnOutput } from './seams.ts';
import type { TurnEvent } from './turn.ts';

export class Demux {
  readonly #lanes = new Map<ResponseId, Subject<readonly TurnEvent[]>>();
  readonly #subscription: Subscription;
  /** Events of responses that nobody follows (any more). */
  strays = 0;

  constructor(output: Observable<readonly TurnOutput[]>) {
    this.#subscription = output.subscribe((chunk) => this.#take(chunk));
  }

  /** The output of one response; unsubscribing forgets it. */
  lane(response: ResponseId): Observable<readonly TurnEvent[]> {
    return new Observable((subscriber) => {
      const lane = new Subject<readonly TurnEvent[]>();
      this.#lanes.set(response, lane);
      const subscription = lane.subscribe(subscriber);
      return () => {
        subscription.unsubscribe();
        if (this.#lanes.get(response) === lane) this.#lanes.delete(response);
      };
    });
  }

  close(): void {
    this.#subscription.unsubscribe();
    for (const lane of [...this.#lanes.values()]) lane.complete();
    this.#lanes.clear();
  }

  #take(chunk: readonly TurnOutput[]): void {
    // As a rule a chunk is about one response.
    const [first] = chunk;
    if (chunk.length === 1 && first !== undefined) this.#hand(first.response, [first.event]);
    else this.#sort(chunk);
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
    const lane = this.#lanes.get(response);
    if (lane === undefined) this.strays += batch.length;
    else lane.next(batch);
  }
}
