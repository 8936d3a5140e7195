/**
 * The book of usage and its file: what earlier processes have written is read back, what happens is written down. Among several nodes
 * the parent has both, and each node tells it what was spent.
 */

import type { Watch } from '../actors/diagnostics.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { HttpHappenings } from './happenings.ts';
import { UsageBook } from './usage-book.ts';
import { readUsageLine, spentBy, usageLine } from './usage-line.ts';
import type { UsageDesk } from './usage-route.ts';
import type { Spent } from './usage-sums.ts';

export interface UsageFile {
  append(line: string): void;
  /** Resolves when all that was there has been told. */
  read(told: (line: string) => void): Promise<void>;
}

export function restoredBook(file: Pick<UsageFile, 'read'>): UsageBook {
  const book = new UsageBook();
  book.restoring();
  void file
    .read((line) => {
      const read = readUsageLine(line);
      if (read !== null) book.restore(read.spent, read.line);
    })
    .then(() => book.restored());
  return book;
}

/** Names of models and of programs come again and again; those of strangers must not pile up. */
const textsMax = 256;

const remembered = (mask: (text: string) => string): ((text: string) => string) => {
  const known = new Map<string, string>();
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const masked = mask(text);
    if (known.size >= textsMax) known.clear();
    known.set(text, masked);
    return masked;
  };
};

/** `mask` takes secrets out: a key may stand where the name of a model was meant to. */
export function tellSpent(
  watch: Watch<HttpHappenings>,
  mask: (text: string) => string,
  told: (spent: Spent, line: string) => void,
): void {
  const shown = remembered(mask);
  watch('answer.accounted', (record) => {
    told(spentBy(record), usageLine(record, shown));
  });
}

export function keptBook(file: UsageFile, watch: Watch<HttpHappenings>, mask: (text: string) => string): UsageBook {
  const book = restoredBook(file);
  tellSpent(watch, mask, (spent, line) => {
    book.add(spent, line);
    file.append(line);
  });
  return book;
}

/** Of a process by itself, for `/v1/usage`. */
export const keptUsage = (
  file: UsageFile,
  watch: Watch<HttpHappenings>,
  mask: (text: string) => string,
  toolBuffer: { summary(): JsonObject },
): UsageDesk => ({ book: keptBook(file, watch, mask), toolBuffer: () => toolBuffer.summary() });
