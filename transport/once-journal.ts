/** Journal lines that are worth telling once: the CLI repeats its warnings for every thread. Bounded. */

import type { Journal } from '../actors/seams.ts';
import { tellNoise } from './known-noise.ts';

const textsMax = 64;
const textCharsMax = 300;

export class OnceJournal {
  readonly #journal: Journal;
  readonly #seen = new Set<string>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  warn(event: string, text: string): void {
    if (tellNoise(this.#journal, text)) return;
    const short = text.slice(0, textCharsMax).toWellFormed();
    const key = `${event} ${short}`;
    if (this.#seen.has(key) || this.#seen.size >= textsMax) return;
    this.#seen.add(key);
    this.#journal.warn(event, { text: short });
  }
}
