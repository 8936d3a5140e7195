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
    this.#all = this.#without(follower).concat([follower]);
    return () => {
      // As long as what is in it: what is pushed, spread or filtered into has room for sixteen more.
      this.#all = this.#without(follower).slice();
    };
  }

  #without(follower: () => void): readonly (() => void)[] {
    return this.#all.filter((one) => one !== follower);
  }

  tell(): void {
    for (const follower of this.#all) follower();
  }
}
