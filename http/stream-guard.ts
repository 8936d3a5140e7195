/**
 * How many answers are streamed at a time, over all endpoints of the process. Invariant: who is let in has a unit, which comes
 * back once, however often it is given back.
 */

import type { Header } from './headers.ts';

export interface Entry {
  /** Streams that were open before, and those that are with this one; the same number: it was not let in. */
  readonly before: number;
  readonly after: number;
  leave(): void;
}

export class StreamGuard {
  readonly #max: number;
  #open = 0;

  /** 0: no limit. */
  constructor(max: number) {
    this.#max = max;
  }

  get open(): number {
    return this.#open;
  }

  get full(): boolean {
    return this.#max > 0 && this.#open >= this.#max;
  }

  enter(): Entry {
    const before = this.#open;
    let inside = !this.full;
    if (inside) this.#open += 1;
    return {
      before,
      after: this.#open,
      leave: () => {
        if (inside) this.#open -= 1;
        inside = false;
      },
    };
  }
}

/** For tests of clients. */
export const entryHeaders = ({ before, after }: Entry, max: number): readonly Header[] => [
  ['x-conc-before', String(before)],
  ['x-conc-after', String(after)],
  ['x-conc-limit', String(max)],
];
