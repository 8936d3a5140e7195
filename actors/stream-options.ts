/** What a stream cell is given: its request, its deadlines, and ways to the rest of the node. */

import type { Lease, ResponseId } from '../machines/ids.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { StreamLimits } from '../machines/stream-setup.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { Head } from './head.ts';
import type { ScribeHouse } from './scribe-options.ts';
import type { ResponseRequest } from './service.ts';
import type { Starts } from './starts.ts';
import type { Exchange, Kept } from './store.ts';
import type { System } from './system.ts';
import type { WorkerHost } from './worker-host.ts';

export interface StreamHostOptions {
  readonly head: Head;
  readonly request: ResponseRequest;
  readonly limits: StreamLimits;
  readonly house: StreamHouse;
}

/** What all streams of a node share. */
export interface StreamHouse extends ScribeHouse {
  readonly system: System;
  readonly diagnostics: Diagnostics;
  readonly starts: Pick<Starts, 'begin' | 'settle'>;
  readonly worker: (lease: Lease) => WorkerHost | undefined;
  /** The response ends, with what the log will say: the node may have a better name for it. The lease tells whose it was. */
  readonly ended: (outcome: Outcome, lease: Lease | null) => Outcome;
  /** The response has ended, and somebody may ask for it again. */
  readonly keep: (owner: string, exchange: Exchange, previous: Kept | null) => void;
  /** Its last reader has left before the end. */
  readonly deserted: (lease: Lease) => void;
  /** The worker has let go of it, too. */
  readonly closed: (response: ResponseId) => void;
}
