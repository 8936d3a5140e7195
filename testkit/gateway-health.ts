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

export async function untilLoad(gateway: Gateway, wanted: Load): Promise<void> {
  const startedAt = performance.now();
  for (;;) {
    const { activeTurns, queued } = await loadOf(gateway);
    if (activeTurns === wanted.activeTurns && queued === wanted.queued) return;
    if (performance.now() - startedAt < deadlineMs) continue;
    throw new Error(`turns ${activeTurns}, queued ${queued}; expected ${JSON.stringify(wanted)}`);
  }
}
