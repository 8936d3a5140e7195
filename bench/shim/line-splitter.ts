/** Bytes in, whole lines out. Invariant: where the bytes were cut makes no difference. */

const lineFeed = 10;

export class LineSplitter {
  readonly #hear: (line: string) => void;
  #rest: Buffer[] = [];

  constructor(hear: (line: string) => void) {
    this.#hear = hear;
  }

  take(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      const tail = chunk.subarray(from, end);
      const line = this.#rest.length === 0 ? tail : Buffer.concat([...this.#rest, tail]);
      this.#rest = [];
      from = end + 1;
      this.#hear(line.toString('utf8'));
    }
    if (from < chunk.length) this.#rest.push(chunk.subarray(from));
  }
}
