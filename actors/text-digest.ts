/** Recognises a text again of which only the beginning was seen, piece by piece, without keeping it. No protection from malice. */
export class TextDigest {
  #low = 0x811c9dc5;
  #high = 0x1000193;
  /** UTF-16 units. */
  length = 0;

  add(piece: string): void {
    for (let at = 0; at < piece.length; at += 1) {
      const unit = piece.charCodeAt(at);
      this.#low = Math.imul(this.#low ^ unit, 0x01000193);
      this.#high = Math.imul(this.#high ^ unit ^ (this.#low >>> 15), 0x85ebca6b);
    }
    this.length += piece.length;
  }

  /** Whether a text begins with what was seen. */
  begins(text: string): boolean {
    const other = new TextDigest();
    other.add(text.slice(0, this.length));
    return other.length === this.length && other.#low === this.#low && other.#high === this.#high;
  }
}
