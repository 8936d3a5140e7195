/**
 * The operator's log: one line an event on stderr, as `time level event key=value …`. A value is JSON where it is not a plain
 * word, so a line never breaks. What is logged is chosen by the callers; prompts, answers and keys are never among it.
 */

import type { Diagnostics, Happenings } from '../actors/diagnostics.ts';
import type { Journal } from '../actors/seams.ts';
import type { Json, JsonObject } from '../actors/turn.ts';

const valueCharsMax = 2_000;

const shown = (value: Json): string => {
  const text = typeof value === 'string' && /^[\w./:@+-]+$/.test(value) ? value : JSON.stringify(value);
  return text.length > valueCharsMax ? `${text.slice(0, valueCharsMax)}…` : text;
};

/** Tells it to whoever watches. */
export const createJournal = (diagnostics: Diagnostics): Journal => ({
  info: (event, facts = {}) => diagnostics.publish('event.logged', { level: 'info', event, facts }),
  warn: (event, facts = {}) => diagnostics.publish('event.logged', { level: 'warn', event, facts }),
  lost: (recorder, count) => diagnostics.publish('records.dropped', { recorder, count }),
});

/** `always`: what every line says. */
export const journalLines =
  (write: (line: string) => void, now: () => number, always: JsonObject = {}) =>
  ({ level, event, facts }: Happenings['event.logged']): void => {
    const pairs = Object.entries({ ...facts, ...always }).map(([key, value]) => ` ${key}=${shown(value)}`);
    write(`${new Date(now()).toISOString()} ${level} ${event}${pairs.join('')}\n`);
  };
