/** What was spent, on its way between a node and the parent, which keeps the book. Numbers go as arrays: an answer may have thousands. */

import { z } from 'zod';
import type { UsageAnswer } from '../usage-book.ts';
import type { Spent, UsageSum } from '../usage-sums.ts';

const names = [
  'requests',
  'promptEst',
  'completionEst',
  'prompt',
  'completion',
  'promptBest',
  'completionBest',
] as const satisfies readonly (keyof UsageSum)[];

const numbers = z.array(z.number()).length(names.length);
const answer = z.object({ sum: numbers, buckets: z.array(z.array(z.number()).length(names.length + 1)).max(100_000) });

const sumOf = (told: readonly number[]): UsageSum =>
  Object.fromEntries(names.map((name, index) => [name, told[index] ?? 0])) as unknown as UsageSum;
const toldOf = (sum: UsageSum): readonly number[] => names.map((name) => sum[name]);

export const usageSent = ({ sum, buckets }: UsageAnswer) => ({
  sum: toldOf(sum),
  buckets: buckets.map((bucket) => [bucket.at, ...toldOf(bucket)]),
});

/** Null: it is none. */
export const usageRead = (sent: unknown): UsageAnswer | null => {
  const read = answer.safeParse(sent);
  if (!read.success) return null;
  const { sum, buckets } = read.data;
  return { sum: sumOf(sum), buckets: buckets.map(([at = 0, ...rest]) => ({ at, ...sumOf(rest) })) };
};

const count = z.number().nonnegative();
const spent = z.object({
  at: count,
  promptEst: count,
  completionEst: count,
  prompt: count.nullable(),
  completion: count.nullable(),
});
const record = z.tuple([spent, z.string().max(65_536)]);

export const recordRead = (sent: unknown): readonly [Spent, string] | null => record.safeParse(sent).data ?? null;

/** A part of the latest lines: `skip` newer ones were told already, when `added` had ever been added. */
const part = z.tuple([z.number().int().positive().max(10_000), z.number().int().nonnegative(), z.number().nullable()]);

export const partRead = (sent: unknown) => part.safeParse(sent).data ?? null;

const lines = z.object({ lines: z.array(z.string()), added: z.number(), more: z.boolean() });

export type LinesPart = z.infer<typeof lines>;

export const linesRead = (sent: unknown): LinesPart | null => lines.safeParse(sent).data ?? null;
