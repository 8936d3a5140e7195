/**
 * Counters and histograms by sets of label values, as the page tells them: each set is found by its values one after the other, without
 * a key that is made for it, and is a few numbers, because every answer adds to a dozen of them. Invariant: their lines are those that prom-client makes of the same calls.
 */

import type { Kept, Sample } from './book.ts';

/** By the name of each label; a series without labels has one set. */
export type Labels<Label extends string> = Readonly<Record<Label, string>>;

const noLabels: Labels<never> = {};
/** Each value of a label, and below it those of the next label. */
interface Branch<Numbers> {
  readonly below: Map<string, Branch<Numbers>>;
  /** Null: not yet, or there are more labels. */
  numbers: Numbers | null;
}

const branch = <Numbers>(): Branch<Numbers> => ({ below: new Map(), numbers: null });

export class Sets<Label extends string, Numbers> {
  readonly #names: readonly Label[];
  readonly #make: () => Numbers;
  readonly #root = branch<Numbers>();
  /** In the order in which they were first used. */
  readonly #all: { readonly labels: Labels<Label>; readonly numbers: Numbers }[] = [];
  /** Who adds to a set again and again may name it by the same object. */
  #latest: Labels<Label> | null = null;
  #latestNumbers: Numbers | null = null;

  constructor(names: readonly Label[], make: () => Numbers) {
    this.#names = names;
    this.#make = make;
    // So that the first occurrence is an increase.
    if (names.length === 0) this.of(noLabels as Labels<Label>);
  }

  of(labels: Labels<Label>): Numbers {
    if (this.#latest === labels && this.#latestNumbers !== null) return this.#latestNumbers;
    const numbers = this.#find(labels);
    this.#latest = labels;
    this.#latestNumbers = numbers;
    return numbers;
  }

  #find(labels: Labels<Label>): Numbers {
    let at = this.#root;
    for (const name of this.#names) {
      const value = labels[name];
      let next = at.below.get(value);
      if (next === undefined) at.below.set(value, (next = branch()));
      at = next;
    }
    return (at.numbers ??= this.#begun(labels));
  }

  #begun(labels: Labels<Label>): Numbers {
    // What else the caller has in there is no label of this series.
    const own = Object.fromEntries(this.#names.map((name) => [name, labels[name]])) as Labels<Label>;
    const numbers = this.#make();
    this.#all.push({ labels: own, numbers });
    return numbers;
  }

  each<Told>(of: (labels: Labels<Label>, numbers: Numbers) => readonly Told[]): readonly Told[] {
    return this.#all.flatMap(({ labels, numbers }) => of(labels, numbers));
  }
}

const finite = (value: number): number => {
  if (Number.isFinite(value)) return value;
  throw new TypeError(`metrics: ${value} is no number to add`);
};

export class LabelledCounter<Label extends string> implements Kept {
  readonly type = 'counter';
  readonly lines = 1;
  readonly #sets: Sets<Label, { value: number }>;

  constructor(names: readonly Label[]) {
    this.#sets = new Sets(names, () => ({ value: 0 }));
  }

  inc(labels: Labels<Label>, count = 1): void {
    if (finite(count) < 0) throw new RangeError('metrics: a counter never falls');
    this.#sets.of(labels).value += count;
  }

  readonly samples = (): readonly Sample[] => this.#sets.each((labels, { value }) => [{ labels, value }]);
}

interface Buckets {
  /** One for each bound, and one beyond them; not added up. */
  readonly counts: number[];
  sum: number;
}

export class LabelledHistogram<Label extends string> implements Kept {
  readonly type = 'histogram';
  readonly lines: number;
  readonly #name: string;
  readonly #bounds: readonly number[];
  readonly #sets: Sets<Label, Buckets>;

  constructor(name: string, names: readonly Label[], bounds: readonly number[]) {
    this.#name = name;
    this.#bounds = bounds;
    // For each bound a line, and for what is beyond them, the sum and the count.
    this.lines = bounds.length + 3;
    this.#sets = new Sets(names, () => ({ counts: Array.from({ length: bounds.length + 1 }, () => 0), sum: 0 }));
  }

  observe(labels: Labels<Label>, value: number): void {
    finite(value);
    const { length } = this.#bounds;
    let at = 0;
    while (at < length && value > (this.#bounds[at] ?? 0)) at += 1;
    const buckets = this.#sets.of(labels);
    buckets.counts[at]! += 1;
    buckets.sum += value;
  }

  readonly samples = (): readonly Sample[] =>
    this.#sets.each((labels, { counts, sum }) => {
      let upTo = 0;
      const buckets = counts.map((count, at) => {
        upTo += count;
        return {
          metricName: `${this.#name}_bucket`,
          labels: { le: this.#bounds[at] ?? '+Inf', ...labels },
          value: upTo,
        };
      });
      return [
        ...buckets,
        { metricName: `${this.#name}_sum`, labels, value: sum },
        { metricName: `${this.#name}_count`, labels, value: upTo },
      ];
    });
}
