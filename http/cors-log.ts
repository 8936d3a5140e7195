/** What the operator's log says of a preflight request: enough to see why a browser was refused, cut to a bounded length. */

import type { JsonObject } from '../actors/turn.ts';
import type { RequestHead } from './request-head.ts';

const charsMax = 256;

export const preflightFacts = ({ path, header }: RequestHead): JsonObject => {
  const told = (name: string): string => header(name).slice(0, charsMax);
  return {
    path: path.slice(0, charsMax),
    origin: told('origin'),
    method: told('access-control-request-method'),
    headers: told('access-control-request-headers'),
    ua: told('user-agent'),
  };
};
