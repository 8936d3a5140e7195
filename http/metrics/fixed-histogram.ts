/**
 * A histogram that others have counted, bucket by bucket: what comes by the thousand is sorted where it happens, and added here
 * once for many.
 */

import type { Kept, Sample } from './book.ts';

export class FixedHistogram implements Kept {
  readonly type = 'histogram';
  readonly lines: number;
  readonly #name: string;
  readonly #bounds: readonly number[];
  /** One for each bound, and one beyond them. */
  readonly #counts: number[];
  #sum = 0;

  constructor(name: string, bounds: readonly number[]) {
    this.#name = name;
    this.#bounds = bounds;
    this.#counts = Array.from({ length: bounds.length + 1 }, () => 0);
    this.lines = bounds.length + 3;
  }

  /** `counts` are of the buckets themselves, not of all up to them. */
  add(counts: ArrayLike<number>, sum: number): void {
    for (let index = 0; index < this.#counts.length; index += 1) this.#counts[index]! += counts[index] ?? 0;
    this.#sum += sum;
  }

  readonly samples = (): readonly Sample[] => {
    let upTo = 0;
    const buckets = this.#counts.map((count, index) => {
      upTo += count;
      return { metricName: `${this.#name}_bucket`, labels: { le: this.#bounds[index] ?? '+Inf' }, value: upTo };
    });
    return [
      ...buckets,
      { metricName: `${this.#name}_sum`, labels: {}, value: this.#sum },
      { metricName: `${this.#name}_count`, labels: {}, value: upTo },
    ];
  };
}
