/**
 * Takes terminal colours (SGR sequences: ESC [ numbers m) out of the text of one item, however it is cut into pieces. Everything
 * else stays as it is, other control characters and incomplete sequences too. Invariant: what is released and held together is
 * the text so far without its colours; text without an ESC passes untouched and uncopied.
 */

const escape = '\u001b';
/** A longer one is no colour. */
const colour = /\u001b\[[0-9;:]{0,64}m/g;
/** What may become one. */
const beginning = /\u001b(?:\[[0-9;:]{0,64})?$/;

export const withoutColours = (text: string): string => (text.includes(escape) ? text.replace(colour, '') : text);

export class AnsiStripper {
  #held = '';

  get held(): boolean {
    return this.#held !== '';
  }

  push(piece: string): string {
    if (this.#held === '' && !piece.includes(escape)) return piece;
    const text = this.#held + piece;
    const begun = beginning.exec(text);
    const end = begun === null ? text.length : begun.index;
    this.#held = text.slice(end);
    return withoutColours(text.slice(0, end));
  }

  /** No more text will come: what looked like a beginning was none. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  /** The text is known from elsewhere. */
  drop(): void {
    this.#held = '';
  }
}
