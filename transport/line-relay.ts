/**
 * Passes on what another process writes, whole lines at a time, so that lines of several never mix. Invariant: nothing is held but
 * the beginning of one line, and of that no more than `lineBytesMax`.
 */

const newline = 0x0a;

/** Gets one line or several, without the end of the last one, and how many they are. */
export type Pass = (lines: string, count: number) => void;

export class LineRelay {
  readonly #lineBytesMax: number;
  readonly #pass: Pass;
  #pieces: Buffer[] = [];
  #held = 0;

  constructor(lineBytesMax: number, pass: Pass) {
    this.#lineBytesMax = lineBytesMax;
    this.#pass = pass;
  }

  push(chunk: Buffer): void {
    const last = chunk.lastIndexOf(newline);
    if (last < 0) this.#hold(chunk);
    else {
      this.#flush(chunk.subarray(0, last));
      this.#hold(chunk.subarray(last + 1));
    }
  }

  /** What it wrote last has no end. */
  end(): void {
    if (this.#held > 0) this.#flush(Buffer.alloc(0));
  }

  #hold(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#held += piece.length;
    // Longer than any line of a log: better cut than kept.
    if (this.#held > this.#lineBytesMax) this.#flush(Buffer.alloc(0));
  }

  #flush(rest: Buffer): void {
    const lines = this.#held === 0 ? rest : Buffer.concat([...this.#pieces, rest]);
    this.#pieces = [];
    this.#held = 0;
    let count = 1;
    for (let at = lines.indexOf(newline); at >= 0; at = lines.indexOf(newline, at + 1)) count += 1;
    this.#pass(lines.toString('utf8'), count);
  }
}
