/**
 * The responses of one owner as that owner may see them: those that are kept, and those to be kept that are still being
 * produced. `read`, `find` and `delete` are about this node, and about what was borrowed; whoever is told that there is none asks
 * `away`.
 */

import type { Elsewhere, Loan, Reached } from './elsewhere.ts';
import { ResponseLog } from './log.ts';
import type { Kept, Store } from './store.ts';

/** A response that is being produced. */
export interface Running {
  readonly log: ResponseLog;
  /** It ends as cancelled, and is not kept. */
  discard(): void;
}

/** What was fetched from other nodes, for one request. */
export type Borrowed = ReadonlyMap<string, Kept | 'running'>;

export class Archive {
  readonly #owner: string;
  readonly #store: Store;
  readonly #running: (id: string) => Running | null;
  readonly #elsewhere: Elsewhere | null;
  readonly #borrowed: Borrowed;

  constructor(
    owner: string,
    store: Store,
    running: (id: string) => Running | null,
    elsewhere: Elsewhere | null = null,
    borrowed: Borrowed = new Map(),
  ) {
    this.#owner = owner;
    this.#store = store;
    this.#running = running;
    this.#elsewhere = elsewhere;
    this.#borrowed = borrowed;
  }

  /** As it is now; null: never there, or gone. */
  read(id: string): ResponseLog | null {
    const running = this.#running(id);
    if (running !== null) return running.log;
    const kept = this.#store.find(this.#owner, id);
    return kept === null ? null : ResponseLog.fromRecord(kept.log());
  }

  find(id: string): Kept | 'running' | null {
    if (this.#running(id) !== null) return 'running';
    return this.#store.find(this.#owner, id) ?? this.#borrowed.get(id) ?? null;
  }

  /** False: there was none. */
  delete(id: string): boolean {
    const running = this.#running(id);
    running?.discard();
    return this.#store.delete(this.#owner, id) || running !== null;
  }

  /** Another node may have it. */
  away(id: string): boolean {
    return this.#elsewhere?.holds(id) === true && this.find(id) === null;
  }

  async readAway(id: string, loan: Loan): Promise<Reached<ResponseLog | null>> {
    const told = (await this.#elsewhere?.read(this.#owner, id, loan)) ?? null;
    return told === null || told === 'unreachable' ? told : ResponseLog.fromRecord(told);
  }

  async deleteAway(id: string): Promise<Reached<boolean>> {
    return (await this.#elsewhere?.delete(this.#owner, id)) ?? false;
  }

  /** To go on from; `alone`: only what it says itself is wanted. */
  async borrow(id: string, alone: boolean, loan: Loan): Promise<Reached<Kept | 'running' | null>> {
    const told = alone ? this.#elsewhere?.single(this.#owner, id, loan) : this.#elsewhere?.find(this.#owner, id, loan);
    return (await told) ?? null;
  }

  with(borrowed: Borrowed): Archive {
    return new Archive(this.#owner, this.#store, this.#running, this.#elsewhere, borrowed);
  }
}
