/**
 * The responses of the other nodes of this host, fetched when a request names them. Invariants: only the node whose a response is
 * says that there is none, all else that goes wrong is `unreachable`; bytes are charged before they are fetched; each question, and
 * the fetching of one response, ends within its time.
 */

import type { Elsewhere, Loan, Reached } from '../actors/elsewhere.ts';
import type { Peer } from '../actors/link.ts';
import type { LogRecord } from '../actors/log-record.ts';
import type { Clock } from '../actors/seams.ts';
import type { Kept, PackedExchange, Store } from '../actors/store.ts';
import { LinkError } from './frames.ts';
import { askMs, claimKind, deleteKind, type Found, lookKind, lookReply, type Want } from './lending.ts';
import { fetchPieces } from './loan-pieces.ts';
import { nodeOfId } from './node-ids.ts';
import { unpackLog } from './pack.ts';
import { Turns } from './turns.ts';

export interface BorrowerOptions {
  readonly self: number;
  /** Of the host. */
  readonly nodes: number;
  /** Null: it is not up. */
  readonly peer: (node: number) => Peer | null;
  readonly store: Pick<Store, 'adopt' | 'holding'>;
  readonly clock: Clock;
  readonly pieceBytes?: number;
}

/** What is fetched at a time, and what may wait for its turn. */
const atOnceMax = 32;
const waitingMax = 1_024;

const reached = async <T>(asked: Promise<T>): Promise<Reached<T>> => {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof LinkError) return 'unreachable';
    throw error;
  }
};

/** Who has it, and what is told of it. */
interface Seen {
  readonly peer: Peer;
  readonly found: Found | 'running';
}

/** A name that a client may have chosen: any node may have it. */
const isName = (id: string): boolean => /^resp_[\w-]{1,123}$/.test(id);

export class Borrower implements Elsewhere {
  readonly #options: BorrowerOptions;
  readonly #turns = new Turns(atOnceMax, waitingMax);

  constructor(options: BorrowerOptions) {
    this.#options = options;
  }

  holds(id: string): boolean {
    return this.#nodesOf(id).length > 0;
  }

  read(owner: string, id: string, { take }: Loan): Promise<Reached<LogRecord | null>> {
    return reached(this.#turns.run(() => this.#read(owner, id, take)));
  }

  single(owner: string, id: string, { take }: Loan): Promise<Reached<Kept | 'running' | null>> {
    return reached(this.#turns.run(() => this.#single(owner, id, take)));
  }

  find(owner: string, id: string, loan: Loan): Promise<Reached<Kept | 'running' | null>> {
    return reached(this.#turns.run(() => this.#find(owner, id, loan)));
  }

  delete(owner: string, id: string): Promise<Reached<boolean>> {
    return reached(
      this.#anyOf(this.#nodesOf(id), (peer) => this.#delete(peer, owner, id)).then((done) => done ?? false),
    );
  }

  async claim(name: string): Promise<Reached<boolean>> {
    // One like those that nodes make would lead to the wrong node.
    if (nodeOfId(name) !== null) return false;
    const claims = this.#others().map(async (node) => this.#peerOf(node).ask(claimKind, { name }, askMs));
    return reached(Promise.all(claims).then((replies) => replies.every((reply) => reply === true)));
  }

  /** Null: it has none. */
  async #delete(peer: Peer, owner: string, id: string): Promise<true | null> {
    return (await peer.ask(deleteKind, { owner, id }, askMs)) === true ? true : null;
  }

  async #read(owner: string, id: string, take: Loan['take']): Promise<LogRecord | null> {
    const seen = await this.#look(owner, id, 'now');
    if (seen === null || seen.found === 'running') return null;
    const [packed] = await this.#fetch(seen.peer, seen.found, 1, take);
    const log = packed === undefined ? null : unpackLog(packed.log);
    if (log === null) throw new LinkError('refused', 'what came is no log');
    return log;
  }

  async #single(owner: string, id: string, take: Loan['take']): Promise<Kept | 'running' | null> {
    const seen = await this.#look(owner, id, 'single');
    if (seen === null || seen.found === 'running') return seen === null ? null : 'running';
    return this.#options.store.adopt(owner, await this.#fetch(seen.peer, seen.found, 1, take), null);
  }

  async #find(owner: string, id: string, loan: Loan): Promise<Kept | 'running' | null> {
    const seen = await this.#look(owner, id, 'chain');
    if (seen === null || seen.found === 'running') return seen === null ? null : 'running';
    const { peer, found } = seen;
    const { store } = this.#options;
    const { count, chainBytes, labels } = found;
    if (count > loan.responsesMax || chainBytes > loan.bytesMax) {
      const alone = store.adopt(owner, await this.#fetch(peer, found, 1, loan.take), null);
      return alone === null ? null : { ...viewOf(alone), count, bytes: chainBytes };
    }
    const { missing, tail } = this.#known(owner, found);
    if (missing + (tail?.count ?? 0) !== count)
      throw new LinkError('refused', `${labels.length} of ${count} responses`);
    return store.adopt(owner, await this.#fetch(peer, found, missing, loan.take), tail);
  }

  /** How many of the newest are not here, and the one before them. */
  #known(owner: string, { labels }: Found): { readonly missing: number; readonly tail: Kept | null } {
    for (const [missing, [id, expiresAt]] of labels.entries()) {
      const tail = this.#options.store.holding(owner, { id, expiresAt });
      if (tail !== null) return { missing, tail };
    }
    return { missing: labels.length, tail: null };
  }

  #fetch(peer: Peer, found: Found, count: number, take: Loan['take']): Promise<readonly PackedExchange[]> {
    return fetchPieces({ ...this.#options, peer }, found, count, take);
  }

  /** Null: all whom it may belong to say that there is none. */
  async #look(owner: string, id: string, want: Want): Promise<Seen | null> {
    return this.#anyOf(this.#nodesOf(id), async (peer): Promise<Seen | null> => {
      const read = lookReply.safeParse(await peer.ask(lookKind, { owner, id, want }, askMs));
      if (!read.success) throw new LinkError('refused', 'what came is no answer');
      return read.data === null ? null : { peer, found: read.data };
    });
  }

  /** What one of them has; null: none of them has it, and all have said so. */
  async #anyOf<T>(nodes: readonly number[], ask: (peer: Peer) => Promise<T | null>): Promise<T | null> {
    const asked = await Promise.allSettled(nodes.map(async (node) => ask(this.#peerOf(node))));
    const has = asked.find((one) => one.status === 'fulfilled' && one.value !== null);
    if (has?.status === 'fulfilled') return has.value;
    const failed = asked.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return null;
  }

  #nodesOf(id: string): readonly number[] {
    const { self, nodes } = this.#options;
    const made = nodeOfId(id);
    if (made !== null) return made !== self && made < nodes ? [made] : [];
    return isName(id) ? this.#others() : [];
  }

  #others(): readonly number[] {
    const { self, nodes } = this.#options;
    return Array.from({ length: nodes }, (_, node) => node).filter((node) => node !== self);
  }

  /** Throws when it is not up. */
  #peerOf(node: number): Peer {
    const peer = this.#options.peer(node);
    if (peer === null) throw new LinkError('closed', `node ${node} is not up`);
    return peer;
  }
}

/** A class instance spreads to nothing: its methods, as an object of their own. */
const viewOf = (kept: Kept): Kept => ({
  previous: kept.previous,
  count: kept.count,
  bytes: kept.bytes,
  input: () => kept.input(),
  log: () => kept.log(),
  packed: () => kept.packed(),
});
