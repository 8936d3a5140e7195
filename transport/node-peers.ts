/**
 * The other nodes of this host, to ask and to be asked. Invariant: a node in a later life is another peer; whoever asks one that is
 * gone is refused.
 */

import type { Neighbours, Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import { LinkPeer } from './peer.ts';

export interface NodePeersOptions {
  readonly clock: Clock;
  readonly failed: (kind: string, error: unknown) => void;
}

export class NodePeers {
  readonly #peers = new Map<number, Peer>();
  readonly #servers: ((peer: Peer) => void)[] = [];

  /** To be made at once where the neighbours are: what is heard before is lost. */
  constructor(neighbours: Neighbours, options: NodePeersOptions) {
    neighbours.onUp((node, link) => {
      const peer = new LinkPeer({ link, ...options });
      this.#peers.set(node, peer);
      link.onClosed(() => {
        if (this.#peers.get(node) === peer) this.#peers.delete(node);
      });
      for (const serve of this.#servers) serve(peer);
    });
  }

  /** Null: it is not up. */
  of(node: number): Peer | null {
    return this.#peers.get(node) ?? null;
  }

  /** Answers those that are up, and those to come. */
  serve(answer: (peer: Peer) => void): void {
    this.#servers.push(answer);
    for (const peer of this.#peers.values()) answer(peer);
  }
}
