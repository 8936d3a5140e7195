/** What an answer is given: what of it may be seen, and who wants to know what becomes of it. */

import type { Bounds } from './bounds.ts';
import type { CallDesk } from './call-desk.ts';
import type { Terms } from './terms.ts';
import type { BufferNews } from './tool-buffer.ts';

export interface AnswerOptions {
  /** What of it the client may see. */
  readonly bounds: Bounds;
  /** By whose names calls are told, and in which shapes. */
  readonly terms: Pick<Terms, 'tools' | 'callIds' | 'output'>;
  /** Which calls are told. */
  readonly desk: CallDesk;
  readonly news: BufferNews;
  readonly watcher: AnswerWatcher;
}

export interface AnswerWatcher {
  /** Before the first entry of the first item. */
  started(): void;
  /** A call is complete. */
  called(): void;
  /** A message began again, or went on after something else: what was delivered cannot be unsaid. */
  broken(): void;
  /** The text of an item is not what its deltas said. */
  mismatched(): void;
  /** A strict tool was called in text with arguments that it does not take. */
  invalid(message: string): void;
}
