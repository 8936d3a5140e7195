/**
 * What is generated: a session of a gateway with one or two workers, and up to four responses in it. Plain data, so that
 * it can be printed and shrunk. Texts hold a private character where the name of their response stands when it is played:
 * by it a byte that reaches a stranger is found.
 */

import type { RequestRule, Step } from '../app-server/script.ts';
import type { Mode } from '../world/modes.ts';

/** A response: what its worker does, what its client does, and which rows of the catalogue that is. */
export interface Scene {
  /** Rows of the anomaly catalogue that it shows; none: a free mixture. */
  readonly row: string | null;
  readonly mode: Mode;
  /** What the catalogue says of its end, undisturbed: `ok` or the code of the failure. */
  readonly ends?: string;
  readonly steps: readonly Step[];
  /** The worker answers `turn/start` when a step says so, or never. */
  readonly answered?: 'scripted';
  /** The interrupt is answered, but the turn never ends. */
  readonly interrupt?: 'stuck';
  /** From the beginning of the session to the request. */
  readonly askMs: number;
  /** What the client does, in milliseconds from its request. */
  readonly client: readonly ClientDeed[];
  /** Chat: asks for a usage chunk. */
  readonly includeUsage: boolean;
  /** What happens to the process that serves it, in milliseconds from the start of its turn. */
  readonly harm?: { readonly afterMs: number; readonly how: 'torn' | 'exit' | 'stdin' | 'stdout' };
}

export type ClientDeed =
  | { readonly afterMs: number; readonly do: 'leave' | 'read' }
  /** Takes so many further bytes and no more. */
  | { readonly afterMs: number; readonly do: 'block'; readonly roomBytes: number };

/** What the n-th process that is started is like. */
export interface Health {
  readonly readyDelayMs?: number;
  readonly neverReady?: boolean;
  readonly spawn?: 'missing' | 'fails';
  readonly rules?: readonly RequestRule[];
  /** It writes these lines before anything else. */
  readonly greeting?: readonly string[];
  /** It dies by itself so long after its start. */
  readonly livesMs?: number;
}

export interface Session {
  /** Of ids, jitter, chunking and of the order of what may change places. */
  readonly seed: number;
  readonly workers: 1 | 2;
  readonly turnsPerWorkerMax: number;
  /** How the output of processes is cut and delayed. */
  readonly pace: { readonly delayMs: number; readonly splitChance: number };
  /** Lines change places where the real process lets them. */
  readonly reorder: boolean;
  readonly processes: readonly Health[];
  readonly scenes: readonly Scene[];
}

/** Stands for the response's own name in each text. */
export const nameMark = '\ue000';

/** What a response is called in its texts. */
export const nameOf = (index: number): string => `«${index}»`;

/** Never belongs into an answer. */
export const strayText = '‡stray‡';

/** Deadlines that are long against everything that is said, and short against the patience of the runner. */
export const sessionLimits = {
  queueMs: 20_000,
  headMs: 1_000,
  firstEventMs: 20_000,
  idleMs: 15_000,
  graceMs: 5_000,
  totalMs: 90_000,
  interruptMs: 2_000,
  closeMs: 5_000,
  /** Of one request to the worker. */
  stepMs: 10_000,
  /** Small, so that a session can afford a line on either side of it. */
  lineBytesMax: 65_536,
  keepaliveMs: 4_000,
  silenceMs: 6_000,
  blankMs: 3_000,
} as const;

/** A pause that nobody takes for silence, and one that is longer than any deadline before it. */
export const pauseMsMax = 2_000;
export const stallMs = 200_000;

/** Of a deadline: the way through the pipes, and the grain of the reports that output goes on. */
export const slackMs = 250;
