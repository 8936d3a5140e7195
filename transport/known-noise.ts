/**
 * What the CLI says at each start and nobody need act on: it brings what it misses. Each is told once per journal, which
 * is once per gateway, however many workers say it, on stderr and as a notification.
 */

import type { Journal } from '../actors/seams.ts';
import type { LogFacts } from '../actors/log-events.ts';

/** Matched to its end: a sandbox that cannot be had at all is said in other words, and is no noise. */
const known: readonly RegExp[] = [
  /could not find bubblewrap on PATH\..*will use the bundled bubblewrap/,
  /^WARNING: proceeding, even though we could not create PATH aliases/,
];

const told = new WeakMap<Journal, Set<RegExp>>();

/** False: it is no noise, and the caller has it to tell. */
export function tellNoise(journal: Journal, text: string, facts: LogFacts<'worker_noise'> = {}): boolean {
  const kind = known.find((pattern) => pattern.test(text));
  if (kind === undefined) return false;
  const earlier = told.get(journal) ?? new Set();
  told.set(journal, earlier);
  if (!earlier.has(kind)) journal.info('worker_noise', { ...facts, text });
  earlier.add(kind);
  return true;
}
