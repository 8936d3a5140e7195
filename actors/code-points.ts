/** Text in pieces that may part a surrogate pair, as pieces of whole code points; a lone surrogate becomes U+FFFD. */
export class CodePoints {
  /** A high surrogate that waits for its partner. */
  #held = '';

  push(piece: string): string {
    const whole = this.#held + piece;
    const last = whole.charCodeAt(whole.length - 1);
    const text = last >= 0xd800 && last <= 0xdbff ? whole.slice(0, -1) : whole;
    this.#held = whole.slice(text.length);
    return text.isWellFormed() ? text : text.toWellFormed();
  }

  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held === '' ? '' : '\ufffd';
  }
}

/** UTF-16 units of one delta. */
export const deltaCharsMax = 32_768;

/** The end of a piece that does not go beyond `limit` and does not part a surrogate pair. */
export const cutBefore = (text: string, limit: number): number => {
  if (limit >= text.length) return text.length;
  const last = text.charCodeAt(limit - 1);
  return last >= 0xd800 && last <= 0xdbff ? limit - 1 : limit;
};
