/**
 * What was spent when, for questions about any interval. Sums by the hour (UTC) answer for the hours that lie within it, and the
 * requests themselves for the hours that its ends cut: a question costs at most one look at each hour and at each of the latest
 * requests, however many there have ever been.
 *
 * Memory is bounded: 17,568 hours with requests (two years without a pause) of some 100 bytes, 262,144 requests of 24 bytes, and the
 * lines of the latest 10,000. Beyond, the oldest go. Of an hour that is cut, a request that is not among the latest any more counts as
 * if it had come when the hour began; otherwise answers are exact.
 *
 * While the files of earlier processes are being read, what comes is kept apart, so that it stays the latest.
 */

import { UsageEvents } from './usage-events.ts';
import { addSpent, addSum, noUsage, type Spent, type UsageSum } from './usage-sums.ts';

export const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export interface Bucket extends UsageSum {
  /** Its beginning, in milliseconds since the Unix epoch. */
  readonly at: number;
}

export interface UsageAnswer {
  readonly sum: UsageSum;
  /** With requests only, ascending. */
  readonly buckets: readonly Bucket[];
}

export type Grouping = 'hour' | 'day';

export interface BookLimits {
  readonly hoursMax: number;
  readonly eventsMax: number;
  readonly linesMax: number;
}

const usual: BookLimits = { hoursMax: 17_568, eventsMax: 262_144, linesMax: 10_000 };

/** Requests that may come while files are read; with more, the latest of all are no longer told apart. */
const waitingMax = 10_000;

export class UsageBook {
  readonly #limits: BookLimits;
  readonly #hours = new Map<number, UsageSum>();
  readonly #events: UsageEvents;
  /** Lines of the latest requests; a ring, once it is full. */
  readonly #lines: string[] = [];
  #nextLine = 0;
  /** Null: no file is being read. */
  #waiting: { readonly spent: Spent; readonly line: string }[] | null = null;

  constructor(limits: Partial<BookLimits> = {}) {
    this.#limits = { ...usual, ...limits };
    this.#events = new UsageEvents(this.#limits.eventsMax);
  }

  add(spent: Spent, line: string): void {
    if (this.#waiting === null || this.#waiting.length >= waitingMax) this.restore(spent, line);
    else this.#waiting.push({ spent, line });
  }

  /** From now on earlier requests are told by `restore`. */
  restoring(): void {
    this.#waiting ??= [];
  }

  restore(spent: Spent, line: string): void {
    this.#events.add(spent);
    this.#keepLine(line);
    const hour = Math.floor(spent.at / hourMs);
    const known = this.#hours.get(hour);
    if (known !== undefined) addSpent(known, spent);
    else {
      const sum = noUsage();
      addSpent(sum, spent);
      this.#hours.set(hour, sum);
      if (this.#hours.size > this.#limits.hoursMax) this.#hours.delete(this.#oldestHour());
    }
  }

  restored(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = null;
    for (const { spent, line } of waiting) this.restore(spent, line);
  }

  /** From `start` on, before `end`. */
  ask(start: number, end: number, group: Grouping = 'hour'): UsageAnswer {
    const sum = noUsage();
    const buckets = new Map<number, Bucket>();
    const widthMs = group === 'hour' ? hourMs : dayMs;
    for (const [hour, spent] of this.#within(start, end)) {
      if (spent.requests === 0) continue;
      addSum(sum, spent);
      const at = Math.floor((hour * hourMs) / widthMs) * widthMs;
      const bucket = buckets.get(at) ?? { at, ...noUsage() };
      addSum(bucket, spent);
      buckets.set(at, bucket);
    }
    return { sum, buckets: [...buckets.values()].sort((a, b) => a.at - b.at) };
  }

  /** The lines of the latest requests, oldest first. */
  latest(count: number): readonly string[] {
    const kept = [...this.#lines.slice(this.#nextLine), ...this.#lines.slice(0, this.#nextLine)];
    const lines = [...kept, ...(this.#waiting ?? []).map(({ line }) => line)];
    return lines.slice(Math.max(0, lines.length - count));
  }

  *#within(start: number, end: number): Generator<readonly [hour: number, sum: UsageSum]> {
    const cut = new Map<number, UsageSum>();
    for (const [hour, sum] of this.#hours) {
      const begins = hour * hourMs;
      if (begins + hourMs <= start || begins >= end) continue;
      if (begins >= start && begins + hourMs <= end) yield [hour, sum];
      else cut.set(hour, sum);
    }
    for (const [hour, sum] of cut) yield [hour, this.#part(hour, sum, start, end)];
    for (const { spent } of this.#waiting ?? []) {
      if (spent.at < start || spent.at >= end) continue;
      const one = noUsage();
      addSpent(one, spent);
      yield [Math.floor(spent.at / hourMs), one];
    }
  }

  /** What of an hour that is cut lies within. */
  #part(hour: number, whole: UsageSum, start: number, end: number): UsageSum {
    const begins = hour * hourMs;
    const [within, known] = [noUsage(), noUsage()];
    this.#events.each(begins, begins + hourMs, (spent) => {
      addSpent(known, spent);
      if (spent.at >= start && spent.at < end) addSpent(within, spent);
    });
    if (begins >= start) {
      addSum(within, whole);
      addSum(within, known, -1);
    }
    return within;
  }

  #keepLine(line: string): void {
    this.#lines[this.#nextLine] = line;
    this.#nextLine = (this.#nextLine + 1) % this.#limits.linesMax;
  }

  #oldestHour(): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (const hour of this.#hours.keys()) oldest = Math.min(oldest, hour);
    return oldest;
  }
}
