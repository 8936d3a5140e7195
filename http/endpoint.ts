/** What distinguishes the endpoints that generate: how a request is read and how a log becomes their wire format. */

import type { ResponseLog } from '../actors/log.ts';
import type { Admission, RequestReader } from './admission.ts';
import type { Projection } from './projection.ts';

export interface Endpoint {
  readonly read: RequestReader;
  /** A projection for one reader. */
  stream(admission: Admission): Projection;
  /** The body of a finished log as JSON. */
  body(log: ResponseLog): string;
  /** True when `body` can also say that the response failed, which is needed once status 200 has been sent. */
  readonly bodyTellsFailure: boolean;
}
