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

/** `mask` takes secrets out: a key may stand where the name of a model was meant to. */
export function keptBook(file: UsageFile, watch: Watch<HttpHappenings>, mask: (text: string) => string): UsageBook {
  const book = new UsageBook();
  book.restoring();
  void file
    .read((line) => {
      const read = readUsageLine(line);
      if (read !== null) book.restore(read.spent, read.line);
    })
    .then(() => book.restored());
  watch('answer.accounted', (record) => {
    const { requestedModel, userAgent } = record;
    const masked = { requestedModel: requestedModel && mask(requestedModel), userAgent: mask(userAgent) };
    const line = usageLine({ ...record, ...masked });
    book.add(spentBy(record), line);
    file.append(line);
  });
  return book;
}
