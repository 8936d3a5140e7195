/** `/v1/usage` and `/v1/usage/raw`: what was spent in a time, and the records of the latest requests, as JSON. */

import type { JsonObject } from '../actors/turn.ts';
import { type Answer, jsonAnswer } from './answer.ts';
import type { RequestHead } from './request-head.ts';
import { invalid } from './request-error.ts';
import { type Soon, when } from './soon.ts';
import type { Grouping, UsageAnswer } from './usage-book.ts';
import type { UsageSum } from './usage-sums.ts';
import { readTime } from './usage-time.ts';

export interface UsageDesk {
  /** A `UsageBook`, wherever it is kept. */
  readonly book: {
    ask(start: number, end: number, group: Grouping): Soon<UsageAnswer>;
    latest(count: number): Soon<readonly string[]>;
  };
  /** What became of tool calls that were held back until they were complete. */
  readonly toolBuffer: () => Soon<JsonObject>;
}

const latestMax = 10_000;
const latestUsual = 200;

const estimates = ({ promptEst, completionEst }: UsageSum) => ({
  prompt_tokens_est: promptEst,
  completion_tokens_est: completionEst,
  total_tokens_est: promptEst + completionEst,
});

const counts = ({ prompt, completion }: UsageSum) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
});

/** The plus of a zone that was not escaped is a blank. */
const time = (query: URLSearchParams, name: string, otherwise: number): number => {
  const given = query.get(name)?.trim().replace(' ', '+') ?? '';
  if (given === '') return otherwise;
  return readTime(given) ?? invalid(`${name} must be an ISO 8601 time, or seconds or milliseconds since 1970.`, name);
};

const grouping = (given: string | null): Grouping | null => {
  if (given === null || given === '') return null;
  if (given === 'hour' || given === 'day') return given;
  return invalid('group must be hour or day.', 'group');
};

/** @throws RequestError when a parameter cannot be read. */
export function usageAnswer({ query: given }: RequestHead, { book, toolBuffer }: UsageDesk, now: number): Soon<Answer> {
  const query = new URLSearchParams(given);
  const start = time(query, 'start', 0);
  const end = time(query, 'end', Math.max(now + 1, start));
  if (end < start) invalid('end must not be before start.', 'end');
  const group = grouping(query.get('group'));
  const told = (found: UsageAnswer, buffered: JsonObject): Answer =>
    jsonAnswer(200, JSON.stringify(usageBody({ start, end, group }, found, buffered)));
  return when(book.ask(start, end, group ?? 'hour'), (found) =>
    when(toolBuffer(), (buffered) => told(found, buffered)),
  );
}

interface Interval {
  readonly start: number;
  readonly end: number;
  readonly group: Grouping | null;
}

function usageBody({ start, end, group }: Interval, { sum, buckets }: UsageAnswer, toolBuffer: JsonObject): JsonObject {
  const grouped = buckets.map((bucket) => ({
    ts: bucket.at,
    requests: bucket.requests,
    ...estimates(bucket),
    ...counts(bucket),
  }));
  return {
    start,
    end,
    ...(group === null ? {} : { group }),
    total_requests: sum.requests,
    ...estimates(sum),
    ...counts(sum),
    ...(group === null ? {} : { buckets: grouped }),
    tool_buffer_metrics: toolBuffer,
  };
}

/** @throws RequestError when a parameter cannot be read. */
export function rawUsageAnswer({ query }: RequestHead, { book, toolBuffer }: UsageDesk): Soon<Answer> {
  const given = new URLSearchParams(query).get('limit')?.trim() || String(latestUsual);
  const limit = /^\d{1,6}$/.test(given) ? Number(given) : 0;
  if (limit < 1 || limit > latestMax) invalid(`limit must be an integer between 1 and ${latestMax}.`, 'limit');
  // Lines are JSON: they need not be read to be written.
  const told = (lines: readonly string[], buffered: JsonObject): Answer =>
    jsonAnswer(
      200,
      `{"count":${lines.length},"events":[${lines.join(',')}],"tool_buffer_metrics":${JSON.stringify(buffered)}}`,
    );
  return when(book.latest(limit), (lines) => when(toolBuffer(), (buffered) => told(lines, buffered)));
}
