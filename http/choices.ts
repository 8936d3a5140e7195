/**
 * The responses that together answer one request: one, or the choices of a chat completion, each a turn of its own.
 * Invariants: nothing of them is shown before each has begun, so that one that cannot be had is still an HTTP error; the
 * first that fails is the failure of all, and whoever leaves leaves all.
 */

import { failureOf } from '../actors/log-entry.ts';
import type { Head } from '../actors/head.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { ResponseHandle } from '../actors/service.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Failure } from '../machines/outcome.ts';

const failureIn = (log: ResponseLog): Failure | null => log.ending && failureOf(log.ending.outcome);

export class Choices {
  readonly id: ResponseId;
  readonly logs: readonly ResponseLog[];
  /** What the whole answer says of itself: the first choice's. */
  readonly head: Head;
  readonly #handles: readonly ResponseHandle[];

  constructor(first: ResponseHandle, others: readonly ResponseHandle[] = []) {
    this.#handles = [first, ...others];
    this.id = first.id;
    this.head = first.log.head;
    this.logs = this.#handles.map(({ log }) => log);
  }

  /** Called after each batch of entries of any of them. The returned function ends it; calling it twice is harmless. */
  read(follower: () => void): () => void {
    // As a rule there is one.
    const [only, ...others] = this.#handles;
    if (only !== undefined && others.length === 0) return only.read(follower);
    const leavers = this.#handles.map((handle) => handle.read(follower));
    return () => {
      for (const leave of leavers) leave();
    };
  }

  // Asked for each chunk of each stream: plain loops.
  get begun(): boolean {
    for (const log of this.logs) if (log.length === 0) return false;
    return true;
  }

  get failed(): ResponseLog | null {
    for (const log of this.logs) if (log.ending !== null && failureIn(log) !== null) return log;
    return null;
  }

  get failure(): Failure | null {
    return this.failed && failureIn(this.failed);
  }

  get ended(): boolean {
    let open = 0;
    for (const log of this.logs) if (log.ending === null) open += 1;
    return open === 0 || (open < this.logs.length && this.failed !== null);
  }

  /** Of one of them nobody but the gateway has counted the tokens. */
  get usageEstimated(): boolean {
    return this.logs.some((log) => log.ending?.isEstimate === true);
  }

  get reroutedModel(): string | null {
    return this.logs.find((log) => log.reroutedModel !== null)?.reroutedModel ?? null;
  }
}
