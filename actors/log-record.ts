/**
 * A finished log as plain data, for packing: what `ResponseLog.fromRecord` makes the same log of. Its arrays are views
 * of the log's own, valid until the next append.
 */

import type { Head } from './head.ts';
import type { Ending, Item } from './log-entry.ts';

export interface LogRecord {
  readonly head: Head;
  readonly items: readonly Item[];
  readonly parts: readonly (readonly [item: number, part: number])[];
  readonly steps: Uint32Array;
  readonly ends: Uint32Array;
  readonly text: Uint8Array;
  readonly ending: Ending | null;
  readonly reroutedModel: string | null;
}
