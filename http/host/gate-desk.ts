/**
 * The parent's side of the two gates: how often callers may ask, and how many answers are streamed, over all nodes. Invariants: never
 * more are inside than may be; each place comes back once, at the latest with the death of the node that had it.
 */

import type { Peer } from '../../actors/link.ts';
import type { RateLimiter } from '../rate-limit.ts';
import { type Entry, StreamGuard } from '../stream-guard.ts';
import { batchMax } from './batched-ask.ts';
import { hostWords } from './words.ts';

/** A digest; longer names are none of ours. */
const callerCharsMax = 256;

const isBatch = (asked: unknown): asked is readonly unknown[] => Array.isArray(asked) && asked.length <= batchMax;

const refuse = (what: string): never => {
  throw new TypeError(`${what} is nothing that can be asked`);
};

export class GateDesk {
  readonly #limiter: RateLimiter | null;
  readonly #guard: StreamGuard;
  /** By node, then by the name that the node has given it. */
  readonly #inside = new Map<number, Map<number, Entry>>();

  constructor(limiter: RateLimiter | null, streamsMax: number) {
    this.#limiter = limiter;
    this.#guard = new StreamGuard(streamsMax);
  }

  get open(): number {
    return this.#guard.open;
  }

  rose(node: number, peer: Peer): void {
    const inside = new Map<number, Entry>();
    this.#inside.set(node, inside);
    peer.answer(hostWords.take, (callers) => {
      const areGood =
        isBatch(callers) && callers.every((one) => typeof one === 'string' && one.length <= callerCharsMax);
      if (!areGood) return refuse('callers');
      return (callers as readonly string[]).map((caller) => this.#limiter?.take(caller) ?? null);
    });
    peer.answer(hostWords.enter, (ids) => {
      const areNew = isBatch(ids) && ids.every((id) => Number.isSafeInteger(id) && !inside.has(id as number));
      if (!areNew || new Set(ids).size < ids.length || this.#inside.get(node) !== inside) return refuse('entries');
      return (ids as readonly number[]).map((id) => {
        const entry = this.#guard.enter();
        if (entry.after > entry.before) inside.set(id, entry);
        return [entry.before, entry.after];
      });
    });
    peer.answer(hostWords.left, (id) => {
      inside.get(id as number)?.leave();
      inside.delete(id as number);
    });
  }

  fell(node: number): void {
    for (const entry of this.#inside.get(node)?.values() ?? []) entry.leave();
    this.#inside.delete(node);
  }
}
