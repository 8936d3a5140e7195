/** Equal texts as one: what many hold at the same time is in memory once. Bounded: of those that come again the latest are known. */

export class Interned {
  readonly #most: number;
  readonly #charsMax: number;
  #texts = new Map<string, string>();
  #older = new Map<string, string>();

  /** At most `most` are remembered, none longer than `charsMax`. */
  constructor(most: number, charsMax: number) {
    this.#most = most;
    this.#charsMax = charsMax;
  }

  of(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined || text.length > this.#charsMax) return known ?? text;
    const old = this.#older.get(text) ?? text;
    if (this.#texts.size >= this.#most / 2) {
      this.#older = this.#texts;
      this.#texts = new Map();
    }
    this.#texts.set(old, old);
    return old;
  }
}
