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

  constructor(options: BorrowerOptions) {
    this.#options = options;
  }

  holds(id: string): boolean {
    return this.#nodesOf(id).length > 0;
  }

  read(owner: string, id: string, { take }: Loan): Promise<Reached<LogRecord | null>> {
    return reached(this.#read(owner, id, take));
  }

  single(owner: string, id: string, { take }: Loan): Promise<Reached<Kept | 'running' | null>> {
    return reached(this.#single(owner, id, take));
  }

  find(owner: string, id: string, loan: Loan): Promise<Reached<Kept | 'running' | null>> {
    return reached(this.#find(owner, id, loan));
  }

  delete(owner: string, id: string): Promise<Reached<boolean>> {
    return reached(
      this.#askAll(this.#nodesOf(id), deleteKind, { owner, id }).then((replies) => replies.includes(true)),
    );
  }

  async claim(name: string): Promise<boolean> {
    // One like those that nodes make would lead to the wrong node.
    if (nodeOfId(name) !== null) return false;
    const replies = await reached(this.#askAll(this.#others(), claimKind, { name }));
    return replies !== 'unreachable' && replies.every((reply) => reply === true);
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
    const looks = this.#peersOf(this.#nodesOf(id)).map(async (peer): Promise<Seen | null> => {
      const read = lookReply.safeParse(await peer.ask(lookKind, { owner, id, want }, askMs));
      if (!read.success) throw new LinkError('refused', 'what came is no answer');
      return read.data === null ? null : { peer, found: read.data };
    });
    const seen = await Promise.all(looks);
    return seen.find((one) => one !== null) ?? null;
  }

  async #askAll(nodes: readonly number[], kind: string, payload: unknown): Promise<readonly unknown[]> {
    const peers = this.#peersOf(nodes);
    return Promise.all(peers.map((peer) => peer.ask(kind, payload, askMs)));
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

  /** Throws when one of them is not up. */
  #peersOf(nodes: readonly number[]): readonly Peer[] {
    return nodes.map((node) => {
      const peer = this.#options.peer(node);
      if (peer === null) throw new LinkError('closed', `node ${node} is not up`);
      return peer;
    });
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
