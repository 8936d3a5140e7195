/** What distinguishes the endpoints that generate: how a request is read and how a log becomes their wire format. */

import type { Head } from '../actors/head.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { Timing } from './accounting.ts';
import type { Admission, RequestReader } from './admission.ts';
import type { Projection } from './projection.ts';
import type { Describe } from './wording.ts';

export interface Endpoint {
  readonly name: 'chat' | 'responses';
  /** As records name it. */
  readonly path: string;
  readonly read: RequestReader;
  /**
   * A projection for one reader of that choice; `head` is what the whole answer says of itself, `timing` how long it takes, `describe`
   * what is said of a failure.
   */
  stream(admission: Admission, choice: number, head: Head, timing: Timing, describe?: Describe): Projection;
  /** The body of finished logs, one for each choice, as JSON; `legacyCalls` as in the admission. */
  body(logs: readonly ResponseLog[], legacyCalls: boolean, describe?: Describe): string;
  /** True when `body` can also say that the response failed, which is needed once status 200 has been sent. */
  readonly bodyTellsFailure: boolean;
}
