/** A growing column of whole numbers, for millions of entries. */

export class Numbers {
  length = 0;
  #values = new Int32Array(2 ** 16);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const grown = new Int32Array(this.length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return this.#values[index] as number;
  }
}
