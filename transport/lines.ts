/**
 * Cuts a byte stream into lines. Linear in the bytes whatever the chunking: a line is decoded once, and not at all where its bytes
 * are enough; one that spans chunks is put together once. Invariant: never holds more than `lineBytesMax` bytes; after an overflow
 * it yields nothing.
 *
 * Long lines that nobody needs (the CLI echoes every injected byte) are recognised by their head and never put together.
 */

const newline = 0x0a;

export interface LineOptions {
  readonly lineBytesMax: number;
  /** Enough of a line's beginning to judge it by. */
  readonly headBytes?: number;
  readonly unwanted?: (head: string) => boolean;
}

export interface LineHearer {
  /** Not empty, without its end. */
  readonly line: (text: string) => void;
  /** Asked first, at the beginning of each line that is whole: what is behind its end, or -1 for a line that is wanted as text. */
  readonly take?: (bytes: Buffer, at: number) => number;
}

export class LineSplitter {
  readonly #options: LineOptions;
  readonly #headBytes: number;
  /** Pieces of the line that is not complete yet. */
  #pieces: Buffer[] = [];
  #pieceBytes = 0;
  #judged = false;
  #discarding = false;
  #overflowed = false;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#headBytes = options.headBytes ?? 192;
  }

  /** A line was longer than allowed; the stream cannot be trusted any more. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** The non-empty lines that end in this chunk, without their ends; CRLF is tolerated, invalid UTF-8 replaced. */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    this.read(chunk, { line: (text) => lines.push(text) });
    return lines;
  }

  /** The same, one after the other. */
  read(chunk: Buffer, hearer: LineHearer): void {
    if (this.#overflowed) return;
    const last = chunk.lastIndexOf(newline);
    if (last === -1) {
      this.#hold(chunk);
      return;
    }
    let start = 0;
    if (this.#pieceBytes > 0) {
      start = chunk.indexOf(newline) + 1;
      if (this.#pieceBytes + start - 1 > this.#options.lineBytesMax) {
        this.#overflow();
        return;
      }
      const pieces = this.#discarding ? null : this.#pieces;
      this.#release();
      if (pieces !== null) {
        const whole = Buffer.concat([...pieces, chunk.subarray(0, start)]);
        this.#cut(whole, 0, whole.length, hearer);
      }
    }
    this.#cut(chunk, start, last + 1, hearer);
    if (last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1));
  }

  /** Whole lines. */
  #cut(bytes: Buffer, start: number, end: number, hearer: LineHearer): void {
    for (let at = start; at < end && !this.#overflowed; ) {
      const taken = hearer.take?.(bytes, at) ?? -1;
      if (taken !== -1) {
        at = taken;
        continue;
      }
      const stop = bytes.indexOf(newline, at);
      if (stop - at > this.#options.lineBytesMax) {
        this.#overflow();
        return;
      }
      const isLong = stop - at >= this.#headBytes;
      if (!isLong || this.#options.unwanted?.(bytes.toString('latin1', at, at + this.#headBytes)) !== true) {
        const text = bytes.toString('utf8', at, bytes[stop - 1] === 0x0d && stop > at ? stop - 1 : stop);
        if (text !== '') hearer.line(text);
      }
      at = stop + 1;
    }
  }

  #hold(piece: Buffer): void {
    this.#pieceBytes += piece.length;
    if (this.#pieceBytes > this.#options.lineBytesMax) {
      this.#overflow();
      return;
    }
    if (this.#discarding) return;
    this.#pieces.push(piece);
    if (this.#judged || this.#pieceBytes < this.#headBytes) return;
    this.#judged = true;
    if (this.#options.unwanted?.(this.#head()) !== true) return;
    this.#discarding = true;
    this.#pieces = [];
  }

  #head(): string {
    return Buffer.concat(this.#pieces).toString('latin1', 0, this.#headBytes);
  }

  #release(): void {
    this.#pieces = [];
    this.#pieceBytes = 0;
    this.#judged = false;
    this.#discarding = false;
  }

  #overflow(): void {
    this.#overflowed = true;
    this.#release();
  }
}
