/**
 * The responses of one owner as that owner may see them: those that are kept, and those to be kept that are still being
 * produced.
 */

import { ResponseLog } from './log.ts';
import type { Kept, Store } from './store.ts';

/** A response that is being produced. */
export interface Running {
  readonly log: ResponseLog;
  /** It ends as cancelled, and is not kept. */
  discard(): void;
}

export class Archive {
  readonly #owner: string;
  readonly #store: Store;
  readonly #running: (id: string) => Running | null;

  constructor(owner: string, store: Store, running: (id: string) => Running | null) {
    this.#owner = owner;
    this.#store = store;
    this.#running = running;
  }

  /** As it is now; null: never there, or gone. */
  read(id: string): ResponseLog | null {
    const running = this.#running(id);
    if (running !== null) return running.log;
    const kept = this.#store.find(this.#owner, id);
    return kept === null ? null : ResponseLog.fromRecord(kept.log());
  }

  find(id: string): Kept | 'running' | null {
    return this.#running(id) === null ? this.#store.find(this.#owner, id) : 'running';
  }

  /** False: there was none. */
  delete(id: string): boolean {
    const running = this.#running(id);
    running?.discard();
    return this.#store.delete(this.#owner, id) || running !== null;
  }
}
