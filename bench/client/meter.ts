/** What a load is measured by: histograms in microseconds, counts, the client's own CPU and loop delay. */

import { createHistogram, type Histogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { nowMicros } from '../play.ts';
import type { Quantiles, Report } from './messages.ts';

const nanosPerMicro = 1_000;

const quantiles = (histogram: Histogram, perUnit = 1): Quantiles => {
  if (histogram.count === 0) return { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  const at = (percent: number): number => histogram.percentile(percent) / perUnit;
  return {
    count: histogram.count,
    mean: histogram.mean / perUnit,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.max / perUnit,
  };
};

export class Meter {
  readonly #first = createHistogram();
  readonly #whole = createHistogram();
  readonly #gap = createHistogram();
  readonly #lag = createHistogram();
  readonly #flowGap = createHistogram();
  readonly #flowLag = createHistogram();
  readonly #loop = monitorEventLoopDelay({ resolution: 1 });
  readonly #startedMicros = nowMicros();
  readonly #cpu = process.cpuUsage();
  readonly #refused: Record<string, number> = {};
  finished = 0;
  deltas = 0;
  /** Deltas so far, also of streams that are not over. */
  seen = 0;
  bytes = 0;
  reads = 0;
  retryAfter = 0;
  retryAfterSecondsMax = 0;
  /** Since then every stream has begun and none is over; null: it is not so. */
  flowsSinceMicros: number | null = null;

  constructor() {
    this.#loop.enable();
  }

  /** A histogram counts from 1. */
  first(micros: number): void {
    this.#first.record(Math.max(1, micros));
  }

  whole(micros: number): void {
    this.#whole.record(Math.max(1, micros));
  }

  /** All of it counts for the flow, or nothing. */
  gap(micros: number, nowMicros: number): void {
    this.#gap.record(Math.max(1, micros));
    const since = this.flowsSinceMicros;
    if (since !== null && nowMicros - micros >= since) this.#flowGap.record(Math.max(1, micros));
  }

  /** Of each delta. */
  lag(micros: number): void {
    this.seen += 1;
    this.#lag.record(Math.max(1, micros));
    if (this.flowsSinceMicros !== null) this.#flowLag.record(Math.max(1, micros));
  }

  refused(status: number, head: string): void {
    this.#refused[status] = (this.#refused[status] ?? 0) + 1;
    const seconds = /\r\nretry-after: *(\d+)\r?$/im.exec(head)?.[1];
    if (seconds === undefined) return;
    this.retryAfter += 1;
    this.retryAfterSecondsMax = Math.max(this.retryAfterSecondsMax, Number(seconds));
  }

  report(): Report {
    this.#loop.disable();
    const { user, system } = process.cpuUsage(this.#cpu);
    return {
      finished: this.finished,
      deltas: this.deltas,
      bytes: this.bytes,
      reads: this.reads,
      refused: this.#refused,
      retryAfter: this.retryAfter,
      retryAfterSecondsMax: this.retryAfterSecondsMax,
      elapsedMicros: nowMicros() - this.#startedMicros,
      clientCpuMicros: user + system,
      loopDelay: quantiles(this.#loop, nanosPerMicro),
      first: quantiles(this.#first),
      whole: quantiles(this.#whole),
      gap: quantiles(this.#gap),
      lag: quantiles(this.#lag),
      flow: { gap: quantiles(this.#flowGap), lag: quantiles(this.#flowLag) },
    };
  }
}
