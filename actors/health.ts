/** What the pool's state means to an operator: the vocabulary of `/readyz` and `/livez`. */

import type { Pool, SlotState } from '../machines/pool.ts';
import type { WorkerHealth } from './service.ts';

/** All words there are: dashboards know them. Some say more exactly what this gateway tells by another one of them. */
export const reasons = {
  readiness: [
    'worker_not_started',
    'supervisor_not_initialized',
    'worker_launching',
    'handshake_pending',
    'handshake_complete',
    'handshake_failed',
    'worker_exit',
    'shutdown_initiated',
    'shutdown_in_progress',
    'app_server_disabled',
  ],
  liveness: [
    'worker_not_started',
    'worker_starting',
    'worker_running',
    'worker_restarting',
    'restart_limit_exceeded',
    'shutdown_in_progress',
    'shutdown_complete',
  ],
} as const;

export interface Verdict {
  readonly ready: boolean;
  readonly readiness: (typeof reasons.readiness)[number];
  readonly live: boolean;
  readonly liveness: (typeof reasons.liveness)[number];
}

/** `state` is the supervisor's top state. */
export const verdict = (state: string, pool: Pool): Verdict => {
  const any = (...phases: SlotState['phase'][]): boolean => pool.slots.some((slot) => phases.includes(slot.phase));
  if (state === 'closed')
    return { ready: false, readiness: 'supervisor_not_initialized', live: true, liveness: 'worker_not_started' };
  if (state === 'stopped')
    return { ready: false, readiness: 'shutdown_in_progress', live: false, liveness: 'shutdown_complete' };
  if (state !== 'running')
    return { ready: false, readiness: 'shutdown_in_progress', live: false, liveness: 'shutdown_in_progress' };
  if (any('ready')) return { ready: true, readiness: 'handshake_complete', live: true, liveness: 'worker_running' };
  if (any('starting')) return { ready: false, readiness: 'handshake_pending', live: true, liveness: 'worker_starting' };
  if (any('held', 'draining', 'stopping', 'sick'))
    return { ready: false, readiness: 'worker_launching', live: true, liveness: 'worker_starting' };
  if (any('resting')) return { ready: false, readiness: 'worker_exit', live: true, liveness: 'worker_restarting' };
  return { ready: false, readiness: 'worker_exit', live: false, liveness: 'restart_limit_exceeded' };
};

export const workerHealth = (pool: Pool): readonly WorkerHealth[] =>
  pool.slots.map((slot, index) => ({
    slot: index,
    state: slot.phase,
    activeTurns: slot.leases.length,
    restartsTotal: slot.restartsTotal,
    consecutiveFailures: slot.failures,
  }));

/** Until the last of the resting workers is started again; null when none rests. */
export const restartDelayMs = (pool: Pool): number | null => {
  const resting = pool.slots.filter((slot) => slot.phase === 'resting').map((slot) => slot.restMs);
  return resting.length === 0 ? null : Math.max(...resting);
};
