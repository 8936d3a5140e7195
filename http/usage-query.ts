/**
 * Questions about usage that are asked in a chat, and their answers. Only a message that is exactly such a question is one:
 * whatever else it says is for the model. Pure; days are those of UTC.
 */

import type { Json, JsonObject } from '../actors/turn.ts';
import { isObject } from './requests/well-formed.ts';
import type { Grouping, UsageAnswer } from './usage-book.ts';
import type { UsageSum } from './usage-sums.ts';
import { readTime } from './usage-time.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Longer messages are no questions, and are not looked at. */
const charsMax = 200;
/** Of an answer by hours. */
const linesMax = 1_000;

export interface UsageQuery {
  readonly start: number;
  /** Not included. */
  readonly end: number;
  readonly group: Grouping | null;
}

/** What all of them begin with. */
const beginning = /^\s*usage\s/i;
const recent = /^usage last ([1-9]\d{0,4})([dh])$/;
const between = /^usage start=(\S+) end=(\S+?)(?: group=(hour|day))?$/;

/** Null: it is not a question about usage. */
export function readUsageQuery(message: string, now: number): UsageQuery | null {
  if (message.length > charsMax || !beginning.test(message)) return null;
  const text = message.trim().replace(/\s+/g, ' ').toLowerCase();
  const today = Math.floor(now / dayMs) * dayMs;
  // Up to now, and now as well.
  const end = now + 1;
  if (text === 'usage today') return { start: today, end, group: null };
  if (text === 'usage yesterday') return { start: today - dayMs, end: today, group: null };
  const [, count, unit] = recent.exec(text) ?? [];
  if (count !== undefined) {
    return { start: Math.max(0, now - Number(count) * (unit === 'd' ? dayMs : hourMs)), end, group: null };
  }
  const [, from = '', to = '', group = null] = between.exec(text) ?? [];
  const [start, until] = [readTime(from), readTime(to)];
  if (start === null || until === null || until < start) return null;
  return { start, end: until, group: group as Grouping | null };
}

/** The last message of the user's, when it is nothing but text: null, there is none, or it is more. */
export function lastUserText(items: readonly JsonObject[]): string | null {
  const last = items.findLast(({ type, role }) => (type === 'message' || type === undefined) && role === 'user');
  const content = last?.['content'];
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  const texts = content.map((part: Json) => (isObject(part) && part['type'] === 'input_text' ? part['text'] : null));
  return texts.every((text) => typeof text === 'string') ? texts.join('') : null;
}

const moment = (ms: number): string => new Date(ms).toISOString().replace(/(:00)?\.000Z$/, 'Z');

const counts = ({ requests, promptBest, completionBest }: UsageSum): string =>
  `${requests} requests, ${promptBest} prompt tokens, ${completionBest} completion tokens, ` +
  `${promptBest + completionBest} tokens in total`;

/** One sentence, and a line for each bucket where they were asked for. */
export function usageText({ start, end, group }: UsageQuery, { sum, buckets }: UsageAnswer): string {
  const sentence = `Usage from ${moment(start)} to ${moment(end)} (UTC): ${counts(sum)}.`;
  if (group === null) return sentence;
  const lines = buckets.slice(-linesMax).map((bucket) => `- ${moment(bucket.at)}: ${counts(bucket)}`);
  const left = buckets.length - lines.length;
  return [sentence, '', ...(left > 0 ? [`(${left} earlier ones left out)`] : []), ...lines].join('\n').trimEnd();
}
