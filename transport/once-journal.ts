/** Journal lines that are worth telling once: the CLI repeats its warnings for every thread. Bounded. */

import type { LogFacts } from '../actors/log-events.ts';
import type { Journal } from '../actors/seams.ts';
import { tellNoise } from './known-noise.ts';

const textsMax = 64;
const textCharsMax = 300;

type Repeated = 'worker_warning' | 'worker_notification' | 'finish_reason_unknown';

const cut = (text: string): string => text.slice(0, textCharsMax).toWellFormed();

export class OnceJournal {
  readonly #journal: Journal;
  readonly #seen = new Set<string>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  warn<Event extends Repeated>(event: Event, facts: LogFacts<Event> & { readonly [name: string]: string }): void {
    const { method = '', text = '' } = facts;
    const key = `${event}\n${cut(method)}\n${cut(text)}`;
    // As a rule it has been told, by the thread before.
    if (this.#seen.has(key) || tellNoise(this.#journal, text) || this.#seen.size >= textsMax) return;
    this.#seen.add(key);
    const short = Object.fromEntries(Object.entries(facts).map(([name, value]) => [name, cut(value)]));
    this.#journal.warn(event, short as LogFacts<Event>);
  }
}
