/** Growing typed columns: amortised O(1) append, no object per element. */

const grown = (used: number, needed: number, least: number): number => Math.max(least, needed, used * 2);

/** V8 holds up to 64 bytes in the object itself. */
const leastCells = 16;
const leastBytes = 64;
const loopBytesMax = 64;
/** What is longer may be lent. */
const copiedBytesMax = 16_384;

/** The list with one more. Most have one only: a list that grows by pushing would have room for sixteen more, one made with it has not. */
export const added = <T>(list: T[], one: T): T[] => {
  if (list.length === 0) return [one];
  list.push(one);
  return list;
};

/** A column of unsigned 32-bit numbers. */
export class Column {
  #cells: Uint32Array;
  length = 0;

  constructor(cells: Uint32Array = new Uint32Array(0)) {
    this.#cells = cells;
    this.length = cells.length;
  }

  push(value: number): void {
    if (this.length === this.#cells.length) {
      const cells = new Uint32Array(grown(this.length, this.length + 1, leastCells));
      cells.set(this.#cells);
      this.#cells = cells;
    }
    this.#cells[this.length++] = value;
  }

  at(index: number): number {
    return this.#cells[index] ?? 0;
  }

  /** A view of exactly the used cells, valid until the next push. */
  view(): Uint32Array {
    return this.#cells.subarray(0, this.length);
  }
}

/** Bytes of another tape that stand behind the first `at` of a tape's own. */
interface Loan {
  readonly at: number;
  readonly bytes: Buffer;
}

/** Most tapes begin with nothing, and none writes into it: where there is no room, bytes are made anew. */
const noBytes = Buffer.alloc(0);

/** A column of bytes that text is written into as UTF-8. */
export class ByteTape {
  #bytes: Buffer;
  /** Of its own bytes. */
  length = 0;
  /** Null: it does not borrow. */
  #loans: Loan[] | null = null;
  #lentBytes = 0;

  constructor(bytes: Uint8Array = noBytes) {
    this.#bytes = bytes === noBytes ? noBytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
  }

  /** One that does not copy what is long: it is read piece by piece (`piece`), before the tapes that it borrows from go on. */
  static borrowing(): ByteTape {
    const tape = new ByteTape();
    tape.#loans = [];
    return tape;
  }

  /** With what is borrowed. */
  get total(): number {
    return this.length + this.#lentBytes;
  }

  #reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(grown(this.#bytes.length, needed, leastBytes));
    this.#bytes.copy(bytes, 0, 0, this.length);
    this.#bytes = bytes;
  }

  /** Writes the UTF-8 form; a lone surrogate becomes U+FFFD. */
  write(text: string): void {
    this.#reserve(text.length * 3);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  copy(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Copies a range; of the few bytes of a delta without a call into the runtime. */
  copyRange(bytes: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.#reserve(count);
    const [own, to] = [this.#bytes, this.length];
    if (count > 96) own.set(bytes.subarray(start, end), to);
    else for (let at = 0; at < count; at += 1) own[to + at] = bytes[start + at] ?? 0;
    this.length += count;
  }

  /** Copies a range of another tape. */
  copyFrom(tape: ByteTape, start: number, end: number): void {
    this.#reserve(end - start);
    const [from, to] = [tape.#bytes, this.#bytes];
    // A delta has a few bytes: a loop is faster than the call that would copy them, and makes no view.
    if (end - start > loopBytesMax) to.set(from.subarray(start, end), this.length);
    else for (let at = start, into = this.length; at < end; at += 1, into += 1) to[into] = from[at] ?? 0;
    this.length += end - start;
  }

  /** Takes a range of another tape. */
  borrow(tape: ByteTape, start: number, end: number): void {
    if (this.#loans === null || end - start <= copiedBytesMax) {
      this.copyFrom(tape, start, end);
      return;
    }
    this.#loans.push({ at: this.length, bytes: tape.view(start, end) });
    this.#lentBytes += end - start;
  }

  /** Of all, the bytes from `from` on that are together, at the most so many. */
  piece(from: number, bytesMax: number): Buffer {
    let lent = 0;
    for (const { at, bytes } of this.#loans ?? []) {
      const start = from - lent;
      if (start < at) return this.view(start, Math.min(at, start + bytesMax));
      if (start - at < bytes.length) return bytes.subarray(start - at, start - at + bytesMax);
      lent += bytes.length;
    }
    return this.view(from - lent, Math.min(this.length, from - lent + bytesMax));
  }

  /** A view of its own bytes, valid until the next write. */
  view(start = 0, end = this.length): Buffer {
    return this.#bytes.subarray(start, end);
  }

  /** The same of all, for those who want no `Buffer`. */
  bytes(): Uint8Array {
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset, this.length);
  }

  clear(): void {
    this.length = 0;
    if (this.#lentBytes === 0) return;
    this.#lentBytes = 0;
    this.#loans = [];
  }
}
