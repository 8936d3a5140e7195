/** The files of lines that a process writes. Invariant: however the process ends by itself, what waits for them is written before that. */

import type { Journal } from '../actors/seams.ts';
import { UsageLog, type UsageLogOptions } from './usage-log.ts';

export class OpenFiles {
  readonly #journal: Journal;
  readonly #files: UsageLog[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  open(file: Omit<UsageLogOptions, 'journal'>): UsageLog {
    const opened = new UsageLog({ ...file, journal: this.#journal });
    this.#files.push(opened);
    return opened;
  }

  /** The process ends now. */
  flush(): void {
    for (const file of this.#files) file.flush();
  }
}
