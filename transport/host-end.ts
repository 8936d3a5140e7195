/** The end of the pipe that leads from a node to its parent. */

import { Socket } from 'node:net';
import type { Neighbours, Peer } from '../actors/link.ts';
import type { Clock } from '../actors/seams.ts';
import { NodeLinks } from './node-links.ts';
import { linkFile } from './node-process.ts';
import { type Beginning, nodeWords, readBeginning } from './node-words.ts';
import { LinkPeer } from './peer.ts';

export interface HostEnd {
  readonly neighbours: Neighbours;
  /** The parent. */
  readonly peer: Peer;
}

/** Throws when there is no parent: it is for a process that one has started. */
export const openHostEnd = (node: number, clock: Clock, failed: (kind: string, error: unknown) => void): HostEnd => {
  const neighbours = new NodeLinks(node, new Socket({ fd: linkFile, readable: true, writable: true }));
  return { neighbours, peer: new LinkPeer({ link: neighbours.parent, clock, failed }) };
};

/** A node waits for the first one of several; nobody waits for ever. */
const beginMs = 60_000;

export const askBeginning = async (peer: Peer): Promise<Beginning> =>
  readBeginning(await peer.ask(nodeWords.begin, null, beginMs));
