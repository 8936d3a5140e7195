/**
 * What became of requests, and how long those took that were accepted for an answer (P-190). The others are counted only: how fast
 * somebody is refused says nothing of the service.
 */

import type { Watch } from '../../actors/diagnostics.ts';
import type { HttpHappenings } from '../happenings.ts';
import type { Book, Kept, MeasuredWindow, Sample } from './book.ts';
import {
  type HttpLabel,
  type HttpLabels,
  families,
  labelsOfRequests,
  methodSets,
  modelLabels,
  openSets,
} from './labels.ts';
import { Sets } from './labelled.ts';
import { QuantileWindow } from './quantile-window.ts';

const labelNames = ['route', 'method', 'status_family', 'model'] as const;
const boundsMs = [50, 100, 200, 400, 800, 1200, 2000, 5000, 10_000];
const quantiles = [0.5, 0.9, 0.95, 0.99];
const windowMs = 600_000;

/** Two of them, asked with POST, tell their model. */
const sets = families.length * (methodSets + 2 * (modelLabels - 1));
const errorSets = sets / families.length;
const timedSets = 2 * families.length * modelLabels;

interface Measured {
  readonly window: QuantileWindow;
  sum: number;
  count: number;
}

class LatencySummary implements Kept {
  readonly type = 'summary';
  readonly lines = quantiles.length + 2;
  readonly #name: string;
  readonly #now: () => number;
  readonly #sets: Sets<HttpLabel, Measured>;

  constructor(name: string, now: () => number) {
    this.#name = name;
    this.#now = now;
    this.#sets = new Sets(labelNames, () => ({ window: new QuantileWindow(windowMs, now()), sum: 0, count: 0 }));
  }

  measured(labels: HttpLabels, value: number): void {
    const series = this.#sets.of(labels);
    series.window.measured(value, this.#now());
    series.sum += value;
    series.count += 1;
  }

  readonly windows = (): readonly MeasuredWindow[] =>
    this.#sets.each((labels, { window }) => [{ labels, sizes: window.sizes(this.#now()) }]);

  readonly samples = (): readonly Sample[] =>
    this.#sets.each((labels, { window, sum, count }) => {
      const found = window.quantiles(quantiles, this.#now());
      return [
        ...quantiles.map((quantile, index) => ({ labels: { quantile, ...labels }, value: found[index] ?? Number.NaN })),
        { metricName: `${this.#name}_sum`, labels, value: sum },
        { metricName: `${this.#name}_count`, labels, value: count },
      ];
    });
}

export function requestSeries(
  book: Book,
  watch: Watch<HttpHappenings>,
  names: (accepted: string | null, requested: string | null) => string,
  now: () => number,
): void {
  const requests = book.counter({
    name: 'codex_http_requests_total',
    help: 'Requests that are over; status 499, in 4xx, is a client that left before the end.',
    labelNames,
    sets,
  });
  const errors = book.counter({
    name: 'codex_http_errors_total',
    help: 'Requests that were answered with a status of 500 or more.',
    labelNames,
    sets: errorSets,
  });
  const latency = book.histogram(
    {
      name: 'codex_http_latency_ms',
      help: 'Milliseconds from the arrival of a request that was accepted to the end of its answer.',
      labelNames,
      sets: timedSets,
    },
    boundsMs,
  );
  const summary = new LatencySummary('codex_http_latency_summary_ms', now);
  const help = 'The same as quantiles over the last ten minutes, each within five percent.';
  book.keep({ name: 'codex_http_latency_summary_ms', help, labelNames, sets: timedSets }, summary);

  for (const labels of openSets) {
    requests.inc(labels, 0);
    if (labels.status_family === '5xx') errors.inc(labels, 0);
  }
  const labelsOf = labelsOfRequests();
  /** Of the request that is over next: its account is told just before. */
  let answered: { readonly id: string; readonly model: string; readonly accepted: boolean } | null = null;
  watch('answer.accounted', ({ requestId, model, requestedModel }) => {
    answered = { id: requestId, model: names(model, requestedModel), accepted: model !== null };
  });
  watch('request.over', ({ id, route, head, status, authorized, durationMs }) => {
    const { model, accepted } = answered?.id === id ? answered : { model: 'none', accepted: false };
    answered = null;
    const labels = labelsOf(route, head.method, status, authorized, model);
    requests.inc(labels);
    if (status >= 500) errors.inc(labels);
    if (!accepted) return;
    latency.observe(labels, durationMs);
    summary.measured(labels, durationMs);
  });
}
