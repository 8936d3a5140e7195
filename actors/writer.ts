/** What the answer needs of whoever writes one of its items. */

import type { TextRun } from './text-run.ts';
import type { JsonObject } from './turn.ts';

export interface ItemSource {
  /** The id by which upstream speaks of it. */
  readonly id: string;
  readonly kind: 'message' | 'reasoning';
  readonly phase?: string;
}

/** What the raw form of an item adds. */
export interface ItemFinal {
  readonly phase?: string;
  readonly annotations: readonly JsonObject[];
  readonly encrypted?: string;
}

export interface Writer {
  readonly source: ItemSource;
  /** Upstream has closed the item; only its raw form may still add to it. */
  readonly settled: boolean;
  /** Whether the log knows of the item. */
  readonly written: boolean;
  /** Text has come, and may be held back. */
  readonly pending: boolean;
  append(delta: string): void;
  /** Appends deltas from that one on as long as nobody has to look at their text; returns the first one that is left. */
  appendRun(run: TextRun, from: number): number;
  /** Opens the summary part of that index if it is the next one; false: deltas for it have no place. */
  openSummary(index: number): boolean;
  /** Appends what the item's own text has beyond the deltas; false: the two disagree, and the deltas stand. */
  complete(text: string): boolean;
  /** Upstream has closed the item. */
  settle(): void;
  /** No more text will come: what was held back has its place now. */
  release(): void;
  finalize(final: ItemFinal): void;
  finish(status: 'completed' | 'incomplete'): void;
}
