/**
 * Why an answer ended, in whatever words a backend says it: aliases, flags, and which of several reports counts. A table
 * without state. Invariant: a reason that is not known never makes an answer a failure; it reads as `stop`, and the caller
 * is told that it was not known.
 */

import type { Outcome } from '../machines/outcome.ts';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

const aliases: Readonly<Record<FinishReason, readonly string[]>> = {
  stop: ['stop', 'completed', 'complete', 'finished', 'done', 'halt', 'cancelled'],
  length: [
    'length',
    'max_tokens',
    'max_output_tokens',
    'token_limit',
    'token_limit_reached',
    'max_tokens_reached',
    'truncated',
  ],
  tool_calls: ['tool_calls', 'tool_call', 'tool_completion', 'tool_execution', 'requires_tool'],
  function_call: ['function_call', 'function_calls', 'function_execution'],
  content_filter: ['content_filter', 'filtered', 'safety', 'safety_filter', 'moderation', 'policy_filter'],
};

const byAlias: ReadonlyMap<string, FinishReason> = new Map(
  Object.entries(aliases).flatMap(([reason, names]) => names.map((name) => [name, reason as FinishReason] as const)),
);

/** In this order: `tool_content_filtered` is about the tool. */
const byPart: readonly (readonly [RegExp, FinishReason])[] = [
  [/tool/u, 'tool_calls'],
  [/function/u, 'function_call'],
  [/content_?filter/u, 'content_filter'],
];

/** Longer words are no reason. */
const charsMax = 64;

/** Null: not known. Case, blanks and hyphens do not matter. */
export const readFinishReason = (text: string): FinishReason | null => {
  if (text.length > charsMax) return null;
  const word = text
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/gu, '_');
  return byAlias.get(word) ?? byPart.find(([pattern]) => pattern.test(word))?.[1] ?? null;
};

const lengthFlags = [
  'token_limit_reached',
  'max_tokens_reached',
  'truncated',
  'length_reached',
  'token_limit',
  'max_tokens',
] as const;

/** Only `true` is a flag: `max_tokens` may just as well be a number of tokens. */
export const isLengthFlagged = (event: { readonly [member: string]: unknown }): boolean =>
  lengthFlags.some((flag) => event[flag] === true);

/** Who says it, the most trustworthy first: lists of equal rank. */
const ranks = [['usage', 'cutoff', 'idle'], ['provider', 'turn_end'], ['finalization'], ['fallback']] as const;

export type FinishSource = (typeof ranks)[number][number];

export interface FinishEvidence {
  readonly source: FinishSource;
  readonly reason: FinishReason;
}

const rankOf = (source: FinishSource): number =>
  ranks.findIndex((rank) => (rank as readonly string[]).includes(source));

/**
 * The reason that a choice ends with: the first of the highest rank. Calls that were delivered make it `tool_calls`, unless
 * the answer was cut; without any, it cannot be about calls.
 */
export const decideFinish = (
  evidence: readonly FinishEvidence[],
  callsDelivered: number,
): Exclude<FinishReason, 'function_call'> => {
  const [best] = evidence.toSorted((a, b) => rankOf(a.source) - rankOf(b.source));
  const reason = best?.reason ?? 'stop';
  if (reason === 'length' || reason === 'content_filter') return reason;
  return callsDelivered > 0 ? 'tool_calls' : 'stop';
};

/** How a response ends for that reason; whether there are calls is read from its log. */
export const outcomeOfFinish = (reason: FinishReason): Outcome => {
  if (reason === 'length') return { type: 'incomplete', reason: 'max_output_tokens' };
  if (reason === 'content_filter') return { type: 'incomplete', reason: 'content_filter' };
  return { type: 'completed' };
};
