/**
 * Responses that are over, packed, in the memory of this process. The oldest go first: by their age, and when there are too
 * many of them or too many bytes. A response whose id is gone stays in memory, and counts, while one that is kept goes on
 * from it.
 *
 * Invariants: after each call both limits hold; `bytes` is the sum over the responses that an id leads to.
 */

import type { Clock } from '../actors/seams.ts';
import type { LogRecord } from '../actors/log-record.ts';
import type { Exchange, Kept, PackedExchange, PackedLabel, Store } from '../actors/store.ts';
import type { Json } from '../actors/turn.ts';
import { packItems, packLog, unpackItems, unpackLog } from './pack.ts';

export interface MemoryStoreLimits {
  readonly responsesMax: number;
  readonly bytesMax: number;
  readonly ttlMs: number;
}

class Packed implements Kept {
  readonly key: string;
  readonly previous: Packed | null;
  readonly count: number;
  readonly bytes: number;
  readonly ownBytes: number;
  readonly expiresAt: number;
  /** It came from another node, so that no id leads to it here. */
  readonly adopted: boolean;
  /** Apart, because who reads a response again does not want the input, which may be long. */
  readonly #input: Uint8Array;
  readonly #log: Uint8Array;
  /** Its id, while it has one, and the responses that count and go on from it. */
  holders = 0;

  constructor(key: string, { input, log, expiresAt }: PackedExchange, previous: Packed | null, adopted: boolean) {
    this.key = key;
    this.#input = input;
    this.#log = log;
    this.adopted = adopted;
    this.ownBytes = this.#input.length + this.#log.length;
    this.previous = previous;
    this.count = 1 + (previous?.count ?? 0);
    this.bytes = this.ownBytes + (previous?.bytes ?? 0);
    this.expiresAt = expiresAt;
  }

  input(): readonly Json[] {
    return whole(unpackItems(this.#input));
  }

  log(): LogRecord {
    return whole(unpackLog(this.#log));
  }

  packed(): PackedExchange {
    return { id: idIn(this.key), expiresAt: this.expiresAt, input: this.#input, log: this.#log };
  }
}

const ownPacked = (kept: Kept | null): Packed | null => {
  if (kept !== null && !(kept instanceof Packed)) throw new Error('a response of another store');
  return kept;
};

const whole = <T>(unpacked: T | null): T => {
  if (unpacked === null) throw new Error('a stored response cannot be unpacked');
  return unpacked;
};

/** An owner has no blank in it. */
const keyOf = (owner: string, id: string): string => `${owner} ${id}`;
const idIn = (key: string): string => key.slice(key.indexOf(' ') + 1);

export class MemoryStore implements Store {
  readonly #limits: MemoryStoreLimits;
  readonly #clock: Clock;
  /** Oldest first. */
  readonly #byId = new Map<string, Packed>();
  /** How many owners have a response of that id: one, unless somebody gives ids twice. */
  readonly #owners = new Map<string, number>();
  /** Those that came from other nodes, while somebody goes on from them. */
  readonly #adopted = new Map<string, Packed>();
  #bytes = 0;
  #watching = false;

  constructor(limits: MemoryStoreLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Ids that lead to a response. */
  get size(): number {
    return this.#byId.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  put(owner: string, exchange: Exchange, previous: Kept | null): void {
    const { bytesMax, responsesMax, ttlMs } = this.#limits;
    const { id } = exchange.log.head;
    const [input, log] = [packItems(exchange.input), packLog(exchange.log)];
    const packed = { id, expiresAt: this.#clock.now() + ttlMs, input, log };
    const kept = new Packed(keyOf(owner, id), packed, ownPacked(previous), false);
    // Nothing else is given up for what cannot stay itself.
    if (kept.bytes > bytesMax) return;
    this.delete(owner, id);
    this.#byId.set(kept.key, kept);
    this.#owners.set(id, (this.#owners.get(id) ?? 0) + 1);
    this.#hold(kept);
    this.#giveUp(() => this.#byId.size > responsesMax || this.#bytes > bytesMax);
    this.#watch();
  }

  find(owner: string, id: string): Kept | null {
    return this.#byId.get(keyOf(owner, id)) ?? null;
  }

  has(id: string): boolean {
    return this.#owners.has(id);
  }

  delete(owner: string, id: string): boolean {
    const key = keyOf(owner, id);
    const kept = this.#byId.get(key);
    if (kept === undefined) return false;
    this.#forget(key, kept);
    return true;
  }

  adopt(owner: string, chain: readonly PackedExchange[], tail: Kept | null): Kept | null {
    return chain.reduceRight<Packed | null>(
      (previous, packed) => new Packed(keyOf(owner, packed.id), packed, previous, true),
      ownPacked(tail),
    );
  }

  holding(owner: string, { id, expiresAt }: PackedLabel): Kept | null {
    const key = keyOf(owner, id);
    const there = [this.#byId.get(key), this.#adopted.get(key)];
    return there.find((kept) => kept?.expiresAt === expiresAt) ?? null;
  }

  #forget(key: string, kept: Packed): void {
    this.#byId.delete(key);
    this.#release(kept);
    const id = idIn(key);
    const others = (this.#owners.get(id) ?? 1) - 1;
    if (others > 0) this.#owners.set(id, others);
    else this.#owners.delete(id);
  }

  /** The oldest, while that is called for. */
  #giveUp(calledFor: (oldest: Packed) => boolean): void {
    for (const [key, oldest] of this.#byId) {
      if (!calledFor(oldest)) return;
      this.#forget(key, oldest);
    }
  }

  #hold(kept: Packed): void {
    for (let at: Packed | null = kept; at !== null; at = at.previous) {
      at.holders += 1;
      if (at.holders > 1) return;
      this.#bytes += at.ownBytes;
      if (at.adopted) this.#adopted.set(at.key, at);
    }
  }

  #release(kept: Packed): void {
    for (let at: Packed | null = kept; at !== null; at = at.previous) {
      at.holders -= 1;
      if (at.holders > 0) return;
      this.#bytes -= at.ownBytes;
      if (this.#adopted.get(at.key) === at) this.#adopted.delete(at.key);
    }
  }

  /** One timer, for the oldest of all. */
  #watch(): void {
    const oldest = this.#byId.values().next().value;
    if (this.#watching || oldest === undefined) return;
    this.#watching = true;
    this.#clock.schedule(oldest.expiresAt - this.#clock.now(), () => {
      this.#watching = false;
      this.#giveUp(({ expiresAt }) => expiresAt <= this.#clock.now());
      this.#watch();
    });
  }
}
