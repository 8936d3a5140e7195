/** What the operator's log says of a preflight request: enough to see why a browser was refused, cut to a bounded length. */

import type { LogFacts } from '../actors/log-events.ts';
import type { RequestHead } from './request-head.ts';

const charsMax = 256;

export const preflightFacts = ({ method, path, header }: RequestHead): LogFacts<'cors_preflight'> => {
  const told = (name: string): string => header(name).slice(0, charsMax);
  return {
    method,
    path: path.slice(0, charsMax),
    origin: told('origin'),
    acr_method: told('access-control-request-method'),
    acr_headers: told('access-control-request-headers'),
    ua: told('user-agent'),
  };
};
