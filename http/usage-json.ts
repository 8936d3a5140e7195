/** Token counts in the two wire spellings, and where they come from. Unknown usage is null, never invented zeros. */

import { failureOf, isCall } from '../actors/log-entry.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { Usage } from '../actors/turn.ts';

export const responsesUsage = (usage: Usage | null): string =>
  JSON.stringify(
    usage && {
      input_tokens: usage.inputTokens,
      input_tokens_details: {
        cached_tokens: usage.cachedInputTokens,
        cache_write_tokens: usage.cacheWriteInputTokens,
      },
      output_tokens: usage.outputTokens,
      output_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
      total_tokens: usage.totalTokens,
    },
  );

export const chatUsage = (usage: Usage | null): string =>
  JSON.stringify(
    usage && {
      prompt_tokens: usage.inputTokens,
      completion_tokens: usage.outputTokens,
      total_tokens: usage.totalTokens,
      prompt_tokens_details: {
        cached_tokens: usage.cachedInputTokens,
        cache_write_tokens: usage.cacheWriteInputTokens,
        audio_tokens: 0,
      },
      completion_tokens_details: {
        reasoning_tokens: usage.reasoningOutputTokens,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  );

/** Of a whole answer: the prompt counts once, what was produced is summed. Null: of some choice nobody knows. */
export const spentOf = (usages: readonly (Usage | null)[]): Usage | null => {
  const [first, ...others] = usages;
  if (first === undefined || first === null) return null;
  let whole = first;
  for (const usage of others) {
    if (usage === null) return null;
    whole = {
      ...whole,
      outputTokens: whole.outputTokens + usage.outputTokens,
      reasoningOutputTokens: whole.reasoningOutputTokens + usage.reasoningOutputTokens,
      totalTokens: whole.totalTokens + usage.outputTokens,
    };
  }
  return whole;
};

/** As clients are told it: of an answer that failed, nothing. */
export const usageOf = (logs: readonly ResponseLog[]): Usage | null =>
  spentOf(logs.map(({ ending }) => (ending !== null && failureOf(ending.outcome) === null ? ending.usage : null)));

/**
 * What the predecessor's name for the source of a count is: `provider` and `token_count` were counted, all others estimated, when
 * the answer was over (`task_complete`), had been cut for its length (`truncated`) or at its calls (`tool_cutoff`), or had broken
 * off (`close`).
 */
export type EmissionTrigger = 'token_count' | 'provider' | 'task_complete' | 'close' | 'tool_cutoff' | 'truncated';

const triggerOf = (log: ResponseLog): EmissionTrigger => {
  const { ending } = log;
  if (ending === null) return 'close';
  if (ending.countedBy === 'token_count') return 'token_count';
  if (ending.countedBy === 'gateway') return 'task_complete';
  if (ending.usage !== null && ending.isEstimate !== true) return 'provider';
  if (ending.cut === 'tools') return 'tool_cutoff';
  if (ending.outcome.type === 'incomplete') return 'truncated';
  if (ending.outcome.type !== 'completed') return 'close';
  return log.items.some(isCall) ? 'tool_cutoff' : 'task_complete';
};

/** Of several choices the first that was not counted decides: the sum is an estimate then. */
export const emissionTrigger = (logs: readonly ResponseLog[]): EmissionTrigger => {
  const triggers = logs.map(triggerOf);
  return triggers.find((trigger) => trigger !== 'provider') ?? 'provider';
};
