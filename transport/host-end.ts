/**
 * A node's end of the pipe to its parent, and what it does for it: it begins with what the parent has prepared, says where it
 * listens, gives signs of life, and ends when it is told to or when nobody is there any more.
 */

import { Socket } from 'node:net';
import type { Neighbours, Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import { NodeLinks } from './node-links.ts';
import { linkFile } from './node-process.ts';
import { type Beginning, nodeWords, readBeginning } from './node-words.ts';
import { watchParent } from './parent-watch.ts';
import { LinkPeer } from './peer.ts';

export interface HostEnd {
  readonly neighbours: Neighbours;
  /** The parent. */
  readonly peer: Peer;
}

/** Throws when there is no parent: it is for a process that one has started. */
export const openHostEnd = (node: number, clock: Clock, failed: (kind: string, error: unknown) => void): HostEnd => {
  watchParent();
  const neighbours = new NodeLinks(node, new Socket({ fd: linkFile, readable: true, writable: true }));
  return { neighbours, peer: new LinkPeer({ link: neighbours.parent, clock, failed }) };
};

/** A node waits for the first one of several; nobody waits for ever. */
const beginMs = 60_000;

export const askBeginning = async (peer: Peer): Promise<Beginning> =>
  readBeginning(await peer.ask(nodeWords.begin, null, beginMs));

export interface Membership {
  /** Rejects when it cannot. */
  readonly listen: () => Promise<unknown>;
  /** The workers may start; `renews`: they are the first of the host. */
  readonly start: (renews: boolean) => void;
  /** The host is about to stop. */
  readonly notice: () => void;
  readonly drain: () => void;
  /** The parent is gone. */
  readonly orphaned: (reason: string) => void;
}

/** Resolves when it listens. */
export const joinHost = async ({ neighbours, peer }: HostEnd, member: Membership): Promise<void> => {
  peer.answer(nodeWords.pulse, () => true);
  peer.answer(nodeWords.notice, () => member.notice());
  peer.answer(nodeWords.drain, () => member.drain());
  neighbours.parent.onClosed((reason) => member.orphaned(reason));
  await member.listen();
  peer.tell(nodeWords.listening, null);
  // A parent that does not say cannot be waited for.
  const start = (renews: unknown): void => member.start(renews === true);
  void peer.ask(nodeWords.workers, null, beginMs).then(start, start);
};
