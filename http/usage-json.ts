/** Token counts in the two wire spellings. Unknown usage is null, never invented zeros. */

import { failureOf } from '../actors/log-entry.ts';
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

/** Of a whole answer: the prompt counts once, what was produced is summed. Null: it failed, or of some choice nobody knows. */
export const usageOf = (logs: readonly ResponseLog[]): Usage | null => {
  const usages = logs.map(({ ending }) =>
    ending !== null && failureOf(ending.outcome) === null ? ending.usage : null,
  );
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
