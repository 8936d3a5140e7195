/** What makes a node one with the others of its host where responses are found by their ids: it borrows, and it lends. */

import type { Archive } from '../actors/archive.ts';
import type { Elsewhere } from '../actors/elsewhere.ts';
import type { Neighbours } from '../actors/link.ts';
import type { Store } from '../actors/store.ts';
import { Borrower } from './borrower.ts';
import { Lender } from './lender.ts';
import { NodePeers, type NodePeersOptions } from './node-peers.ts';

export interface LendingNode {
  archive(owner: string): Archive | null;
  claim(name: string): boolean;
}

export class LendingHouse {
  readonly #peers: NodePeers;
  readonly #neighbours: Neighbours;
  readonly #options: NodePeersOptions;

  /** To be made at once where the neighbours are. */
  constructor(neighbours: Neighbours, options: NodePeersOptions) {
    this.#peers = new NodePeers(neighbours, options);
    this.#neighbours = neighbours;
    this.#options = options;
  }

  /** `nodes`: of the host. Null: nothing is kept. */
  elsewhere(nodes: number, store: Store | null): Elsewhere | null {
    if (store === null) return null;
    const { self } = this.#neighbours;
    return new Borrower({ self, nodes, peer: (node) => this.#peers.of(node), store, clock: this.#options.clock });
  }

  lend(node: LendingNode): void {
    const { clock } = this.#options;
    const lender = new Lender({ clock, archive: (owner) => node.archive(owner), claim: (name) => node.claim(name) });
    this.#peers.serve((peer) => lender.serve(peer));
  }
}
