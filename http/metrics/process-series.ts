/**
 * The process itself: what `prom-client` knows of every Node, and the delay of the event loop. Invariant: who reads the page, and how
 * often, changes no series.
 */

import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { collectDefaultMetrics } from 'prom-client';
import type { Book } from './book.ts';

const resolutionMs = 10;
const lookEveryMs = 1_000;
const bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Of the library's own series; they have no labels that anybody else chooses. */
export const defaultLinesMost = 250;

/** The longest delay since it was last asked, in seconds: what it measures has its own interval in it. */
export const longestDelay = (delays: Pick<IntervalHistogram, 'max' | 'reset' | 'count'>): number => {
  const seconds = delays.count === 0 ? 0 : Math.max(0, delays.max / 1e9 - resolutionMs / 1000);
  delays.reset();
  return seconds;
};

/** The returned function ends it. */
export function processSeries(book: Book): () => void {
  collectDefaultMetrics({ register: book.registry, eventLoopMonitoringPrecision: resolutionMs });
  const longest = book.histogram(
    {
      name: 'codex_event_loop_delay_seconds',
      help: 'The longest delay of the event loop in each second.',
      across: 'each',
    },
    bounds,
  );
  const help = 'Time that the event loop has been busy: its rate is the part of a core that the gateway needs.';
  book.keep(
    { name: 'codex_event_loop_active_seconds_total', help, across: 'each' },
    {
      type: 'counter',
      lines: 1,
      samples: () => [{ labels: {}, value: performance.eventLoopUtilization().active / 1000 }],
    },
  );
  const delays = monitorEventLoopDelay({ resolution: resolutionMs });
  delays.enable();
  const timer = setInterval(() => longest.observe({}, longestDelay(delays)), lookEveryMs);
  timer.unref();
  return () => {
    clearInterval(timer);
    delays.disable();
  };
}
