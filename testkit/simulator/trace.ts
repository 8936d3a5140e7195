/**
 * What happened, one line an event, about whom: kept for a while to tell the story of a violation, and summed up in a hash that
 * proves two runs equal.
 */

import { fnvBasis, fnvMix, fnvName, fnvOf } from '../fnv.ts';

const kept = 60_000;

export interface TraceEvent {
  readonly at: number;
  /** A response, or `worker/<slot>`. */
  readonly about: string;
  readonly what: string;
}

export class Trace {
  readonly #events: TraceEvent[] = [];
  /** The time of the first event. */
  #startedAt: number | null = null;
  readonly #print: ((line: string) => void) | null;
  #next = 0;
  #hash = fnvBasis;

  constructor(print: ((line: string) => void) | null) {
    this.#print = print;
  }

  add(at: number, about: string, what: string): void {
    this.#startedAt ??= at;
    const event = { at, about, what };
    this.#events[this.#next % kept] = event;
    this.#next += 1;
    this.#hash = fnvOf(what, fnvOf(about, fnvMix(this.#hash, at - this.#startedAt)));
    this.#print?.(this.#line(event));
  }

  get hash(): string {
    return fnvName(this.#hash);
  }

  /** The last events about any of these, or about anybody when nobody is named; at most `linesMax`. */
  story(about: readonly string[], linesMax = 24): readonly string[] {
    const from = Math.max(0, this.#next - kept);
    const found: string[] = [];
    for (let index = this.#next - 1; index >= from && found.length < linesMax; index -= 1) {
      const event = this.#events[index % kept];
      if (event !== undefined && (about.length === 0 || about.includes(event.about))) found.unshift(this.#line(event));
    }
    return found;
  }

  #line({ at, about, what }: TraceEvent): string {
    return `${(at - (this.#startedAt ?? at)).toFixed(0).padStart(9)} ms  ${about} <- ${what}`;
  }
}
