/**
 * One page of the series of several processes. Invariants: what only ever grows does so whichever nodes die and whichever answer: of a
 * node that is no more the last numbers are kept, in sums that do not become more with the number of deaths; a process by itself has
 * the page that it would have written.
 */

import { type Metric, Registry } from 'prom-client';
import type { Sample, SeriesNow } from './book.ts';
import { quantilesOf } from './quantile-window.ts';

const quantiles = [0.5, 0.9, 0.95, 0.99];

const keyOf = ({ metricName = '', labels }: Sample): string => {
  const entries = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([metricName, entries]);
};

/** Sums of what was counted, but of no quantile and of no state. */
const grows = ({ type, across }: SeriesNow, { labels }: Sample): boolean =>
  type !== 'gauge' && across === 'sum' && !Object.hasOwn(labels, 'quantile');

/** Only what must not become less. */
const grown = (all: readonly SeriesNow[]): readonly SeriesNow[] =>
  all.flatMap((one) => {
    const samples = one.samples.filter((sample) => grows(one, sample));
    return samples.length === 0 ? [] : [{ ...one, samples, windows: [] }];
  });

class MergedSeries {
  readonly #first: SeriesNow;
  readonly #samples = new Map<string, { sample: Sample; value: number }>();
  readonly #windows = new Map<string, { labels: Sample['labels']; sizes: number[] }>();

  constructor(first: SeriesNow) {
    this.#first = first;
  }

  add({ across, samples, windows }: SeriesNow, process: string): void {
    for (const sample of samples) {
      const labelled = across === 'each' ? { ...sample, labels: { ...sample.labels, node: process } } : sample;
      const key = keyOf(labelled);
      const known = this.#samples.get(key);
      if (known === undefined) this.#samples.set(key, { sample: labelled, value: sample.value });
      else known.value = across === 'max' ? Math.max(known.value, sample.value) : known.value + sample.value;
    }
    for (const { labels, sizes } of windows) {
      const key = keyOf({ labels, value: 0 });
      const known = this.#windows.get(key);
      if (known === undefined) this.#windows.set(key, { labels, sizes: [...sizes] });
      else for (const [index, count] of sizes.entries()) known.sizes[index] = (known.sizes[index] ?? 0) + count;
    }
  }

  get now(): SeriesNow {
    const { name, help, type, across } = this.#first;
    const samples = [...this.#samples.values()].map(({ sample, value }) => ({
      ...sample,
      value: this.#of(sample, value),
    }));
    return { name, help, type, across, samples, windows: [...this.#windows.values()] };
  }

  /** A quantile is found anew; where its window is unknown, as after a restart, nothing was measured. */
  #of({ labels: { quantile, ...labels } }: Sample, value: number): number {
    if (this.#first.type !== 'summary' || quantile === undefined || !quantiles.includes(Number(quantile))) return value;
    const window = this.#windows.get(keyOf({ labels, value: 0 }));
    return window === undefined ? value : (quantilesOf(window.sizes, [Number(quantile)])[0] ?? value);
  }
}

const merge = (all: Iterable<readonly [process: string, series: readonly SeriesNow[]]>): readonly SeriesNow[] => {
  const merged = new Map<string, MergedSeries>();
  for (const [process, series] of all) {
    for (const one of series) {
      const known = merged.get(one.name) ?? new MergedSeries(one);
      merged.set(one.name, known);
      known.add(one, process);
    }
  }
  return [...merged.values()].map((one) => one.now);
};

/** What is written when there is nobody to merge: the library's own format. */
async function written(all: readonly SeriesNow[]): Promise<string> {
  const registry = new Registry();
  for (const { name, help, type, samples } of all) {
    const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: samples });
    registry.registerMetric({ name, get } as unknown as Metric<string>);
  }
  return (await registry.metrics()).replaceAll(/ Nan$/gm, ' NaN');
}

export class HostPage {
  /** Of nodes that are up, what they said last. */
  readonly #last = new Map<number, readonly SeriesNow[]>();
  /** Of those that are no more. */
  #retired: readonly SeriesNow[] = [];

  told(node: number, series: readonly SeriesNow[]): void {
    this.#last.set(node, series);
  }

  fell(node: number): void {
    this.#retired = merge([
      ['', this.#retired],
      ['', grown(this.#last.get(node) ?? [])],
    ]);
    this.#last.delete(node);
  }

  /** `answered`: the others are asked again for the next page; of them only what grows is told. */
  page(answered: ReadonlySet<number>, parent: readonly SeriesNow[]): Promise<string> {
    const nodes = [...this.#last]
      .toSorted(([a], [b]) => a - b)
      .map(([node, series]) => [String(node), answered.has(node) ? series : grown(series)] as const);
    return written(merge([...nodes, ['parent', parent], ['', this.#retired]]));
  }
}
