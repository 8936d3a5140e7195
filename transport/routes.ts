/**
 * What the parent tells a node of the others: who is up, who is gone, whom to wait for; and what a node tells of another. Part of the
 * language of the pipe.
 */

import type { Frame } from '../actors/link.ts';
import { nodesMax, type Place } from './frames.ts';

const changes = ['up', 'down', 'hold', 'go', 'fault'] as const;
/** `hold`: its pipe is full; `go`: there is room again; `fault`, to the parent: it has sent what is no frame. */
export type RouteChange = (typeof changes)[number];

export const routeFrame = (change: RouteChange, { node, life }: Place): Frame => [
  1,
  `route.${change}`,
  '',
  life,
  node,
  null,
];

/** Null: the frame is about something else. */
export const routeOf = ([, kind, , life, node]: Frame): (Place & { readonly change: RouteChange }) | null => {
  const change = changes.find((one) => kind === `route.${one}`);
  return change === undefined || node < 0 || node >= nodesMax ? null : { change, node, life };
};
