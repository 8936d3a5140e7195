/**
 * What the machines owe to each other, reaction by reaction: the invariants of `monitors.ts` say what must never come about,
 * these say who must do what at once. With them no deadline can hide that something was forgotten.
 */

import type { PoolLimits } from '../../../../machines/pool.ts';
import type { StreamLimits } from '../../../../machines/stream-setup.ts';
import type { WorkerLimits } from '../../../../machines/worker.ts';
import type { Monitor, Progress } from '../../actor.ts';
import { loginContract } from './login-contract.ts';
import { notTwice, patience, streamManners, supervisorManners, workerManners } from './manners.ts';
import { poolContract } from './pool-contract.ts';
import { streamContract } from './stream-contract.ts';
import { workerContract } from './worker-contract.ts';

export interface Parties {
  readonly responses: readonly string[];
  readonly slots: readonly number[];
  readonly faults: number;
  readonly stream: StreamLimits;
  readonly worker: WorkerLimits;
  readonly pool: PoolLimits;
}

export const contracts = ({ responses, slots, faults, stream, worker, pool }: Parties): readonly Monitor[] => [
  notTwice,
  ...(faults === 0 ? [patience] : []),
  poolContract(slots.length, pool),
  loginContract,
  ...slots.flatMap((slot) => [workerManners(slot), supervisorManners(slot), workerContract(slot, worker)]),
  ...responses.flatMap((response) => [streamManners(response), streamContract(response, stream)]),
];

/** Progress as those see it who wait, and not as the machines do. */
export const expectations = ({ responses, slots }: Parties): readonly Progress[] => [
  ...responses.flatMap((response): Progress[] => [
    {
      name: `every outcome is followed by the close/${response}`,
      actor: `scribe/${response}`,
      pending: ({ gate }: { readonly gate: string }) => gate === 'shut',
    },
    {
      name: `every client is answered/${response}`,
      actor: `client/${response}`,
      pending: (state: string) => state === 'waiting',
    },
  ]),
  ...slots.map(
    (slot): Progress => ({
      name: `a worn process is replaced/${slot}`,
      actor: `process/${slot}`,
      pending: ({ worn, phase }: { readonly worn: boolean; readonly phase: string }) => worn && phase === 'serving',
    }),
  ),
];
