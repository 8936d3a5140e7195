/** What the end of a log says beside its outcome: what the answer has cost, and whether the gateway has cut it; and the outcome where it has. */

import type { Outcome } from '../machines/outcome.ts';
import type { Bounds, Reached } from './bounds.ts';
import type { CallDesk } from './call-desk.ts';
import { charsOf, estimatedUsage, tokensOfChars } from './estimate.ts';
import type { ResponseLog } from './log.ts';
import type { Ending } from './log-entry.ts';
import type { UsageMeter } from './usage-meter.ts';

/** How a response ends that has reached a bound. */
export const outcomes = {
  stop: { type: 'completed' },
  length: { type: 'incomplete', reason: 'max_output_tokens' },
  tools: { type: 'completed' },
} as const satisfies Record<Reached, Outcome>;

type Counted = Pick<Ending, 'usage' | 'isEstimate' | 'countedBy'>;

export interface Answered {
  readonly log: ResponseLog;
  readonly bounds: Bounds;
  readonly desk: CallDesk;
  readonly meter: UsageMeter;
  /** Of the prompt, by estimate. */
  readonly inputTokens: number;
}

/** The provider's count; of an answer that nobody has counted, an estimate. Of a failure there may be nothing to tell. */
function usageOf(outcome: Outcome, { log, bounds, meter, inputTokens }: Answered): Counted {
  const counted = meter.of(outcome);
  if (counted !== null) return counted;
  if (outcome.type === 'failed' || outcome.type === 'cancelled') return { usage: null };
  // Where the answer was cut, what was counted for that.
  const output = bounds.reached === null ? tokensOfChars(charsOf(log)) : bounds.tokens;
  return { usage: estimatedUsage(inputTokens, output), isEstimate: true };
}

export function closingWords(outcome: Outcome, answered: Answered): Omit<Ending, 'outcome' | 'at'> {
  const { reached } = answered.bounds;
  const isAnswer = outcome.type === 'completed' || outcome.type === 'incomplete';
  return {
    ...usageOf(outcome, answered),
    ...(isAnswer && reached !== null ? { cut: reached } : {}),
    ...(isAnswer && answered.desk.more ? { moreCalls: true } : {}),
  };
}
