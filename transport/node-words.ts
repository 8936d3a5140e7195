/** What a node and its parent say to each other about the life of the node: the kinds, and what comes with them. */

import * as z from 'zod';
import type { JsonObject } from '../actors/turn.ts';

export const nodeWords = {
  /** Node asks: what it needs to begin, see `Beginning`. */
  begin: 'node.begin',
  /** Node tells: it takes requests. */
  listening: 'node.listening',
  /** Node tells: it was told to end, by somebody else. */
  leaving: 'node.leaving',
  /** Node asks: its workers may start. */
  workers: 'node.workers',
  /** Node tells: one of its workers is ready. */
  serving: 'node.serving',
  /** Parent asks: are you well? */
  pulse: 'node.pulse',
  /** Parent tells: the host is about to stop; `/readyz` says so. */
  notice: 'node.notice',
  /** Parent tells: end, when the answers under way have. */
  drain: 'node.drain',
} as const;

/** What the parent has prepared once, for all nodes. */
const beginning = z.object({
  port: z.int().min(1).max(65_535),
  home: z.string().min(1),
  listing: z.array(z.custom<JsonObject>((value) => typeof value === 'object' && value !== null)),
});
export type Beginning = z.infer<typeof beginning>;

/** Throws when it is something else. */
export const readBeginning = (payload: unknown): Beginning => beginning.parse(payload);
