/**
 * `/metrics` in the text format of Prometheus. What happens is counted as it is told (`happenings.ts`); what is so is looked up when
 * somebody asks. Invariant: label values are chosen by the gateway, out of lists that have an end: the page has a bound, whatever
 * clients send (`metrics/labels.ts`, `docs/metrics.md`).
 */

import type { Watch } from '../actors/diagnostics.ts';
import type { HttpHappenings } from './happenings.ts';
import { answerSeries } from './metrics/answer-series.ts';
import { Book, type Described, type SeriesNow } from './metrics/book.ts';
import { type Capacity, factSeries, type MetricFacts } from './metrics/fact-series.ts';
import { modelNames } from './metrics/labels.ts';
import { processSeries } from './metrics/process-series.ts';
import { requestSeries } from './metrics/request-series.ts';
import { runtimeSeries } from './metrics/runtime-series.ts';

export interface MetricsOptions {
  readonly watch: Watch<HttpHappenings>;
  /** What an accepted model is called; null: there is no such model. */
  readonly spelled: (id: string) => string | null;
  readonly capacity: Capacity;
  readonly now: () => number;
  /** False: nothing of the process itself. */
  readonly ofProcess: boolean;
}

export interface Metrics {
  page(facts: MetricFacts): Promise<string>;
  /** The same for the parent of several nodes, which makes one page of theirs. */
  now(facts: MetricFacts): Promise<readonly SeriesNow[]>;
  readonly described: readonly Described[];
  /** Nothing is measured any more. */
  stop(): void;
}

export function createMetrics({ watch, spelled, capacity, now, ofProcess }: MetricsOptions): Metrics {
  const book = new Book();
  let current: MetricFacts | null = null;
  const facts = (): MetricFacts => {
    if (current === null) throw new Error('metrics: no page is being written');
    return current;
  };
  const names = modelNames(spelled);
  factSeries(book, facts, capacity);
  requestSeries(book, watch, names, now);
  answerSeries(book, watch, names);
  runtimeSeries(book, watch);
  const stop = ofProcess ? processSeries(book) : () => {};
  return {
    page: (asked) => {
      // All samples are taken within the call, before anybody else can begin a page.
      current = asked;
      return book.page();
    },
    now: (asked) => {
      current = asked;
      return book.now();
    },
    described: book.described,
    stop,
  };
}
