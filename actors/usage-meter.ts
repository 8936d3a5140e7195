/** Counts the tokens of one response: the sum over its samplings, and for an answer that was cut the running total. */

import type { Outcome } from '../machines/outcome.ts';
import type { Ending } from './log-entry.ts';
import type { TurnEvent, Usage } from './turn.ts';

const sum = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
  totalTokens: a.totalTokens + b.totalTokens,
});

export class UsageMeter {
  /** By the name of the sampling; one without a name is one of its own. */
  #samplings: Map<string, Usage> | null = null;
  /** The CLI's cumulative count; it is invented after some failures, and the only one after a length limit. */
  #total: Usage | null = null;
  /** Each of the samplings was counted by the provider itself. */
  #byProvider = true;

  sampled({ usage, sampling, countedBy }: Extract<TurnEvent, { type: 'sampling.completed' }>): void {
    if (usage === null) return;
    this.#samplings ??= new Map();
    this.#samplings.set(sampling ?? `#${this.#samplings.size}`, usage);
    this.#byProvider &&= countedBy === undefined;
  }

  observed(total: Usage): void {
    this.#total = total;
  }

  /** What is known; null: nothing is. */
  of(outcome: Outcome): Pick<Ending, 'usage' | 'countedBy'> | null {
    const samplings = [...(this.#samplings?.values() ?? [])];
    const source = this.#byProvider ? {} : ({ countedBy: 'token_count' } as const);
    if (samplings.length > 0) return { usage: samplings.reduce(sum), ...source };
    return outcome.type === 'incomplete' && this.#total !== null
      ? { usage: this.#total, countedBy: 'token_count' }
      : null;
  }
}
