/** What became of text that was held back, over all nodes: the summaries of `ToolBufferCounts`, added up. */

import { z } from 'zod';
import type { JsonObject } from '../../actors/turn.ts';

const counts = z.object({
  total: z.number(),
  by: z.array(z.object({ output_mode: z.string(), reason: z.string(), count: z.number() })).max(1_000),
});

const summary = z.object({
  started: counts,
  flushed: counts,
  aborted: counts,
  anomaly: z.boolean(),
  last_aborted_at: z.string().nullable(),
});

type Summary = z.infer<typeof summary>;
type Counts = z.infer<typeof counts>;

const added = (all: readonly Counts[]): Counts => {
  const by = new Map<string, Counts['by'][number]>();
  for (const one of all.flatMap((each) => each.by)) {
    const key = `${one.output_mode} ${one.reason}`;
    by.set(key, { ...one, count: one.count + (by.get(key)?.count ?? 0) });
  }
  return { total: all.reduce((sum, { total }) => sum + total, 0), by: [...by.values()] };
};

/** What is none is left out. */
export const mergedBuffers = (told: readonly unknown[]): JsonObject => {
  const all = told.flatMap((one): Summary[] => {
    const read = summary.safeParse(one);
    return read.success ? [read.data] : [];
  });
  const last = all.flatMap(({ last_aborted_at: at }) => at ?? []).toSorted();
  return {
    started: added(all.map(({ started }) => started)),
    flushed: added(all.map(({ flushed }) => flushed)),
    aborted: added(all.map(({ aborted }) => aborted)),
    anomaly: all.some(({ anomaly }) => anomaly),
    last_aborted_at: last.at(-1) ?? null,
  };
};
