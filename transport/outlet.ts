/**
 * Where a channel puts what it has to tell, until it is told together. Invariants: nothing overtakes anything, what is added while
 * a subscriber listens included; what is said about responses comes before what is said about their worker.
 */

import { Subject } from 'rxjs';
import type { TurnOutput, WorkerFact } from '../actors/seams.ts';

export class Outlet {
  readonly output = new Subject<readonly TurnOutput[]>();
  readonly facts = new Subject<WorkerFact>();
  #outputs: TurnOutput[] = [];
  #told: WorkerFact[] = [];
  #flushing = false;

  get empty(): boolean {
    return this.#outputs.length === 0 && this.#told.length === 0;
  }

  emit(output: TurnOutput): void {
    this.#outputs.push(output);
  }

  tell(...facts: readonly WorkerFact[]): void {
    this.#told.push(...facts);
  }

  flush(): void {
    // A subscriber's commands may add to what is being emitted; they must not overtake it.
    if (this.#flushing) return;
    this.#flushing = true;
    try {
      while (!this.empty) {
        const outputs = this.#outputs;
        this.#outputs = [];
        if (outputs.length > 0) this.output.next(outputs);
        const fact = this.#told.shift();
        if (fact !== undefined) this.facts.next(fact);
      }
    } finally {
      this.#flushing = false;
    }
  }
}
