/**
 * Which node of a host made an id, when there are several: two digits at a fixed place tell it, so that whoever is asked for a
 * response knows where it is, without a directory. A host with one node makes ids without that; no reader of an id may rely on it,
 * because after a restart the host may have fewer nodes, and ids come from clients.
 */

import type { ResponseId } from '../machines/ids.ts';

const digits = 2;
/** Nodes that an id can tell apart. */
export const nodesInIdsMax = 16 ** digits;

const ours = /^resp_([0-9a-f]{2})[0-9a-f]{30}$/;

/** Of 32 random digits, the first are given up. */
export const idOfNode = (node: number, random: string): ResponseId =>
  `resp_${node.toString(16).padStart(digits, '0')}${random.slice(digits)}` as ResponseId;

/** Null: no node has made it, it is a name that a client has chosen, or nonsense. */
export const nodeOfId = (id: string): number | null => {
  const node = ours.exec(id)?.[1];
  return node === undefined ? null : Number.parseInt(node, 16);
};
