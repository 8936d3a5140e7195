/**
 * When a subject is warm, and how large a load is that takes long enough. Invariant: both are decided by what was read of the
 * same variant before, and have a bound.
 */

const near = 0.03;

/** The last two readings are as good as equal. */
export function isSettled(readings: readonly number[]): boolean {
  const [last, before] = [readings.at(-1), readings.at(-2)];
  if (last === undefined || before === undefined) return false;
  return Math.abs(last - before) <= near * Math.max(Math.abs(last), Math.abs(before));
}

/** How many readings that took; at least one, at most `bound`. */
export async function warm(read: () => Promise<number>, bound: number): Promise<number> {
  const readings: number[] = [];
  do readings.push(await read());
  while (readings.length < bound && !isSettled(readings));
  return readings.length;
}

const million = 1_000_000;
/** What gets faster while it is warmed up still takes the time it should. */
const margin = 1.1;
const countMax = 1_000_000;

/** The size of each variant's next load, so that it takes `seconds`; null: always the first one. */
export class Sizes {
  readonly #first: number;
  readonly #seconds: number | null;
  readonly #next = new Map<string, number>();

  constructor(first: number, seconds: number | null) {
    this.#first = first;
    this.#seconds = seconds;
  }

  /** Runs a load of the size that is due; `elapsedMicros` is read of what it gives back. */
  async run<T extends { readonly report: { readonly elapsedMicros: number } }>(
    variant: string,
    act: (count: number) => Promise<T>,
  ): Promise<readonly [count: number, result: T]> {
    const count = this.#next.get(variant) ?? this.#first;
    const result = await act(count);
    if (this.#seconds !== null) {
      const perMicro = count / Math.max(1, result.report.elapsedMicros);
      const wanted = Math.ceil(perMicro * this.#seconds * million * margin);
      this.#next.set(variant, Math.min(countMax, Math.max(this.#first, wanted)));
    }
    return [count, result];
  }
}
