/**
 * The times between the pieces in which an answer comes, a piece being all that the worker has written at once. Invariant: it costs a
 * comparison or two for each piece, and the same few bytes however long the answer is.
 */

export interface GapCounts {
  /** One for each bound, and one beyond them. */
  readonly counts: ArrayLike<number>;
  readonly sumMs: number;
}

export const gapBoundsMs = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 30_000] as const;

/** Of who has not been counted yet: many a stream is silent for long. */
const noCounts: readonly number[] = Array.from({ length: gapBoundsMs.length + 1 }, () => 0);

export class Gaps implements GapCounts {
  #counts: number[] | null = null;
  sumMs = 0;
  #lastAt: number | null = null;

  get counts(): readonly number[] {
    return this.#counts ?? noCounts;
  }

  heard(now: number): void {
    if (this.#lastAt !== null) {
      const gapMs = now - this.#lastAt;
      let index = 0;
      while (index < gapBoundsMs.length && gapMs > (gapBoundsMs[index] ?? 0)) index += 1;
      this.#counts ??= noCounts.slice();
      this.#counts[index] = (this.#counts[index] ?? 0) + 1;
      this.sumMs += gapMs;
    }
    this.#lastAt = now;
  }
}
