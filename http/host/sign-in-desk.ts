/**
 * The parent's side of the sign-in, which all nodes share because they share the home of Codex: one of them holds it at a time, and only
 * who holds it may ask the CLI for an offer. Invariants: at most one holds it; who does not want it any more says so before another
 * one gets it; with its death, it is free.
 */

import { z } from 'zod';
import type { Peer } from '../../actors/link.ts';
import type { NodeSet } from './node-set.ts';
import { hostDeadlines, hostWords, memberWords } from './words.ts';

const offer = z.object({ url: z.string().max(4_096), code: z.string().max(256), loginId: z.string().max(1_024) });

/** What the holder says: `keeps`, an attempt of its own is open. */
export const heldAnswer = z.object({ keeps: z.boolean(), offer: offer.nullable() });

/** `yours`: who has asked holds it now, and has to see to it. */
export const wantedAnswer = z.object({ yours: z.boolean(), offer: offer.nullable() });
export type WantedAnswer = z.infer<typeof wantedAnswer>;

/** Beyond it nobody waits for the others: one that waits for so many would come too late for its client. */
const waitingMax = 64;

export class SignInDesk {
  readonly #nodes: NodeSet;
  #holder: { readonly node: number; readonly peer: Peer } | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(nodes: NodeSet) {
    this.#nodes = nodes;
  }

  rose(node: number, peer: Peer): void {
    peer.answer(hostWords.loginWanted, () => this.#wanted(node, peer));
    // Workers do not look at what others have stored: each node has its own replaced.
    peer.answer(hostWords.signedIn, () => this.#nodes.tellAll(memberWords.credentials, null, node));
  }

  fell(node: number): void {
    if (this.#holder?.node === node) this.#holder = null;
  }

  /** One at a time: who is asked while another is answered would be told what is not so any more. */
  async #wanted(node: number, peer: Peer): Promise<WantedAnswer> {
    if (this.#waiting >= waitingMax) return { yours: false, offer: null };
    this.#waiting += 1;
    const answer = this.#turn.then(() => this.#decide(node, peer));
    this.#turn = answer;
    try {
      return await answer;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Never rejects. */
  async #decide(node: number, peer: Peer): Promise<WantedAnswer> {
    const holder = this.#holder;
    if (holder !== null && holder.peer !== peer) {
      const told = await holder.peer.ask(memberWords.login, null, hostDeadlines.signInMs).catch(() => null);
      const read = heldAnswer.safeParse(told);
      // Alive and silent: it may have an attempt open.
      const keeps = !read.success || read.data.keeps;
      if (keeps && this.#holder === holder) return { yours: false, offer: read.data?.offer ?? null };
    }
    if (this.#nodes.peer(node) !== peer) return { yours: false, offer: null };
    this.#holder = { node, peer };
    // Before the answer, which is heard a moment later than what follows it.
    peer.tell(memberWords.loginHeld, null);
    return { yours: true, offer: null };
  }
}
