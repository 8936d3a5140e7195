/** Token counts as `codex proto` and programs like it tell them: under many names, in many places. */

import type { Usage } from '../actors/turn.ts';
import { isObject, type Members, member } from './json.ts';

const count = (counts: Members, ...names: readonly string[]): number | null => {
  for (const name of names) {
    const value = counts[name];
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  }
  return null;
};

/** Null: these are no counts. */
const countsOf = (counts: unknown): Usage | null => {
  if (!isObject(counts)) return null;
  const input = count(counts, 'input_tokens', 'prompt_tokens', 'inputTokens', 'promptTokens');
  const output = count(counts, 'output_tokens', 'completion_tokens', 'outputTokens', 'completionTokens');
  if (input === null && output === null) return null;
  const [inputTokens, outputTokens] = [input ?? 0, output ?? 0];
  return {
    inputTokens,
    cachedInputTokens: count(counts, 'cached_input_tokens', 'cachedInputTokens') ?? 0,
    cacheWriteInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: count(counts, 'reasoning_output_tokens', 'reasoningOutputTokens') ?? 0,
    // Not what is told: clients add up.
    totalTokens: inputTokens + outputTokens,
  };
};

/** The total of the process, which has one turn, before what is only the last sampling's. Null: nothing was counted. */
export const protoUsage = (event: Members): Usage | null => {
  const info = event['info'];
  const places = [
    member(info, 'total_token_usage'),
    member(info, 'last_token_usage'),
    info,
    event['usage'],
    event['token_count'],
    event['counts'],
    event,
  ];
  for (const place of places) {
    const usage = countsOf(place);
    if (usage !== null) return usage;
  }
  return null;
};
