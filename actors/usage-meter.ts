/** Counts the tokens of one response: the sum over its samplings, and for an answer that was cut the running total. */

import type { Outcome } from '../machines/outcome.ts';
import type { Usage } from './turn.ts';

const sum = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
  totalTokens: a.totalTokens + b.totalTokens,
});

export class UsageMeter {
  #sampled: Usage | null = null;
  /** The CLI's cumulative count; it is invented after some failures, and the only one after a length limit. */
  #total: Usage | null = null;

  sampled(usage: Usage | null): void {
    if (usage !== null) this.#sampled = this.#sampled === null ? usage : sum(this.#sampled, usage);
  }

  observed(total: Usage): void {
    this.#total = total;
  }

  /** Null: unknown. */
  of(outcome: Outcome): Usage | null {
    return outcome.type === 'incomplete' ? (this.#sampled ?? this.#total) : this.#sampled;
  }
}
