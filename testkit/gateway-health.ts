/** What a gateway says of itself: `/healthz`, and waiting for a state of it by asking again, with a deadline and no sleep. */

import type { Gateway } from './gateway.ts';
import { ask } from './raw-client.ts';
import { type Json, type JsonObject, listOf, objectOf } from './validator/json.ts';

const deadlineMs = 10_000;

export async function healthOf(gateway: Gateway): Promise<JsonObject> {
  const { text } = await ask(gateway.port, '/healthz', { headers: gateway.withKey });
  return objectOf(JSON.parse(text) as Json);
}

/** Turns that workers are running, and requests that wait for one. */
export interface Load {
  readonly activeTurns: number;
  readonly queued: number;
}

async function loadOf(gateway: Gateway): Promise<Load> {
  const supervisor = objectOf((await healthOf(gateway))['worker_supervisor']);
  const turns = listOf(supervisor['workers']).map((worker) => Number(objectOf(worker)['active_turns']));
  return { activeTurns: turns.reduce((sum, each) => sum + each, 0), queued: Number(supervisor['queued']) };
}

async function until<T>(look: () => Promise<T>, accepts: (seen: T) => boolean, wanted: string): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const seen = await look();
    if (accepts(seen)) return;
    if (performance.now() - startedAt > deadlineMs) throw new Error(`${JSON.stringify(seen)}; expected ${wanted}`);
  }
}

export const untilLoad = (gateway: Gateway, wanted: Load): Promise<void> =>
  until(
    () => loadOf(gateway),
    ({ activeTurns, queued }) => activeTurns === wanted.activeTurns && queued === wanted.queued,
    JSON.stringify(wanted),
  );

/** All workers serve. */
export const untilReady = (gateway: Gateway): Promise<void> =>
  until(
    async () => objectOf((await healthOf(gateway))['worker_supervisor']),
    ({ ready_workers: ready, worker_count: count }) => ready === count,
    'all workers to be ready',
  );

/** A worker has died and all are ready again. */
export const untilRestarted = (gateway: Gateway): Promise<void> =>
  until(
    async () => objectOf((await healthOf(gateway))['worker_supervisor']),
    ({ workers, ready_workers: ready, worker_count: count }) =>
      ready === count && listOf(workers).some((worker) => Number(objectOf(worker)['restarts_total']) > 0),
    'a restart',
  );
