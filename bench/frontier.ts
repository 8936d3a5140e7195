/** How many requests a second are answered within a bound of time. Pure. */

export interface Step {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/**
 * The highest rate up to which every step keeps the bound, and between that and the next one as far as a straight line does;
 * 0: not even the lowest.
 */
export function rateWithin(steps: readonly Step[], boundMs: number): number {
  const rising = steps.toSorted((a, b) => a.perSecond - b.perSecond);
  const over = rising.findIndex(({ p99Ms }) => p99Ms > boundMs);
  if (over < 0) return rising.at(-1)?.perSecond ?? 0;
  const [last, next] = [rising[over - 1], rising[over]];
  if (last === undefined || next === undefined) return 0;
  const share = (boundMs - last.p99Ms) / (next.p99Ms - last.p99Ms);
  return last.perSecond + share * (next.perSecond - last.perSecond);
}
