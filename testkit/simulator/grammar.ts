/**
 * The grammar of a response log, read as a client of the event stream would: begun once, items one after another with their
 * parts inside, ended once, nothing behind the end. Invariants I-2, I-3 and I-10.
 */

import type { ResponseLog } from '../../actors/log.ts';
import type { Item, Part } from '../../actors/log-entry.ts';

/** Null: well formed; otherwise what is wrong, and where. */
export const complaintOf = (log: ResponseLog): string | null => {
  let item: Item | null = null;
  let part: Part | null = null;
  let written = 0;
  let items = 0;
  const at = (index: number, what: string): string => `entry ${index} of ${log.length}: ${what}`;
  const last = log.length - 1;
  for (let index = 0; index < log.length; index += 1) {
    const step = log.step(index);
    switch (step.type) {
      case 'created':
        if (index !== 0) return at(index, 'created again');
        break;
      case 'queued':
      case 'in_progress':
        if (index === 0 || items > 0) return at(index, `${step.type} out of place`);
        break;
      case 'item.added':
        if (item !== null) return at(index, 'an item within an item');
        if (step.item.index !== items) return at(index, `item ${step.item.index} instead of ${items}`);
        item = step.item;
        items += 1;
        break;
      case 'part.added':
        if (step.item !== item || part !== null) return at(index, 'a part out of place');
        part = step.part;
        written = part.start;
        break;
      case 'delta':
        if (step.item !== item) return at(index, 'a delta outside of its item');
        if (part === null) {
          part = step.part;
          written = part.start;
        }
        if (step.part !== part) return at(index, 'a delta for another part');
        if (step.start < written || step.end <= step.start) return at(index, 'deltas do not follow each other');
        written = step.end;
        break;
      case 'text.done':
        if (step.item !== item || (part !== null && step.part !== part)) return at(index, 'text.done out of place');
        if (step.part.end !== Math.max(written, step.part.start)) return at(index, 'the deltas are not the whole text');
        if (step.part.kind === 'arguments' || step.part.kind === 'input') part = null;
        break;
      case 'annotation.added':
        if (step.part !== part) return at(index, 'an annotation out of place');
        break;
      case 'part.done':
        if (step.part !== part) return at(index, 'part.done out of place');
        part = null;
        break;
      case 'item.done':
        if (step.item !== item || part !== null) return at(index, 'item.done out of place');
        item = null;
        break;
      case 'error':
        if (index !== last - 1) return at(index, 'error is not the last but one');
        break;
      case 'closed':
        if (index !== last) return at(index, 'closed is not the last');
        break;
    }
  }
  if (log.ending === null) return 'no ending';
  if (log.length === 0 || log.step(last).type !== 'closed') return 'the last entry is not closed';
  const { type } = log.ending.outcome;
  const failed = type === 'failed' || type === 'cancelled';
  if (failed !== (log.step(Math.max(0, last - 1)).type === 'error')) return `an error entry does not fit ${type}`;
  if (item !== null && !failed) return 'the last item was never closed';
  return null;
};
