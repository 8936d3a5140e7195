/**
 * The frames of one part's deltas: fixed bytes, for some wire formats with the entry's number in them, the text, fixed bytes.
 * Invariant: what is written is what general code would write for each; only who writes many in a row does not begin anew
 * each time.
 */

import type { ResponseLog } from '../actors/log.ts';
import type { ByteTape } from '../actors/tape.ts';

const zero = 48;
const nine = 57;

export class DeltaFrame {
  readonly #before: Uint8Array;
  readonly #after: Uint8Array;
  /** `#before`, the number, what stands behind it. Bytes of its own: those of a shared pool would hold all of that. */
  #head: Uint8Array;
  /** The number that stands in the head. */
  #number = 0;
  /** Where its last digit stands. */
  #digit = 0;

  /** `behind`: what stands between the number and the text; null: there is no number. */
  constructor(before: Uint8Array, behind: Uint8Array | null, after: Uint8Array) {
    this.#after = after;
    if (behind === null) {
      this.#head = new Uint8Array(before);
      this.#before = this.#head;
      this.#number = -1;
    } else {
      this.#before = before;
      this.#digit = before.length;
      this.#head = new Uint8Array(before.length + 1 + behind.length);
      this.#head.set(before);
      this.#head[this.#digit] = zero;
      this.#head.set(behind, this.#digit + 1);
    }
  }

  /**
   * Writes the deltas of part `part` from `cursor` on, until there is another entry or `out` holds `roomBytes`. Returns the next
   * cursor.
   */
  write(log: ResponseLog, cursor: number, part: number, out: ByteTape, roomBytes: number): number {
    let next = cursor;
    for (; out.length < roomBytes && log.deltaPart(next) === part; next += 1) {
      if (this.#number >= 0) this.#turnTo(next);
      out.copy(this.#head);
      log.copyDelta(next, out);
      out.copy(this.#after);
    }
    return next;
  }

  #turnTo(number: number): void {
    if (number === this.#number) return;
    const last = this.#head[this.#digit] ?? 0;
    if (number === this.#number + 1 && last < nine) this.#head[this.#digit] = last + 1;
    else this.#spell(number);
    this.#number = number;
  }

  #spell(number: number): void {
    const digits = String(number);
    const before = this.#before;
    const last = before.length + digits.length - 1;
    if (this.#digit !== last) {
      const behind = this.#head.subarray(this.#digit + 1);
      const head = new Uint8Array(last + 1 + behind.length);
      head.set(before);
      head.set(behind, last + 1);
      this.#head = head;
      this.#digit = last;
    }
    for (let at = 0; at < digits.length; at += 1) this.#head[before.length + at] = zero + Number(digits[at]);
  }
}
