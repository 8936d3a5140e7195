/**
 * Quantiles of what was measured lately. A measurement is kept as one of a fixed number of sizes, each a tenth larger than the one
 * before, so a quantile is within five percent. Invariant: a window has the same few kilobytes whatever is measured, and measuring
 * costs the same.
 */

const growth = Math.log(1.1);
/** The largest size is beyond twenty minutes, in milliseconds. */
const sizes = 150;
const slices = 5;

const sizeOf = (value: number): number =>
  value <= 1 ? 0 : Math.min(sizes - 1, Math.max(0, Math.ceil(Math.log(value) / growth)));

/** The middle of the values that count as this size. */
const valueOf = (size: number): number => (size === 0 ? 1 : Math.exp((size - 0.5) * growth));

/** Each in [0, 1]; NaN where nothing was measured within the window, as Prometheus has it. */
export const quantilesOf = (measured: readonly number[], wanted: readonly number[]): readonly number[] => {
  const total = measured.reduce((sum, count) => sum + count, 0);
  return wanted.map((quantile) => {
    let rest = Math.max(1, Math.ceil(quantile * total));
    const size = measured.findIndex((count) => (rest -= count) <= 0);
    return total === 0 ? Number.NaN : valueOf(size);
  });
};

export class QuantileWindow {
  readonly #counts = Array.from({ length: slices }, () => new Uint32Array(sizes));
  readonly #sliceMs: number;
  #slice: number;

  constructor(windowMs: number, now: number) {
    this.#sliceMs = windowMs / slices;
    this.#slice = Math.floor(now / this.#sliceMs);
  }

  measured(value: number, now: number): void {
    this.#turn(now);
    const counts = this.#counts[this.#slice % slices];
    const size = sizeOf(value);
    if (counts !== undefined) counts[size] = (counts[size] ?? 0) + 1;
  }

  /** How often each size was measured within the window: windows of several processes are one when these are added. */
  sizes(now: number): readonly number[] {
    this.#turn(now);
    const sums = Array.from({ length: sizes }, () => 0);
    for (const counts of this.#counts) for (let size = 0; size < sizes; size += 1) sums[size]! += counts[size] ?? 0;
    return sums;
  }

  quantiles(wanted: readonly number[], now: number): readonly number[] {
    return quantilesOf(this.sizes(now), wanted);
  }

  #turn(now: number): void {
    const slice = Math.floor(now / this.#sliceMs);
    const passed = Math.min(slices, slice - this.#slice);
    for (let step = 1; step <= passed; step += 1) this.#counts[(this.#slice + step) % slices]?.fill(0);
    if (slice > this.#slice) this.#slice = slice;
  }
}
