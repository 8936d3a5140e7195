/** Series on their way from a node to its parent. What arrives is checked: a series that is none is left out, the others are not. */

import { z } from 'zod';
import { acrossNodes, type SeriesNow } from './book.ts';

const labels = z.record(z.string().max(100), z.union([z.string().max(500), z.number()]));

const series = z.object({
  name: z.string().regex(/^[a-z_][a-z0-9_]{0,99}$/i),
  help: z.string().max(1_000),
  type: z.enum(['counter', 'gauge', 'histogram', 'summary']),
  across: z.enum(acrossNodes),
  samples: z
    .array(z.object({ metricName: z.string().max(120), labels, value: z.union([z.number(), z.nan()]) }))
    .max(20_000),
  windows: z.array(z.object({ labels, sizes: z.array(z.number()).max(1_000) })).max(2_000),
});

const seriesMax = 1_000;

export const seriesRead = (sent: unknown): readonly SeriesNow[] =>
  Array.isArray(sent)
    ? sent.slice(0, seriesMax).flatMap((one: unknown): SeriesNow[] => {
        const read = series.safeParse(one);
        return read.success ? [read.data] : [];
      })
    : [];
