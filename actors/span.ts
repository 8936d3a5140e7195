/**
 * A piece of work as traces tell it: one that is over, with its place in the trace. Times are milliseconds since the Unix epoch.
 * Invariant: it names things, times and counts; no word of prompt, answer or key.
 */

export type SpanValue = string | number | boolean | readonly string[];
export type SpanFacts = Readonly<Record<string, SpanValue>>;

export interface SpanEvent {
  readonly name: string;
  readonly at: number;
  readonly facts: SpanFacts;
}

export interface Span {
  readonly name: string;
  /** Of the work: done for a caller, or asked of somebody else. */
  readonly kind: 'server' | 'client';
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
  /** Null: it is the first of its trace. */
  readonly parent: { readonly spanId: string /** In another process. */; readonly isRemote: boolean } | null;
  /** As in the header `tracestate`; empty: there was none. */
  readonly traceState: string;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly failed: boolean;
  readonly facts: SpanFacts;
  readonly events: readonly SpanEvent[];
}
