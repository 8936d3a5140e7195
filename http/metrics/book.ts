/**
 * All series of `/metrics` in one registry, each with what is said of it in `docs/metrics.md` and how many lines of the page it can
 * become. Invariant: whoever adds a series says how many sets of label values there are, so the whole page has a bound.
 */

import { type Metric, Registry } from 'prom-client';
import { LabelledCounter, LabelledHistogram } from './labelled.ts';

export interface Spec<Label extends string = never> {
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly Label[];
  /** Sets of label values that can occur; 1 without labels. */
  readonly sets?: number;
  readonly across?: Across;
}

/** How the numbers of several nodes become one: `each` keeps them apart by a label `node`. Absent: they are added. */
export const acrossNodes = ['sum', 'max', 'each'] as const;
export type Across = (typeof acrossNodes)[number];

export interface Described {
  readonly name: string;
  readonly type: SeriesType;
  readonly labelNames: readonly string[];
  readonly help: string;
  /** Lines of the page that it can become. */
  readonly most: number;
}

export type SeriesType = 'counter' | 'gauge' | 'histogram' | 'summary';

export interface Sample {
  /** As its series if absent. */
  readonly metricName?: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A series that keeps its numbers itself, or finds them when it is asked. */
export interface Kept {
  readonly type: SeriesType;
  /** Lines of the page for each set of label values. */
  readonly lines: number;
  samples(): readonly Sample[];
  /** What its quantiles are made of; they cannot be added themselves. */
  windows?(): readonly MeasuredWindow[];
}

export interface MeasuredWindow {
  readonly labels: Sample['labels'];
  readonly sizes: readonly number[];
}

/** One series as it is at a moment, for another process to add it to its own. */
export interface SeriesNow {
  readonly name: string;
  readonly help: string;
  readonly type: SeriesType;
  readonly across: Across;
  readonly samples: readonly Sample[];
  readonly windows: readonly MeasuredWindow[];
}

export class Book {
  readonly #registry = new Registry();
  readonly #described: Described[] = [];
  readonly #across = new Map<string, Across>();
  readonly #windows = new Map<string, () => readonly MeasuredWindow[]>();

  counter<Label extends string = never>(spec: Spec<Label>): LabelledCounter<Label> {
    const counter = new LabelledCounter(spec.labelNames ?? []);
    this.keep(spec, counter);
    return counter;
  }

  histogram<Label extends string = never>(spec: Spec<Label>, bounds: readonly number[]): LabelledHistogram<Label> {
    const histogram = new LabelledHistogram(spec.name, spec.labelNames ?? [], bounds);
    this.keep(spec, histogram);
    return histogram;
  }

  keep(spec: Spec<string>, { type, lines, samples, windows }: Kept): void {
    this.#describe(spec, type, lines);
    const { name, help } = spec;
    if (windows !== undefined) this.#windows.set(name, windows);
    const get = () => Promise.resolve({ name, help, type, aggregator: 'sum', values: samples() });
    // All that the registry wants of a metric.
    this.#registry.registerMetric({ name, get } as unknown as Metric<string>);
  }

  get described(): readonly Described[] {
    return this.#described;
  }

  /** For what the library itself brings. */
  get registry(): Registry {
    return this.#registry;
  }

  async page(): Promise<string> {
    // The library writes it in a way of its own.
    return (await this.#registry.metrics()).replaceAll(/ Nan$/gm, ' NaN');
  }

  /** All series, in the order of the page. */
  async now(): Promise<readonly SeriesNow[]> {
    const all = (await this.#registry.getMetricsAsJSON()) as unknown as readonly {
      name: string;
      help: string;
      type: string;
      values: readonly Sample[];
    }[];
    return all.map(({ name, help, type, values }) => ({
      name,
      help,
      type: type as SeriesType,
      // What the library brings is of the process.
      across: this.#across.get(name) ?? 'each',
      samples: values.map(({ metricName = name, labels, value }) => ({ metricName, labels, value })),
      windows: this.#windows.get(name)?.() ?? [],
    }));
  }

  #describe({ name, help, labelNames = [], sets = 1, across }: Spec<string>, type: SeriesType, lines: number): void {
    this.#across.set(name, across ?? 'sum');
    this.#described.push({ name, type, labelNames, help, most: sets * lines });
  }
}
