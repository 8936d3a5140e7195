/** How much a node takes on, and how long it waits. */

import type { LoginLimits } from '../machines/login.ts';
import type { PoolLimits } from '../machines/pool.ts';
import type { StreamLimits } from '../machines/stream-setup.ts';
import type { WorkerLimits } from '../machines/worker.ts';

export interface NodeLimits {
  readonly workers: number;
  readonly pool: PoolLimits;
  readonly worker: WorkerLimits;
  readonly login: LoginLimits;
  /** Deadlines of a response that is read live, and of one that is read whole. */
  readonly live: StreamLimits;
  readonly whole: StreamLimits;
  readonly responseBytesMax: number;
  /** Of a body that is read whole: it ends as it is after so long; null: never. */
  readonly curtailMs: number | null;
  /** In the run queue. */
  readonly lettersMax: number;
}
