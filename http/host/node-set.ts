/**
 * The nodes of a host that are up now, as the parent asks them. Invariant: whoever does not answer in time, or dies meanwhile, is left
 * out: the others' answers are not lost by it.
 */

import type { Peer } from '../../actors/link.ts';
import { hostDeadlines } from './words.ts';

export class NodeSet {
  readonly configured: number;
  readonly #peers = new Map<number, Peer>();

  constructor(configured: number) {
    this.configured = configured;
  }

  rose(node: number, peer: Peer): void {
    this.#peers.set(node, peer);
  }

  fell(node: number): void {
    this.#peers.delete(node);
  }

  peer(node: number): Peer | undefined {
    return this.#peers.get(node);
  }

  tellAll(kind: string, payload: unknown, except?: number): void {
    for (const [node, peer] of this.#peers) if (node !== except) peer.tell(kind, payload);
  }

  /** Of those that are still the same when all have answered; by their numbers, ascending. */
  async askAll(kind: string, payload: unknown = null): Promise<ReadonlyMap<number, unknown>> {
    const asked = [...this.#peers].toSorted(([a], [b]) => a - b);
    const replies = await Promise.allSettled(asked.map(([, peer]) => peer.ask(kind, payload, hostDeadlines.nodeMs)));
    const found = new Map<number, unknown>();
    for (const [index, reply] of replies.entries()) {
      const [node, peer] = asked[index]!;
      if (reply.status === 'fulfilled' && this.#peers.get(node) === peer) found.set(node, reply.value);
    }
    return found;
  }
}
