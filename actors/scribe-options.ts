/** What a scribe is given: whose turn it hears, on which terms, and who else wants to know. */

import type { Lease } from '../machines/ids.ts';
import type { StreamEvent } from '../machines/protocol.ts';
import type { Clock, Journal, SanitizerSummary } from './seams.ts';
import type { Terms } from './terms.ts';
import type { ToolBufferCounts } from './tool-buffer.ts';
import type { TurnEvent } from './turn.ts';

export interface ScribeOptions {
  readonly lease: Lease;
  readonly house: ScribeHouse;
  readonly tell: (event: StreamEvent) => void;
  readonly terms: Terms;
  /** Of the prompt, by estimate: for an answer that ends before the provider has counted. */
  readonly inputTokens: number;
}

/** What all of a node share. */
export interface ScribeHouse {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Text, summaries and arguments of the whole response, as JSON-escaped UTF-8. */
  readonly responseBytesMax: number;
  readonly toolBuffer?: ToolBufferCounts;
  /** Lines of metadata were left out. */
  readonly sanitized?: (summary: SanitizerSummary) => void;
}

/** Stream events that say nothing but their name. */
export type Plain = Exclude<
  Extract<StreamEvent, { lease: Lease }>['type'],
  'turn.refused' | 'turn.ended' | `lease.${string}`
>;

/** What is about the turn. */
export type Passing = Extract<TurnEvent, { type: `turn.${string}` | 'sampling.completed' | 'upstream.retried' }>;
