/**
 * A projection turns entries of a response log into the bytes of one wire format. It is a pure function of the entries it
 * has been given in order; all readers of a log that use the same projection write the same bytes.
 */

import type { ResponseLog } from '../actors/log.ts';
import type { ByteTape } from '../actors/tape.ts';

export interface Projection {
  /**
   * `project` may be called again with an earlier cursor. Of one that cannot, what one call writes is written at once, whatever
   * its size: its entries must be small (below `limits.sliceBytes`).
   */
  readonly repeatable: boolean;
  /**
   * Writes the frames of the entries from `cursor` on, until the log's end or until `out` holds `roomBytes` or more, always
   * whole frames. Returns the next cursor.
   */
  project(log: ResponseLog, cursor: number, out: ByteTape, roomBytes: number): number;
  /** What follows when all logs of the answer have ended, at last `data: [DONE]\n\n`. */
  finish(out: ByteTape, logs: readonly ResponseLog[]): void;
}
