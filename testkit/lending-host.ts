/** Nodes that lend each other their stored responses, over links in memory. */

import { Archive, type Running } from '../actors/archive.ts';
import type { Loan } from '../actors/elsewhere.ts';
import type { Clock } from '../actors/seams.ts';
import { Borrower } from '../transport/borrower.ts';
import { type LinkLimits, linkLimits } from '../transport/frames.ts';
import { Lender } from '../transport/lender.ts';
import { MemoryStore, type MemoryStoreLimits } from '../transport/memory-store.ts';
import { NodePeers } from '../transport/node-peers.ts';
import { arrived, type LinkedNode, linkedHost } from './link-pair.ts';
import { VirtualClock } from './virtual-clock.ts';

export interface LendingNode {
  readonly store: MemoryStore;
  readonly running: Map<string, Running>;
  readonly lender: Lender;
  readonly borrower: Borrower;
  readonly archive: (owner: string) => Archive;
  readonly peers: NodePeers;
  /** To be broken. */
  readonly linked: LinkedNode;
}

export interface LendingOptions {
  readonly clock?: Clock;
  readonly pieceBytes?: number;
  readonly store?: Partial<MemoryStoreLimits>;
  readonly link?: LinkLimits;
}

export const freely: Loan = { responsesMax: 1_000, bytesMax: 1_000_000_000, take: () => {} };

/** `start` gives a node another life, in which it has nothing. */
export const lendingHost = async (
  count: number,
  { clock = new VirtualClock(), store: limits, link = linkLimits, ...more }: LendingOptions = {},
) => {
  const host = linkedHost(count, link);
  const equip = (self: number, linked: LinkedNode): LendingNode => {
    const store = new MemoryStore({ responsesMax: 1_000, bytesMax: 1_000_000_000, ttlMs: 1_000, ...limits }, clock);
    const running = new Map<string, Running>();
    const names = new Set<string>();
    const peers = new NodePeers(linked.links, { clock, failed: () => {} });
    const borrower = new Borrower({ self, nodes: count, peer: (node) => peers.of(node), store, clock, ...more });
    const archive = (owner: string): Archive =>
      new Archive(owner, store, (id) => running.get(`${owner} ${id}`) ?? null, borrower);
    const claim = (name: string): boolean => !names.has(name) && !store.has(name) && names.add(name).size > 0;
    const lender = new Lender({ clock, archive, claim, ...more });
    peers.serve((peer) => lender.serve(peer));
    return { store, running, lender, borrower, archive, peers, linked };
  };
  const nodes = host.nodes.map((linked, self) => equip(self, linked));
  await arrived();
  const start = async (self: number): Promise<LendingNode> => {
    const node = equip(self, host.start(self));
    await arrived();
    return node;
  };
  return { nodes, clock, start };
};
