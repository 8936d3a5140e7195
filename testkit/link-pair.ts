/** Links in memory, for tests: the real ends, on pipes that lead back into this process. */

import { type Duplex, duplexPair } from 'node:stream';
import type { Link } from '../actors/link.ts';
import { type LinkLimits, linkLimits } from '../transport/frames.ts';
import { NodeLinks } from '../transport/node-links.ts';
import { Switchboard } from '../transport/switchboard.ts';

export interface LinkedNode {
  readonly links: NodeLinks;
  /** The parent's end. */
  readonly atParent: Link;
  /** The raw ends of the pipe, to break it. */
  readonly pipes: readonly [atParent: Duplex, atNode: Duplex];
}

/** A parent and `count` nodes; `start` gives a node another life. */
export const linkedHost = (count: number, limits: LinkLimits = linkLimits) => {
  const switchboard = new Switchboard(limits);
  const start = (node: number): LinkedNode => {
    const pipes = duplexPair();
    const atParent = switchboard.connect(node, pipes[0]);
    return { links: new NodeLinks(node, pipes[1], limits), atParent, pipes };
  };
  return { switchboard, start, nodes: Array.from({ length: count }, (_, node) => start(node)) };
};

/** Both ends of one link between a parent and its node. */
export const linkPair = (limits: LinkLimits = linkLimits): { readonly parent: Link; readonly node: Link } => {
  const { atParent, links } = linkedHost(1, limits).start(0);
  return { parent: atParent, node: links.parent };
};

/** Resolves when all that was sent so far has arrived, on either end. */
export const arrived = async (): Promise<void> => {
  for (let turn = 0; turn < 8; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
