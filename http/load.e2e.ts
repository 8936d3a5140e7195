/**
 * Many streams at once through two real workers with the default limits, and the death of one worker in their middle: each
 * reader gets its own answer whole, or the failure recipe, and never a part of another's.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Dialect, stream, streamed } from '../testkit/answers.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { seize } from '../testkit/process-table.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask } from '../testkit/raw-client.ts';

const perWorker = 32;
const inFlight = 2 * perWorker;

let gateway: Gateway;
beforeAll(async () => {
  gateway = await startGateway({}, { workersReady: 2 });
});
afterAll(() => gateway.stop());

const dialectOf = (index: number): Dialect => (index % 2 === 0 ? 'responses' : 'chat');

/** Nobody else's: its number is in every piece, so that a single delta in the wrong stream shows. */
const ownText = (name: string, index: number): string =>
  Array.from({ length: 12 }, (_, piece) => `${name}-${index}.${piece} wörld 🚀\n`).join('');

const open = (name: string, index: number, more: Record<string, string | number> = {}) => ({
  dialect: dialectOf(index),
  text: ownText(name, index),
  client: stream(gateway, dialectOf(index), marker('text', { text: ownText(name, index), n: 12, ...more })),
});

const told = async ({ dialect, client }: ReturnType<typeof open>) => streamed(dialect, await client.done);

const range = (count: number): readonly number[] => [...Array(count).keys()];

test('200 streams at once, more than the workers take: each gets exactly its own answer', async () => {
  // The barrier opens when every slot of both workers is producing, so they really run side by side.
  const streams = range(200).map((index) => open('load', index, { barrier: 'load', at: 5, of: inFlight }));
  const answers = await Promise.all(streams.map(told));
  expect(answers.map(({ text, code }) => ({ text, code }))).toEqual(streams.map(({ text }) => ({ text, code: null })));
  expect(new Set(answers.map(({ id }) => id)).size).toBe(200);
});

test('a worker killed in the middle fails its own streams by the recipe, comes back, and disturbs nobody else', async () => {
  const { provider } = gateway;
  const held = range(inFlight).map((index) => open('held', index, { barrier: 'kill', at: 1 }));
  await Promise.all(held.map(({ client }, index) => client.until(`held-${index}.0`)));
  const queued = range(36).map((index) => open('queued', index));

  const [victim] = gateway.workers();
  if (victim === undefined) throw new Error('no worker');
  const before = gateway.lines.all.length;
  seize(victim);
  const exited = await gateway.lines.until((line) => line.includes(' worker_exit '), 10_000, before);
  const ready = await ask(gateway.port, '/readyz');
  expect(ready.status).toBe(200);

  const risen = await gateway.lines.until((line) => line.includes(' worker_ready '), 10_000, before);
  const slot = /slot=\d/.exec(exited)?.[0] ?? 'none';
  expect(exited).toContain('signal=SIGKILL');
  expect(risen).toContain(slot);
  const at = (line: string): number => Date.parse(line.slice(0, line.indexOf(' ')));
  // The first back-off is at most half a second; the rest is the start of the process on a busy machine.
  expect(at(risen) - at(exited)).toBeLessThan(5_000);

  // The survivor is full, so those that waited are served by the new process.
  expect((await Promise.all(queued.map(told))).map(({ text }) => text)).toEqual(queued.map(({ text }) => text));

  provider.release('kill');
  const answers = await Promise.all(held.map(told));
  const lost = answers.filter(({ code }) => code !== null);
  expect(lost).toHaveLength(perWorker);
  expect(new Set(lost.map(({ code }) => code))).toEqual(new Set(['worker_exited']));
  const kept = held.filter((_, index) => answers[index]?.code === null);
  const keptAnswers = answers.filter(({ code }) => code === null);
  expect(keptAnswers.map(({ text }) => text)).toEqual(kept.map(({ text }) => text));
  expect(gateway.journal.filter((line) => line.includes(' readiness_changed ready=false'))).toEqual([]);
});

test('afterwards every slot is free and the gateway serves as before', async () => {
  const again = range(8).map((index) => open('after', index));
  expect((await Promise.all(again.map(told))).map(({ text }) => text)).toEqual(again.map(({ text }) => text));
  const { body } = { body: JSON.parse((await ask(gateway.port, '/healthz', { headers: gateway.withKey })).text) };
  expect(body).toMatchObject({ ok: true, worker_supervisor: { ready_workers: 2, queued: 0 } });
  expect(gateway.journal.filter((line) => line.includes(' bug ') || line.includes('_crashed'))).toEqual([]);
});
