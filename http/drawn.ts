/**
 * Which of many answers are the ones with which something is done that would be too much, or too dear, for each of them. Invariant:
 * from the second one on nobody can know beforehand which it is, or let it fall on the connection of somebody else.
 */

import type { Ids } from '../actors/seams.ts';

/** True for one of `every`, on average; of twice as many at least one is. */
export function drawn(every: number, ids: Pick<Ids, 'jitter'>): () => boolean {
  let left = every;
  return () => {
    left -= 1;
    if (left > 0) return false;
    left = 1 + Math.floor(ids.jitter() * 2 * every);
    return true;
  };
}
