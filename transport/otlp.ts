/**
 * Sends spans to a receiver over OTLP/HTTP, in batches, beside whatever else the process does. OpenTelemetry is loaded when
 * somebody wants it, and not before. Invariants: `send` only puts a span into a bounded queue; a receiver that is slow, broken or not there costs spans,
 * which are counted and told, and nothing else; what it says is not logged, nor what is sent to it as its key.
 */

import { randomUUID } from 'node:crypto';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Diagnostics } from '../actors/diagnostics.ts';
import type { Clock, Journal } from '../actors/seams.ts';
import type { Span } from '../actors/span.ts';
import type { SpanSource } from './otlp-span.ts';

export interface OtlpSettings {
  readonly endpoint: string;
  /** As in `OTEL_EXPORTER_OTLP_HEADERS`. */
  readonly headers: string;
  readonly serviceName: string;
}

/** By what it goes, and where it tells how it goes. */
export interface OtlpWatched {
  readonly clock: Clock;
  readonly journal: Journal;
  readonly diagnostics: Diagnostics;
}

export interface OtlpLimits {
  /** Spans that wait. */
  readonly queueMax: number;
  /** Spans that are written as JSON at once: a millisecond's work. */
  readonly batchMax: number;
  readonly batchMs: number;
  /** One batch, with all its attempts. */
  readonly sendMs: number;
  /** The last batches, when the process ends. */
  readonly flushMs: number;
  /** Between two lines about spans that were lost. */
  readonly reportMs: number;
}

export interface Otlp {
  send(span: Span): void;
  /** A span, or a whole trace, that there was no room for. */
  lose(reason: string): void;
  /** Spans so far; each that was sent or lost was told before. */
  readonly counts: { readonly sent: number; readonly lost: number };
  /** Resolves when all has been sent, or when there is no more time for it. */
  settled(): Promise<void>;
}

const otlpLimits: OtlpLimits = {
  queueMax: 4_096,
  batchMax: 128,
  batchMs: 1_000,
  sendMs: 10_000,
  flushMs: 1_500,
  reportMs: 60_000,
};

/** Where traces are taken: the standard path below an endpoint that does not name it itself. */
export const tracesUrl = (endpoint: string): string => {
  const base = endpoint.replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** `name=value,name=value`, percent-encoded. */
export const headersOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .map((pair) => pair.trim())
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), decoded(pair.slice(pair.indexOf('=') + 1).trim())]),
  );

/** Fit for the log: messages may quote the address, answers the request. */
const reasonOf = (error: (Error & { readonly code?: unknown }) | undefined): string => {
  if (typeof error?.code === 'number') return `HTTP ${error.code}`;
  return typeof error?.code === 'string' ? error.code : 'no answer';
};

/** Null: nobody wants traces, or they cannot be had, and then requests are served all the same. */
export async function openOtlp(settings: OtlpSettings | null, watched: OtlpWatched): Promise<Otlp | null> {
  const { journal } = watched;
  try {
    return settings === null ? null : await exporting(settings, watched);
  } catch (error) {
    journal.warn('traces_unavailable', { reason: error instanceof Error ? error.message : String(error) });
    return null;
  }
}

export async function exporting(
  settings: OtlpSettings,
  { clock, journal, diagnostics }: OtlpWatched,
  more: Partial<OtlpLimits> = {},
): Promise<Otlp> {
  const limits = { ...otlpLimits, ...more };
  const [{ BatchSpanProcessor }, { OTLPTraceExporter }, { defaultResource, resourceFromAttributes }, { readableSpan }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('./otlp-span.ts'),
    ]);
  const source: SpanSource = {
    resource: defaultResource().merge(
      resourceFromAttributes({ 'service.name': settings.serviceName, 'service.instance.id': randomUUID() }),
    ),
    instrumentationScope: { name: 'codex-actors' },
  };
  let [queued, sent, lost, untold] = [0, 0, 0, 0];
  let cancelReport: (() => void) | null = null;
  const report = (reason: string): void => {
    if (untold === 0 || cancelReport !== null) return;
    journal.warn('spans_lost', { spans: untold, reason });
    untold = 0;
    cancelReport = clock.schedule(limits.reportMs, () => {
      cancelReport = null;
      report('as before');
    });
  };
  const lose = (spans: number, reason: string): void => {
    lost += spans;
    untold += spans;
    diagnostics.publish('records.dropped', { recorder: 'trace', count: spans });
    report(reason);
  };
  const exporter: SpanExporter = new OTLPTraceExporter({
    url: tracesUrl(settings.endpoint),
    headers: headersOf(settings.headers),
    timeoutMillis: limits.sendMs,
  });
  const counting: SpanExporter = {
    export: (spans, done) => {
      queued -= spans.length;
      exporter.export(spans, (result) => {
        if (result.code === 0) sent += spans.length;
        else lose(spans.length, reasonOf(result.error));
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
  const processor = new BatchSpanProcessor({
    exporter: counting,
    maxQueueSize: limits.queueMax,
    maxExportBatchSize: limits.batchMax,
    scheduledDelayMillis: limits.batchMs,
    // Never before the exporter itself has given up.
    exportTimeoutMillis: 2 * limits.sendMs,
  });
  return {
    send: (span) => {
      if (queued >= limits.queueMax) return lose(1, 'the queue is full');
      queued += 1;
      processor.onEnd(readableSpan(span, source));
    },
    lose: (reason) => lose(1, reason),
    get counts() {
      return { sent, lost };
    },
    settled: () =>
      new Promise((resolve) => {
        const cancel = clock.schedule(limits.flushMs, resolve);
        const end = (): void => {
          cancel();
          resolve();
        };
        processor.shutdown().then(end, end);
      }),
  };
}
