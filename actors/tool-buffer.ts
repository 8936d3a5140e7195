/**
 * How often text was held back because it might be a tool call, and what became of it: for operators, who see by it whether
 * their models write calls that nobody understands. Invariant: the vocabulary is closed, so what is counted has a bounded size.
 */

import type { Journal } from './seams.ts';
import type { JsonObject } from './turn.ts';
import type { OutputMode } from './terms.ts';
import type { Tag } from './tool-text.ts';

export type Flushed = 'call' | 'text' | 'duplicate' | 'dropped';
export type Aborted = 'unclosed' | 'nested' | 'oversize';

/** About one response. */
export interface BufferNews {
  started(tag: Tag): void;
  flushed(reason: Flushed): void;
  aborted(reason: Aborted): void;
}

export interface BufferCount {
  readonly outputMode: OutputMode;
  readonly reason: Tag | Flushed | Aborted;
  readonly count: number;
}

type Event = 'started' | 'flushed' | 'aborted';

/** An abort is told as an anomaly for so long. */
const anomalyMs = 120_000;

export class ToolBufferCounts {
  readonly #counts: Readonly<Record<Event, Map<string, BufferCount>>> = {
    started: new Map(),
    flushed: new Map(),
    aborted: new Map(),
  };
  readonly #news = new Map<OutputMode, BufferNews>();
  readonly #now: () => number;
  #abortedAt: number | null = null;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** For the responses in that mode. */
  of(outputMode: OutputMode): BufferNews {
    const known = this.#news.get(outputMode);
    if (known !== undefined) return known;
    const news: BufferNews = {
      started: (tag) => this.#count('started', outputMode, tag),
      flushed: (reason) => this.#count('flushed', outputMode, reason),
      aborted: (reason) => {
        this.#abortedAt = this.#now();
        this.#count('aborted', outputMode, reason);
      },
    };
    this.#news.set(outputMode, news);
    return news;
  }

  counts(event: Event): readonly BufferCount[] {
    return [...this.#counts[event].values()];
  }

  /** Something was aborted within the last two minutes. */
  get anomaly(): boolean {
    return this.#abortedAt !== null && this.#now() - this.#abortedAt < anomalyMs;
  }

  summary(): JsonObject {
    const told = (event: Event): JsonObject => ({
      total: this.counts(event).reduce((total, { count }) => total + count, 0),
      by: this.counts(event).map(({ outputMode, reason, count }) => ({ output_mode: outputMode, reason, count })),
    });
    return {
      started: told('started'),
      flushed: told('flushed'),
      aborted: told('aborted'),
      anomaly: this.anomaly,
      last_aborted_at: this.#abortedAt === null ? null : new Date(this.#abortedAt).toISOString(),
    };
  }

  reset(): void {
    for (const counts of Object.values(this.#counts)) counts.clear();
    this.#abortedAt = null;
  }

  #count(event: Event, outputMode: OutputMode, reason: BufferCount['reason']): void {
    const counts = this.#counts[event];
    const key = `${outputMode} ${reason}`;
    counts.set(key, { outputMode, reason, count: (counts.get(key)?.count ?? 0) + 1 });
  }
}

/** What became of the text of one response, for its line of the log. */
export class BufferTally implements BufferNews {
  readonly #next: BufferNews;
  /** Null: nothing was held back. */
  #held: (Record<Event, number> & { readonly reasons: Set<string> }) | null = null;

  constructor(next: BufferNews) {
    this.#next = next;
  }

  started(tag: Tag): void {
    this.#next.started(tag);
    this.#count('started', tag);
  }

  flushed(reason: Flushed): void {
    this.#next.flushed(reason);
    this.#count('flushed', reason);
  }

  aborted(reason: Aborted): void {
    this.#next.aborted(reason);
    this.#count('aborted', reason);
  }

  /** Nothing where nothing was held back. */
  tell(journal: Journal, response: string, mode: OutputMode): void {
    if (this.#held === null) return;
    const { started, flushed, aborted, reasons } = this.#held;
    journal.info('tool_buffer', {
      response_id: response,
      output_mode: mode,
      buffer_started: started,
      buffer_flushed: flushed,
      buffer_aborted: aborted,
      buffer_reasons: [...reasons],
    });
  }

  #count(event: Event, reason: string): void {
    this.#held ??= { started: 0, flushed: 0, aborted: 0, reasons: new Set() };
    this.#held[event] += 1;
    this.#held.reasons.add(reason);
  }
}

/** Nobody counts. */
export const uncounted: BufferNews = { started: () => {}, flushed: () => {}, aborted: () => {} };
