/** A span of ours as the exporter of OpenTelemetry wants it. Loaded with it, and not before. */

import {
  createTraceState,
  type HrTime,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Span } from '../actors/span.ts';

/** Who tells it. */
export type SpanSource = Pick<ReadableSpan, 'resource' | 'instrumentationScope'>;

const nanosecondsPerMs = 1_000_000;

/** Seconds and nanoseconds. */
const timeOf = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1_000);
  return [seconds, Math.round((ms - seconds * 1_000) * nanosecondsPerMs)];
};

export function readableSpan(span: Span, source: SpanSource): ReadableSpan {
  const { traceId, spanId, parent, traceState } = span;
  const state = traceState === '' ? {} : { traceState: createTraceState(traceState) };
  const shared = { traceId, traceFlags: TraceFlags.SAMPLED, ...state };
  const context: SpanContext = { ...shared, spanId };
  // A clock that was set back meanwhile makes no span that ends before it begins.
  const endedAt = Math.max(span.startedAt, span.endedAt);
  return {
    ...source,
    name: span.name,
    kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
    spanContext: () => context,
    ...(parent === null ? {} : { parentSpanContext: { ...shared, ...parent } }),
    startTime: timeOf(span.startedAt),
    endTime: timeOf(endedAt),
    duration: timeOf(endedAt - span.startedAt),
    ended: true,
    status: { code: span.failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: span.facts as ReadableSpan['attributes'],
    events: span.events.map(({ name, at, facts }) => ({
      name,
      time: timeOf(at),
      attributes: facts as ReadableSpan['attributes'],
    })),
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}
