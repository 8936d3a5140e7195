/** The book of usage and its file: what earlier processes have written is read back, what happens is written down. */

import type { Watch } from '../actors/diagnostics.ts';
import type { HttpHappenings } from './happenings.ts';
import { UsageBook } from './usage-book.ts';
import { readUsageLine, spentBy, usageLine } from './usage-line.ts';

export interface UsageFile {
  append(line: string): void;
  /** Resolves when all that was there has been told. */
  read(told: (line: string) => void): Promise<void>;
}

export function keptBook(file: UsageFile, watch: Watch<HttpHappenings>): UsageBook {
  const book = new UsageBook();
  book.restoring();
  void file
    .read((line) => {
      const read = readUsageLine(line);
      if (read !== null) book.restore(read.spent, read.line);
    })
    .then(() => book.restored());
  watch('answer.accounted', (record) => {
    const line = usageLine(record);
    book.add(spentBy(record), line);
    file.append(line);
  });
  return book;
}
