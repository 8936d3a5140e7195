/** What a node and its parent say to each other about the life of the node: the kinds, and what comes with them. */

import * as z from 'zod';

export const nodeWords = {
  /** Node asks: what it needs to begin, see `Beginning`. */
  begin: 'node.begin',
  /** Node tells: it takes requests on this port. */
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
  /** 0: take a free one. */
  port: z.int().min(0).max(65_535),
  home: z.string().min(1),
  listing: z.array(z.record(z.string(), z.unknown())),
});
export type Beginning = z.infer<typeof beginning>;

const listening = z.object({ port: z.int().min(1).max(65_535) });
export type Listening = z.infer<typeof listening>;

/** Throws when it is something else. */
export const readBeginning = (payload: unknown): Beginning => beginning.parse(payload);
export const readListening = (payload: unknown): Listening => listening.parse(payload);
