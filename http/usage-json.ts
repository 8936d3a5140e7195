/** Token counts in the two wire spellings. Unknown usage is null, never invented zeros. */

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
