/** What rounds come to. Pure. Invariant: a spread is made of all rounds, none is left out. */

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Of a sorted list, between two neighbours where it falls between them. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const [low, high] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

export function spreadOf(numbers: readonly number[]): Spread {
  if (numbers.some((each) => !Number.isFinite(each)) || numbers.length === 0)
    throw new Error(`no figure can be made of ${numbers.join(', ') || 'no rounds'}`);
  return { median: median(numbers), min: Math.min(...numbers), max: Math.max(...numbers) };
}
