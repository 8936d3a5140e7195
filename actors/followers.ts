/**
 * Who wants to hear of something again and again. Invariants: whoever is told of it followed when the telling began; telling costs
 * no memory, because the list is never changed in place.
 */

export class Followers {
  #all: readonly (() => void)[] = [];

  get size(): number {
    return this.#all.length;
  }

  /** The returned function ends it. */
  add(follower: () => void): () => void {
    // As long as what is in it: what is pushed or spread into has room for sixteen more.
    this.#all = this.#all.filter((one) => one !== follower).concat([follower]);
    return () => {
      this.#all = this.#all.filter((one) => one !== follower);
    };
  }

  tell(): void {
    for (const follower of this.#all) follower();
  }
}
