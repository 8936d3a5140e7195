/**
 * A Map for what comes and goes with every response, where the table itself stays. V8 leaves the storage of a Map that has grown or was
 * swept linked to what follows it, dead entries and all: once one of them is old, every young one behind it counts as alive until the
 * next full collection, with whatever its entries lead to. So the entries of a long-lived Map lead to numbers here, and what they
 * stand for lies in slots that are emptied. Keys should be small. Iterates in the order of insertion, as a Map does.
 */

export class Table<K extends string | number, V> {
  readonly #slotOf = new Map<K, number>();
  readonly #slots: (V | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#slotOf.size;
  }

  has(key: K): boolean {
    return this.#slotOf.has(key);
  }

  get(key: K): V | undefined {
    const slot = this.#slotOf.get(key);
    return slot === undefined ? undefined : this.#slots[slot];
  }

  set(key: K, value: V): void {
    const known = this.#slotOf.get(key);
    const slot = known ?? this.#free.pop() ?? this.#slots.length;
    if (known === undefined) this.#slotOf.set(key, slot);
    this.#slots[slot] = value;
  }

  delete(key: K): boolean {
    const slot = this.#slotOf.get(key);
    if (slot === undefined) return false;
    this.#slotOf.delete(key);
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    return true;
  }

  clear(): void {
    this.#slotOf.clear();
    this.#slots.length = 0;
    this.#free.length = 0;
  }

  /** What is deleted meanwhile is not met any more, what is added is. */
  *values(): Generator<V, void, undefined> {
    for (const slot of this.#slotOf.values()) yield this.#slots[slot] as V;
  }
}
