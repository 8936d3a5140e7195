/**
 * Symmetry reduction: of all states that differ only in which of some interchangeable names is which, one stands for all.
 * Invariant: a renaming maps actors, queues, monitors and everything in them at once.
 */

import type { Composition } from './composition.ts';
import type { ModelEvent } from './actor.ts';
import type { LocalTable } from './local-table.ts';

type Rename = <T>(json: T) => T;

const permutations = (names: readonly string[]): string[][] =>
  names.length === 0
    ? [[]]
    : names.flatMap((name, index) =>
        permutations([...names.slice(0, index), ...names.slice(index + 1)]).map((rest) => [name, ...rest]),
      );

/** Replaces names in a text, all at once. */
const renaming = (names: readonly string[], others: readonly string[]): ((text: string) => string) => {
  if (names.some((name) => !/^\w+$/u.test(name))) throw new Error(`model: ${names.join(', ')} must be words`);
  const pattern = new RegExp(`\\b(${names.join('|')})\\b`, 'gu');
  return (text) => text.replace(pattern, (name) => others[names.indexOf(name)] as string);
};

class Permutation {
  readonly #composition: Composition;
  readonly #text: (text: string) => string;
  readonly #to: readonly number[];
  /** For each component: value to value. */
  readonly #values: number[][];

  constructor(composition: Composition, names: readonly string[], others: readonly string[]) {
    this.#composition = composition;
    this.#text = renaming(names, others);
    const components = composition.componentNames();
    this.#to = components.map((name) => components.indexOf(this.#text(name)));
    if (this.#to.includes(-1)) throw new Error(`model: ${names.join(', ')} are not interchangeable`);
    this.#values = components.map(() => []);
  }

  apply(from: Uint16Array, into: Uint16Array): void {
    for (let index = 0; index < from.length; index += 1) {
      const value = from[index] as number;
      const values = this.#values[index] as number[];
      into[this.#to[index] as number] = values[value] ??= this.#map(index, value);
    }
  }

  #map(component: number, value: number): number {
    const { tables, links, watches } = this.#composition;
    const rename: Rename = (json) => JSON.parse(this.#text(JSON.stringify(json))) as typeof json;
    const table = tables[component];
    if (table !== undefined) {
      const to = tables[this.#to[component] as number] as LocalTable;
      const state = table.states.values[value];
      const { renamed } = table.actor;
      return to.states.id(renamed === undefined ? rename(state) : renamed(state, rename));
    }
    const link = links[component - tables.length];
    if (link !== undefined) {
      const to = links[(this.#to[component] as number) - tables.length] as typeof link;
      const heard = (tables[link.to] as LocalTable).events.values;
      const { events } = tables[to.to] as LocalTable;
      const content = link.queue.contents[value]?.events ?? [];
      return to.queue.id(content.map((event) => events.id(rename(heard[event] as ModelEvent))));
    }
    const at = component - tables.length - links.length;
    const watch = watches[at];
    if (watch === undefined) return value;
    const to = watches[(this.#to[component] as number) - tables.length - links.length] as typeof watch;
    return to.ghosts.id(rename(watch.ghosts.values[value]));
  }
}

export class Symmetry {
  readonly #permutations: readonly Permutation[];
  readonly #best: Uint16Array;
  readonly #other: Uint16Array;

  constructor(composition: Composition, names: readonly string[]) {
    this.#permutations = permutations(names)
      .slice(1)
      .map((others) => new Permutation(composition, names, others));
    this.#best = new Uint16Array(composition.width);
    this.#other = new Uint16Array(composition.width);
  }

  /** The representative of a state; valid until the next call. */
  canonical(state: Uint16Array): Uint16Array {
    this.#best.set(state);
    for (const permutation of this.#permutations) {
      permutation.apply(state, this.#other);
      if (this.#less()) this.#best.set(this.#other);
    }
    return this.#best;
  }

  #less(): boolean {
    for (let index = 0; index < this.#best.length; index += 1) {
      const difference = (this.#other[index] as number) - (this.#best[index] as number);
      if (difference !== 0) return difference < 0;
    }
    return false;
  }
}
