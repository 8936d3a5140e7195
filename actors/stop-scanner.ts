/**
 * Finds where the text of one message has to end because of a stop sequence, however the text is cut into pieces. Invariant:
 * what is released is the text up to the first match, the one that begins earliest in the whole text; only what may still be
 * the beginning of a match is held back. Linear in the text: what is held back is a prefix of a stop sequence, so nothing
 * is kept or read twice (Knuth, Morris and Pratt).
 */

class Pattern {
  readonly text: string;
  /** Units of it that the text ends with. */
  matched = 0;
  /** At `i`: of its first `i + 1` units, the longest proper prefix that is also a suffix. */
  readonly #borders: Uint32Array;

  constructor(text: string) {
    this.text = text;
    this.#borders = new Uint32Array(text.length);
    for (let at = 1; at < text.length; at += 1)
      this.#borders[at] = this.#after(text.charCodeAt(at), this.#borders[at - 1]);
  }

  /** Whether it has just been found. */
  read(unit: number): boolean {
    this.matched = this.#after(unit, this.matched);
    if (this.matched < this.text.length) return false;
    this.matched = this.#borders[this.matched - 1] ?? 0;
    return true;
  }

  #after(unit: number, from = 0): number {
    let matched = from;
    while (matched > 0 && this.text.charCodeAt(matched) !== unit) matched = this.#borders[matched - 1] ?? 0;
    return this.text.charCodeAt(matched) === unit ? matched + 1 : 0;
  }
}

export class StopScanner {
  readonly #patterns: readonly Pattern[];
  /** Units read. */
  #length = 0;
  /** Where the match begins that is the first unless a longer one that has begun before it is completed. */
  #match: number | null = null;
  /** Nothing more is released. */
  found = false;

  /** Well-formed and not empty; so are the pieces. */
  constructor(stops: readonly string[]) {
    this.#patterns = stops.map((stop) => new Pattern(stop));
  }

  /** There is nothing to look for. */
  get isIdle(): boolean {
    return this.#patterns.length === 0;
  }

  /** What has been read and not been released: it may begin a match. */
  get held(): string {
    let held = '';
    if (this.found) return held;
    for (const { text, matched } of this.#patterns) if (matched > held.length) held = text.slice(0, matched);
    return held;
  }

  /** What can be released now. */
  push(piece: string): string {
    if (this.#patterns.length === 0 || this.found) return this.found ? '' : piece;
    const before = this.held;
    const from = this.#length - before.length;
    let end = from;
    for (let at = 0; at < piece.length && !this.found; at += 1) end = this.#read(piece.charCodeAt(at));
    const released = end - from;
    return released <= before.length ? before.slice(0, released) : before + piece.slice(0, released - before.length);
  }

  /** The message ends: releases what was held back, up to a match. */
  flush(): string {
    const { held } = this;
    const end = this.#match === null ? held.length : this.#match - (this.#length - held.length);
    this.found = this.found || this.#match !== null;
    this.#length = 0;
    for (const pattern of this.#patterns) pattern.matched = 0;
    return held.slice(0, end);
  }

  /** What has been read and not been released was never said. */
  forget(): void {
    this.#length = 0;
    this.#match = null;
    for (const pattern of this.#patterns) pattern.matched = 0;
  }

  /** Returns up to where the text can be released. */
  #read(unit: number): number {
    this.#length += 1;
    let longest = 0;
    for (const pattern of this.#patterns) {
      if (pattern.read(unit)) this.#match = Math.min(this.#match ?? this.#length, this.#length - pattern.text.length);
      longest = Math.max(longest, pattern.matched);
    }
    const begun = this.#length - longest;
    this.found = this.#match !== null && begun >= this.#match;
    return this.found ? (this.#match ?? begun) : begun;
  }
}
