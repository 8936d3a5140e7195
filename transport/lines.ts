/**
 * Cuts a byte stream into lines. Linear in the bytes whatever the chunking: a chunk is decoded once, a line that spans
 * chunks is put together once. Invariant: never holds more than `lineBytesMax` bytes; after an overflow it yields nothing.
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
    if (this.#overflowed) return [];
    const last = chunk.lastIndexOf(newline);
    if (last === -1) {
      this.#hold(chunk);
      return [];
    }
    let start = 0;
    const lines: string[] = [];
    if (this.#pieceBytes > 0) {
      const first = chunk.indexOf(newline);
      if (this.#pieceBytes + first > this.#options.lineBytesMax) return this.#overflow();
      if (!this.#discarding) add(lines, Buffer.concat([...this.#pieces, chunk.subarray(0, first)]).toString('utf8'));
      start = first + 1;
      this.#release();
    }
    if (start < last) {
      const text = chunk.toString('utf8', start, last);
      // A chunk is small against the limit, except in tests and with a tiny limit.
      if (text.length > this.#options.lineBytesMax / 3 && tooLong(chunk, start, last, this.#options.lineBytesMax)) {
        return this.#overflow(lines);
      }
      for (let from = 0; from <= text.length; ) {
        const end = text.indexOf('\n', from);
        add(lines, end === -1 ? text.slice(from) : text.slice(from, end));
        if (end === -1) break;
        from = end + 1;
      }
    }
    if (last + 1 < chunk.length) this.#hold(chunk.subarray(last + 1));
    return lines;
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

  #overflow(lines: readonly string[] = []): readonly string[] {
    this.#overflowed = true;
    this.#release();
    return lines;
  }
}

const add = (lines: string[], line: string): void => {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (text !== '') lines.push(text);
};

const tooLong = (chunk: Buffer, start: number, end: number, bytesMax: number): boolean => {
  for (let from = start; from < end; ) {
    const at = chunk.indexOf(newline, from);
    const stop = at === -1 ? end : Math.min(at, end);
    if (stop - from > bytesMax) return true;
    from = stop + 1;
  }
  return false;
};
