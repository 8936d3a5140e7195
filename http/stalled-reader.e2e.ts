/**
 * Readers that stop reading in the middle of a large answer. What they cost is measured as the difference of two gateways:
 * both hold the same logs of the same running turns, and only in one of them the readers have taken nothing of it. Resident
 * memory (without mapped files) after a garbage collection is what is compared: buffers of uWebSockets.js show nowhere else.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { stream, streamed } from '../testkit/answers.ts';
import { type Gateway, type GatewayEnv, startGateway } from '../testkit/gateway.ts';
import { heapFreeBytes } from '../testkit/memory-probe.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask } from '../testkit/raw-client.ts';
import type { StreamClient } from '../testkit/stream-client.ts';

const root = join(import.meta.dirname, '..');
const mebibyte = 1_048_576;
const deltas = 128;
const deltaBytes = 65_536;
const answerBytes = deltas * deltaBytes;
const readers = 20;
const beyondLogBytesMax = 2 * mebibyte;
/** Entries before the first delta: created, in progress, item added, part added. */
const lastDelta = `"sequence_number":${4 + deltas - 1},`;

/** What waits is no reason to cut a reader off. */
const patient: GatewayEnv = { PROXY_WORKER_COUNT: '1', PROXY_SINK_BUFFER_BYTES: '1000000000' };
const shim: GatewayEnv = { CODEX_BIN: join(root, 'testkit/app-server/main.ts'), ...patient };
const probed: GatewayEnv = {
  ...shim,
  NODE_OPTIONS: `--expose-gc --import=${join(root, 'testkit/memory-probe.ts')}`,
};

const gateways: Gateway[] = [];
const started = async (env: GatewayEnv): Promise<Gateway> => {
  const gateway = await startGateway(env);
  gateways.push(gateway);
  return gateway;
};
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.kill()));
});

/** Without files that are mapped, and without the part of the JavaScript heap that is empty after a collection. */
async function heldBytes(gateway: Gateway): Promise<number> {
  const before = gateway.lines.all.length;
  gateway.signal('SIGUSR2');
  const line = await gateway.lines.until((text) => text.startsWith(heapFreeBytes), 10_000, before);
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1_024 - Number(line.split('=')[1]);
}

const stalled = async (client: StreamClient): Promise<StreamClient> => {
  await client.head;
  client.pause();
  return client;
};

/** An answer that stays open when all its text has been said. */
const large = (gateway: Gateway): StreamClient =>
  stream(gateway, 'responses', marker('hangmid', { n: deltas, size: deltaBytes }));

const isAsked = (line: string): boolean => line.includes(' responses_ingress_raw ');

/** Opens the readers and resolves when the gateway holds the whole text of every answer. */
async function hold(gateway: Gateway, reading: boolean): Promise<readonly StreamClient[]> {
  const clients = Array.from({ length: readers }, () => large(gateway));
  if (reading) await Promise.all(clients.map((client) => client.until(lastDelta)));
  else await gateway.until(() => gateway.journal.filter(isAsked).length >= readers);
  // The worker writes the lines of all turns in one pipe, in turns, so one that began later is not done earlier. Nor does it begin
  // much later: what the worker is asked then, it answers behind all that it has said.
  const witness = large(gateway);
  if (!reading) await Promise.all(clients.map(stalled));
  await witness.until(lastDelta);
  return [...clients, witness];
}

test('a reader that does not read holds less than 2 MiB beyond its log', async () => {
  const [taken, waiting] = await Promise.all([started(probed), started(probed)]);
  const fresh = await heldBytes(taken);
  await hold(taken, true);
  const takenBytes = await heldBytes(taken);

  await hold(waiting, false);
  const waitingBytes = await heldBytes(waiting);
  // The measure sees what it is meant to see: the logs of the answers, in both.
  for (const bytes of [takenBytes, waitingBytes]) expect(bytes - fresh).toBeGreaterThan(readers * 0.8 * answerBytes);
  const beyondBytes = (waitingBytes - takenBytes) / readers;
  expect(beyondBytes).toBeLessThan(beyondLogBytesMax);
});

test('it does not hold up others, and is cut off when it has taken nothing for ten seconds', async () => {
  const gateway = await started(patient);
  const { provider } = gateway;
  const slow = await stalled(
    stream(gateway, 'responses', marker('big', { n: deltas, size: deltaBytes, barrier: 'never', at: deltas - 1 })),
  );
  await provider.until(() => provider.waiting('never') === 1);

  const others = Array.from({ length: 20 }, (_, index) =>
    stream(gateway, 'chat', marker('text', { text: `other ${index}`, n: 4 })),
  );
  const answers = await Promise.all(others.map(async (client) => streamed('chat', await client.done)));
  expect(answers.map(({ text }) => text)).toEqual(others.map((_, index) => `other ${index}`));
  expect(gateway.journal.filter((line) => line.includes('client_too_slow'))).toEqual([]);

  // From here on uWebSockets.js decides: it gives up after ten to twelve seconds without progress.
  await gateway.until((line) => line.includes(' client_too_slow '), 15_000);
  await provider.until(() => provider.samplings.some(({ ending }) => ending === 'client'));
  slow.resume();
  expect(await slow.done).toMatchObject({ status: 200, complete: false });
  const next = streamed('responses', await stream(gateway, 'responses', marker('text', { text: 'next' })).done);
  expect(next).toMatchObject({ text: 'next', code: null });
  expect((await ask(gateway.port, '/readyz')).status).toBe(200);
});
