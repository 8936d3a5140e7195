/**
 * Bytes that are expected again, and whether they stand somewhere: eight at a time, without a call into the runtime. Invariant: yes
 * means that all of them are equal. They are compared as floating-point numbers, which is exact because eight bytes of ASCII are
 * never "not a number", and none of two zeros.
 */

const wordBytes = 8;

export class SeenBytes {
  readonly length: number;
  readonly #words: Float64Array;

  /** A copy of at least eight bytes, all of them ASCII and not zero. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.length = end - start;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, this.length);
    const whole = Math.floor(this.length / wordBytes);
    this.#words = new Float64Array(whole + 1);
    for (let at = 0; at < whole; at += 1) this.#words[at] = view.getFloat64(at * wordBytes, true);
    // The last word begins within the one before, so that no bytes are left over.
    this.#words[whole] = view.getFloat64(this.length - wordBytes, true);
  }

  isAt(view: DataView, at: number): boolean {
    const words = this.#words;
    const last = words.length - 1;
    if (at + this.length > view.byteLength) return false;
    // The end is where most of those differ that do.
    if (view.getFloat64(at + this.length - wordBytes, true) !== words[last]) return false;
    for (let index = 0; index < last; index += 1)
      if (view.getFloat64(at + index * wordBytes, true) !== words[index]) return false;
    return true;
  }
}
