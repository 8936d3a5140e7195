/**
 * A set of global states, each a vector of 16-bit numbers, numbered in the order of arrival. Open addressing over one flat
 * table of numbers; the vectors lie in pages. Invariant: a number, once given, is the state's for ever.
 */

const pageBits = 14;
const pageStates = 2 ** pageBits;

export class StateSet {
  readonly width: number;
  size = 0;
  readonly #pages: Uint16Array[] = [];
  #slots = new Int32Array(2 ** 16);
  /** Upper bits of each state's hash, so that most comparisons end here. */
  #tags = new Uint8Array(2 ** 16);

  constructor(width: number) {
    this.width = width;
  }

  #hash(state: Uint16Array): number {
    let hash = 0x811c9dc5;
    for (let index = 0; index < this.width; index += 1)
      hash = Math.imul(hash ^ (state[index] as number), 0x01000193 + 2 * index);
    hash ^= hash >>> 15;
    hash = Math.imul(hash, 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) >>> 0;
  }

  #equal(id: number, state: Uint16Array): boolean {
    const page = this.#pages[id >>> pageBits] as Uint16Array;
    const at = (id & (pageStates - 1)) * this.width;
    for (let index = 0; index < this.width; index += 1) if (page[at + index] !== state[index]) return false;
    return true;
  }

  /** The state's number; -1: it is none of them. */
  find(state: Uint16Array): number {
    const hash = this.#hash(state);
    return (this.#slots[this.#slotOf(state, hash)] as number) - 1;
  }

  /** Where the state is, or would be. */
  #slotOf(state: Uint16Array, hash: number): number {
    const mask = this.#slots.length - 1;
    const tag = hash >>> 24;
    let slot = hash & mask;
    for (let id = this.#slots[slot] as number; id !== 0; id = this.#slots[slot] as number) {
      if (this.#tags[slot] === tag && this.#equal(id - 1, state)) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** The state's number; `size` grows by one when it is new. */
  add(state: Uint16Array): number {
    const hash = this.#hash(state);
    const slot = this.#slotOf(state, hash);
    const known = this.#slots[slot] as number;
    if (known !== 0) return known - 1;
    const id = this.size;
    this.size += 1;
    if ((id & (pageStates - 1)) === 0) this.#pages.push(new Uint16Array(pageStates * this.width));
    (this.#pages[id >>> pageBits] as Uint16Array).set(state, (id & (pageStates - 1)) * this.width);
    this.#slots[slot] = id + 1;
    this.#tags[slot] = hash >>> 24;
    if (this.size * 2 > this.#slots.length) this.#grow();
    return id;
  }

  #grow(): void {
    const length = this.#slots.length * 2;
    this.#slots = new Int32Array(length);
    this.#tags = new Uint8Array(length);
    const state = new Uint16Array(this.width);
    for (let id = 0; id < this.size; id += 1) {
      this.read(id, state);
      const hash = this.#hash(state);
      let slot = hash & (length - 1);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & (length - 1);
      this.#slots[slot] = id + 1;
      this.#tags[slot] = hash >>> 24;
    }
  }

  read(id: number, into: Uint16Array): void {
    const at = (id & (pageStates - 1)) * this.width;
    const page = this.#pages[id >>> pageBits] as Uint16Array;
    for (let index = 0; index < this.width; index += 1) into[index] = page[at + index] as number;
  }

  /** One component of a state. */
  component(id: number, index: number): number {
    return (this.#pages[id >>> pageBits] as Uint16Array)[(id & (pageStates - 1)) * this.width + index] as number;
  }
}
