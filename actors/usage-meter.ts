/** Counts the tokens of one response: the sum over its samplings, and for an answer that was cut the running total. */

import type { Outcome } from '../machines/outcome.ts';
import { tokensOf } from './bounds.ts';
import type { Json, Turn, TurnEvent, Usage } from './turn.ts';

const sum = (a: Usage, b: Usage): Usage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  cachedInputTokens: a.cachedInputTokens + b.cachedInputTokens,
  cacheWriteInputTokens: a.cacheWriteInputTokens + b.cacheWriteInputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  reasoningOutputTokens: a.reasoningOutputTokens + b.reasoningOutputTokens,
  totalTokens: a.totalTokens + b.totalTokens,
});

/** Members of items that hold what the model reads as text. */
const texts: ReadonlySet<string> = new Set(['text', 'content', 'arguments', 'input', 'output']);

const textBytes = (value: Json, isText = false): number => {
  if (typeof value === 'string') return isText ? Buffer.byteLength(value) : 0;
  if (typeof value !== 'object' || value === null) return 0;
  let bytes = 0;
  if (Array.isArray(value)) for (const member of value) bytes += textBytes(member, isText);
  else for (const [key, member] of Object.entries(value)) bytes += textBytes(member, texts.has(key));
  return bytes;
};

/** Tokens of a prompt, by estimate. */
export const inputTokensOf = ({ items, baseInstructions = '' }: Pick<Turn, 'items' | 'baseInstructions'>): number =>
  tokensOf(textBytes(items) + Buffer.byteLength(baseInstructions));

/** Of an answer that nobody has counted. That there was one has cost at least a token. */
export const estimatedUsage = (input: number, output: number): Usage => {
  const [inputTokens, outputTokens] = [Math.max(1, input), Math.max(1, output)];
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: 0,
    totalTokens: inputTokens + outputTokens,
  };
};

export class UsageMeter {
  /** By the name of the sampling; one without a name is one of its own. */
  readonly #samplings = new Map<string, Usage>();
  /** The CLI's cumulative count; it is invented after some failures, and the only one after a length limit. */
  #total: Usage | null = null;

  sampled({ usage, sampling }: Extract<TurnEvent, { type: 'sampling.completed' }>): void {
    if (usage !== null) this.#samplings.set(sampling ?? `#${this.#samplings.size}`, usage);
  }

  observed(total: Usage): void {
    this.#total = total;
  }

  /** Null: unknown. */
  of(outcome: Outcome): Usage | null {
    const samplings = [...this.#samplings.values()];
    if (samplings.length > 0) return samplings.reduce(sum);
    return outcome.type === 'incomplete' ? this.#total : null;
  }
}
