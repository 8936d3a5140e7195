/** How many requests a second are answered within a bound of time. Pure. */

import type { Bound } from './scenario.ts';

export interface Step {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/**
 * The highest rate up to which every step keeps the bound, and between that and the next one as far as a straight line does.
 * Where all of them keep it, or not even the lowest, the rate is told of that step, and that it is higher, or lower.
 */
export function rateWithin(
  steps: readonly Step[],
  boundMs: number,
): { readonly rate: number; readonly bound: Bound | null } {
  const rising = steps.toSorted((a, b) => a.perSecond - b.perSecond);
  const over = rising.findIndex(({ p99Ms }) => p99Ms > boundMs);
  // Without one that is over, the last of all.
  const [last, next] = [over < 0 ? rising.at(-1) : rising[over - 1], rising[over]];
  if (next === undefined) return { rate: last?.perSecond ?? 0, bound: '>=' };
  if (last === undefined) return { rate: next.perSecond, bound: '<=' };
  const share = (boundMs - last.p99Ms) / (next.p99Ms - last.p99Ms);
  return { rate: last.perSecond + share * (next.perSecond - last.perSecond), bound: null };
}
