/**
 * Token counts in the three shapes of the wire: as the provider says them, as `rawResponse/completed` says them, and as
 * the cumulative `thread/tokenUsage/updated`. Invariant: `totalTokens` is input plus output unless it was invented.
 */
import type { JsonObject } from './lines.ts';

export interface Usage {
  readonly input: number;
  readonly cached: number;
  readonly output: number;
  readonly reasoning: number;
}

export const usageNone: Usage = { input: 0, cached: 0, output: 0, reasoning: 0 };
export const usageDefault: Usage = { input: 8, cached: 0, output: 6, reasoning: 0 };

/** What the patched catalog makes of its 100 M token window. */
export const contextWindowTokens = 95_000_000;

export const addUsage = (left: Usage, right: Usage): Usage => ({
  input: left.input + right.input,
  cached: left.cached + right.cached,
  output: left.output + right.output,
  reasoning: left.reasoning + right.reasoning,
});

export const usageView = (usage: Usage, totalTokens = usage.input + usage.output): JsonObject => ({
  totalTokens,
  inputTokens: usage.input,
  cachedInputTokens: usage.cached,
  cacheWriteInputTokens: 0,
  outputTokens: usage.output,
  reasoningOutputTokens: usage.reasoning,
});

export const usageMetadata = (usage: Usage): JsonObject => ({
  amount: null,
  metadata: {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  },
});

export const tokenUsageView = (total: JsonObject, last: JsonObject): JsonObject => ({
  total,
  last,
  modelContextWindow: contextWindowTokens,
});

export const rateLimitsView = (primary: JsonObject | null, secondary: JsonObject | null): JsonObject => ({
  limitId: 'codex',
  limitName: null,
  normalModelSlug: null,
  primary,
  secondary,
  credits: null,
  individualLimit: null,
  spendControlReached: null,
  planType: null,
  rateLimitReachedType: null,
});
