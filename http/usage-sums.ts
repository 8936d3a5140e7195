/**
 * What requests have cost, and its sums. Counts of the provider and estimates of the gateway are kept apart all the way; `best` is
 * the count where there is one, else the estimate.
 */

/** One request that is over. */
export interface Spent {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly promptEst: number;
  readonly completionEst: number;
  /** Null: nobody has counted. */
  readonly prompt: number | null;
  readonly completion: number | null;
}

export interface UsageSum {
  requests: number;
  promptEst: number;
  completionEst: number;
  prompt: number;
  completion: number;
  promptBest: number;
  completionBest: number;
}

export const noUsage = (): UsageSum => ({
  requests: 0,
  promptEst: 0,
  completionEst: 0,
  prompt: 0,
  completion: 0,
  promptBest: 0,
  completionBest: 0,
});

export function addSpent(sum: UsageSum, { promptEst, completionEst, prompt, completion }: Omit<Spent, 'at'>): void {
  sum.requests += 1;
  sum.promptEst += promptEst;
  sum.completionEst += completionEst;
  sum.prompt += prompt ?? 0;
  sum.completion += completion ?? 0;
  sum.promptBest += prompt ?? promptEst;
  sum.completionBest += completion ?? completionEst;
}

/** `sign` -1 takes the second sum out of the first. */
export function addSum(sum: UsageSum, other: UsageSum, sign: 1 | -1 = 1): void {
  sum.requests += sign * other.requests;
  sum.promptEst += sign * other.promptEst;
  sum.completionEst += sign * other.completionEst;
  sum.prompt += sign * other.prompt;
  sum.completion += sign * other.completion;
  sum.promptBest += sign * other.promptBest;
  sum.completionBest += sign * other.completionBest;
}
