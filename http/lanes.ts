/** A reader's way through each log that it follows: how far it is, and by what its entries become frames. */

import type { ResponseLog } from '../actors/log.ts';
import type { ByteTape } from '../actors/tape.ts';
import type { Projection } from './projection.ts';

export interface Lane {
  readonly log: ResponseLog;
  readonly projection: Projection;
  cursor: number;
  /** Where the cursor will be when what is encoded has been sent. */
  next: number;
}

/** `projections`: one for each log. */
export const lanesOf = (logs: readonly ResponseLog[], projections: readonly Projection[]): readonly Lane[] =>
  logs.map((log, index) => ({ log, projection: projections[index] as Projection, cursor: 0, next: 0 }));

/** Projects what is next of that lane, as far as `out` has room. */
export const encode = (lane: Lane, out: ByteTape, roomBytes: number): void => {
  const { log, cursor, projection } = lane;
  lane.next = cursor;
  if (cursor >= log.length || out.length >= roomBytes) return;
  lane.next = projection.project(log, cursor, out, roomBytes);
  if (lane.next <= cursor) throw new Error(`no progress at entry ${cursor}`);
};

export const allRead = (lanes: readonly Lane[]): boolean => {
  for (const { log, cursor } of lanes) if (cursor < log.length) return false;
  return true;
};

/** Text that has not been read. */
export const waitingBytes = (lanes: readonly Lane[]): number => {
  let bytes = 0;
  for (const { log, cursor } of lanes) bytes += log.textBytes - log.textBytesAt(cursor);
  return bytes;
};
