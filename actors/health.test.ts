import { describe, expect, test } from 'vitest';
import type { ResponseId } from '../machines/ids.ts';
import type { SlotPhase } from '../machines/pool.ts';
import { poolOf } from '../testkit/pool-story.ts';
import { restartDelayMs, verdict, workerHealth } from './health.ts';

/** From the most to the least that can be said of a pool: the best slot decides. */
const slots: readonly (readonly [phases: readonly SlotPhase[], verdict: string])[] = [
  [['ready'], 'ready: handshake_complete; live: worker_running'],
  [['starting'], 'not ready: handshake_pending; live: worker_starting'],
  [['held', 'draining', 'stopping', 'sick'], 'not ready: worker_launching; live: worker_starting'],
  [['resting'], 'not ready: worker_exit; live: worker_restarting'],
  [['open', 'stopped'], 'not ready: worker_exit; not live: restart_limit_exceeded'],
];

const said = (state: string, phases: readonly SlotPhase[]): string => {
  const { ready, readiness, live, liveness } = verdict(state, poolOf(phases.map((phase) => ({ phase }))));
  return `${ready ? '' : 'not '}ready: ${readiness}; ${live ? '' : 'not '}live: ${liveness}`;
};

describe('the verdict', () => {
  test('is that of the best slot', () => {
    slots.forEach(([phases, expected], rank) => {
      const worse = slots.slice(rank + 1).flatMap(([others]) => others);
      for (const phase of phases) expect(said('running', [...worse, phase])).toBe(expected);
    });
  });

  test.each([
    ['closed', 'not ready: supervisor_not_initialized; live: worker_not_started'],
    ['draining', 'not ready: shutdown_in_progress; not live: shutdown_in_progress'],
    ['cutting', 'not ready: shutdown_in_progress; not live: shutdown_in_progress'],
    ['stopping', 'not ready: shutdown_in_progress; not live: shutdown_in_progress'],
    ['stopped', 'not ready: shutdown_in_progress; not live: shutdown_complete'],
  ])('of a %s pool is the same whatever its slots are', (state, expected) => {
    for (const phase of ['ready', 'stopped'] as const) expect(said(state, [phase])).toBe(expected);
  });
});

test('each worker is told by its slot', () => {
  const first = { phase: 'ready', leases: ['a' as ResponseId], restartsTotal: 4, failures: 2 } as const;
  expect(workerHealth(poolOf([first, {}]))).toEqual([
    { slot: 0, state: 'ready', activeTurns: 1, restartsTotal: 4, consecutiveFailures: 2 },
    { slot: 1, state: 'held', activeTurns: 0, restartsTotal: 0, consecutiveFailures: 0 },
  ]);
});

test('the restart to wait for is that of the worker that rests longest', () => {
  const resting = (restMs: number) => ({ phase: 'resting', restMs }) as const;
  expect(restartDelayMs(poolOf([{ phase: 'ready', restMs: 900 }]))).toBeNull();
  expect(restartDelayMs(poolOf([resting(500), { phase: 'ready', restMs: 900 }, resting(300)]))).toBe(500);
});
