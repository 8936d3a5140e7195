/** The real CLI, offline, through our own launcher: what a turn looks like, however it ends. */

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JsonObject, Turn, TurnEvent } from '../actors/turn.ts';
import type { Provider } from '../testkit/provider/provider.ts';
import { startProvider } from '../testkit/provider/server.ts';
import {
  initialized,
  launched,
  realClock as clock,
  silentJournal as journal,
  type Worker,
  workerIds as ids,
} from '../testkit/worker.ts';
import type { Listing } from './catalog.ts';
import { isEcho } from './codex-events.ts';
import { prepareHome } from './home.ts';
import { readKnownLine } from './known-lines.ts';
import type { LauncherOptions } from './launcher.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import { nodeSpawner } from './process.ts';
import type { ProcessSpawner } from './process.ts';

let folder: string;
let provider: Provider;
let options: LauncherOptions;
let worker: Worker;
let listing: Listing;

const launch = (changes: Partial<LauncherOptions> = {}): Worker => launched({ ...options, ...changes });
const ready = async (changes: Partial<LauncherOptions> = {}): Promise<Worker> => initialized(launch(changes));
const user = (text: string): JsonObject => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
const ask = (text: string, more: Partial<Turn> = {}): Turn => ({ model: 'gpt-6.1-sol', items: [user(text)], ...more });
const textOf = (events: readonly TurnEvent[]): string =>
  events.map((event) => (event.type === 'text.delta' ? event.delta : '')).join('');
const outcomeOf = (events: readonly TurnEvent[]) => events.find((event) => event.type === 'turn.ended')?.outcome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'codex-actors-'));
  provider = await startProvider();
  const places = { home: join(folder, 'home'), workdir: join(folder, 'work'), sqliteBase: join(folder, 'state') };
  const shared = {
    binary: null,
    environment: { PATH: process.env['PATH'] },
    environmentAllow: [],
    provider: { type: 'url', url: provider.baseUrl } as const,
    journal,
  };
  ({ listing } = await prepareHome({
    ...places,
    ...shared,
    createHome: true,
    model: 'gpt-6.1-sol',
    streamIdleMs: 300_000,
  }));
  options = { ...places, ...shared, limits: transportLimits, clock, ids };
  worker = await ready();
});

afterAll(async () => {
  worker.channel.send({ type: 'ask' });
  await worker.fact('process.exited');
  await provider.close();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('handshake: version, account and models', async () => {
  expect(worker.facts.find((fact) => fact.type === 'handshake.completed')).toMatchObject({ version: '0.169.0' });
  expect(await worker.fact('account.observed')).toMatchObject({ signedIn: true });
  const { models } = await worker.fact('models.observed');
  expect(models.map((model) => model['id'])).toContain('gpt-6.1-sol');
  // What is served until a worker has told it is the same.
  const read = models.map(({ id, model, hidden, isDefault, supportedReasoningEfforts, serviceTiers }) => {
    const efforts = supportedReasoningEfforts as { readonly reasoningEffort: string }[];
    const names = efforts.map(({ reasoningEffort }) => ({ reasoningEffort }));
    return { id, model, hidden, isDefault, supportedReasoningEfforts: names, serviceTiers };
  });
  expect(listing).toEqual(read);
});

test('text', async () => {
  const events = await worker.run(ask('[[sc:text n=4]]'));
  expect(events.map(({ type }) => type)).toEqual([
    'turn.accepted',
    'item.opened',
    'text.delta',
    'text.delta',
    'text.delta',
    'text.delta',
    'item.closed',
    'item.final',
    'sampling.completed',
    'usage.observed',
    'turn.ended',
    'turn.closed',
  ]);
  expect(outcomeOf(events)).toEqual({ type: 'completed' });
  expect(textOf(events)).not.toBe('');
});

test('the lines that every turn has are known', async () => {
  let said = '';
  const real = nodeSpawner(clock);
  const spawner: ProcessSpawner = (spec, events) =>
    real(spec, {
      ...events,
      stdout: (chunk) => {
        said += chunk.toString('latin1');
        events.stdout(chunk);
      },
    });
  const watched = await ready({ spawner });
  await Promise.all([watched.fact('models.observed'), watched.fact('account.observed')]);
  said = '';
  await watched.run(ask('[[sc:text n=1]]'));
  const lines = said.split('\n').filter((line) => line !== '' && !isEcho(line) && readKnownLine(line) === null);
  expect(lines.map((line) => /"(?:method|id)":"?[\w/]+/u.exec(line)?.[0])).toEqual([
    '"method":"item/agentMessage/delta',
  ]);
  watched.channel.send({ type: 'ask' });
  await watched.fact('process.exited');
});

test('what the provider sees is what was injected, and nothing else', async () => {
  const items = [
    { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'Be terse.' }] },
    user('Grüße \ud83d lone, "quotes", \u2028 and [[sc:text n=1 key=seen]]'),
  ];
  const tool = { name: 'get_weather', description: '', inputSchema: { type: 'object', properties: {} } };
  const { length } = provider.samplings;
  await worker.run({ model: 'gpt-6.1-sol', items, tools: [tool], effort: 'low', verbosity: 'high' });
  const body = provider.samplings[length]?.body as JsonObject;
  const input = (body['input'] as JsonObject[]).map(({ id: _id, ...item }) => item);
  expect(input).toEqual(JSON.parse(JSON.stringify(items).replaceAll('\\ud83d', '\ufffd')));
  expect(body['text']).toMatchObject({ verbosity: 'high' });
  expect(body['reasoning']).toMatchObject({ effort: 'low' });
  expect((body['tools'] as JsonObject[]).map((entry) => entry['name'])).toEqual(['get_weather']);
});

test('an interrupted turn is closed and its provider call ends', async () => {
  const response = worker.start(ask('[[sc:text n=1000 delay=20]]'));
  await worker.event(response, 'text.delta');
  await worker.stop(response);
  const record = provider.samplings.at(-1);
  await provider.until(() => record?.ending !== undefined);
  expect(record?.ending).toBe('client');
});

test.for([0, 1, 2, 3, 5, 8, 13, 21, 34])('a stop %i ms after the start closes the turn', async (afterMs) => {
  const response = worker.start(ask('[[sc:text n=1000 delay=20]]'));
  if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
  await worker.stop(response);
  expect(worker.of(response).at(-1)).toEqual({ type: 'turn.closed' });
});

test.for([
  ['[[sc:status kind=rate]]', 'rate_limit_exceeded'],
  ['[[sc:status kind=usage]]', 'insufficient_quota'],
  ['[[sc:status kind=context]]', 'context_length_exceeded'],
  ['[[sc:status kind=auth]]', 'provider_key_refused'],
  ['[[sc:status kind=model]]', 'model_not_found'],
  ['[[sc:status kind=overloaded]]', 'server_is_overloaded'],
  ['[[sc:status code=400]]', 'upstream_rejected'],
  ['[[sc:status code=403]]', 'permission_denied'],
  ['[[sc:status code=413]]', 'request_too_large'],
  ['[[sc:status code=500]]', 'upstream_error'],
  ['[[sc:cut n=2]]', 'stream_disconnected'],
  ['[[sc:failed code=rate_limit_exceeded]]', 'rate_limit_exceeded'],
  ['[[sc:noterminal n=2]]', 'stream_disconnected'],
  ['[[sc:reset]]', 'stream_disconnected'],
] as const)('%s fails with %s', async ([scenario, code]) => {
  const events = await worker.run(ask(scenario));
  const outcome = outcomeOf(events);
  expect(outcome).toMatchObject({ type: 'failed', failure: { code } });
  expect(JSON.stringify(outcome)).not.toMatch(/127\.0\.0\.1|req_fake/u);
});

test('an answer cut by the length limit is incomplete, and its tokens are known', async () => {
  const events = await worker.run(ask('[[sc:incomplete reason=max_output_tokens]]'));
  expect(outcomeOf(events)).toEqual({ type: 'incomplete', reason: 'max_output_tokens' });
  expect(textOf(events)).not.toBe('');
  expect(events.findLast((event) => event.type === 'usage.observed')?.total.outputTokens).toBeGreaterThan(0);
});

test('an answer cut by the content filter is incomplete, and nobody counts its tokens', async () => {
  const events = await worker.run(ask('[[sc:incomplete reason=content_filter]]'));
  expect(outcomeOf(events)).toEqual({ type: 'incomplete', reason: 'content_filter' });
  expect(events.some(({ type }) => type === 'usage.observed' || type === 'sampling.completed')).toBe(false);
});

test('calls come in order with their exact arguments; the turn is stopped at the end of the sampling', async () => {
  const tools = [{ name: 'get_weather', description: '', inputSchema: { type: 'object', properties: {} } }];
  const { length } = provider.samplings;
  const response = worker.start(ask('[[sc:tool calls=3]]', { tools }));
  await worker.event(response, 'sampling.completed');
  await worker.stop(response);
  const calls = worker.of(response).filter((event) => event.type === 'call.requested');
  expect(calls.map(({ name }) => name)).toEqual(['get_weather', 'get_weather', 'get_weather']);
  expect(new Set(calls.map(({ callId }) => callId)).size).toBe(3);
  expect(provider.samplings.length).toBe(length + 1);
});

test('reasoning: summaries and the encrypted item', async () => {
  const events = await worker.run(ask('[[sc:reason parts=2]]', { effort: 'medium', summary: 'auto' }));
  expect(events.filter(({ type }) => type === 'summary.opened')).toHaveLength(2);
  expect(events.find((event) => event.type === 'item.final')).toMatchObject({ kind: 'reasoning' });
  expect(events.find((event) => event.type === 'item.final')).toHaveProperty('encrypted');
});

test('two turns at once keep their words apart', async () => {
  const [a, b] = await Promise.all([
    worker.run(ask('[[sc:text chunks=a1|a2|a3 delay=5]]')),
    worker.run(ask('[[sc:text chunks=b1|b2|b3 delay=5]]')),
  ]);
  expect([textOf(a), textOf(b)]).toEqual(['a1a2a3', 'b1b2b3']);
});

test('a refused tool name is a bad request', async () => {
  const tools = [{ name: 'not a name', description: '', inputSchema: { type: 'object' } }];
  const events = await worker.run(ask('x', { tools }));
  expect(events[0]).toMatchObject({ type: 'turn.refused', failure: { code: 'bad_request' } });
});

test('a refused item is a bad request, and nothing is told of the turn that was started with it', async () => {
  const events = await worker.run(ask('x', { items: [{ type: 'message', role: 'user', content: 7 }] }));
  expect(events).toMatchObject([{ type: 'turn.refused', failure: { code: 'bad_request' } }, { type: 'turn.closed' }]);
});

/** Each turn of a conversation of its own, of a length of its own, several threads at once. */
test('whatever the size and however many at once, a turn begins with its conversation', async () => {
  const { length } = provider.samplings;
  const turns = Number(process.env['ORDER_TURNS'] ?? 48);
  const said = (turn: number): string => `turn ${turn} ${'x'.repeat(turn % 6 === 0 ? 400_000 : (turn % 7) * 3_000)}`;
  let next = 0;
  const run = async (): Promise<void> => {
    for (let turn = next++; turn < turns; turn = next++) {
      const events = await worker.run(ask('', { items: [user(said(turn)), user(`[[sc:text n=1 key=t${turn}]]`)] }));
      expect(outcomeOf(events)).toEqual({ type: 'completed' });
    }
  };
  await Promise.all(Array.from({ length: 8 }, run));
  const seen = provider.samplings.slice(length).map(({ body }) => {
    const [first, second, ...more] = (body as { input: { content: { text: string }[] }[] }).input;
    expect(more).toEqual([]);
    expect(second?.content[0]?.text).toBe(`[[sc:text n=1 key=t${first?.content[0]?.text.split(' ')[1]}]]`);
    return first?.content[0]?.text;
  });
  expect(seen).toHaveLength(turns);
  expect(new Set(seen)).toEqual(new Set(Array.from({ length: turns }, (_, turn) => said(turn))));
});

test('a conversation of 12 MB arrives whole', async () => {
  const items = [user('x'.repeat(6_000_000)), user('é'.repeat(3_000_000)), user('[[sc:text n=1]]')];
  const events = await worker.run(ask('', { items }));
  expect(outcomeOf(events)).toEqual({ type: 'completed' });
  expect(provider.samplings.at(-1)?.rawBytes).toBeGreaterThan(12_000_000);
});

test('a configuration that the CLI refuses: exit with the line that says why', async () => {
  const broken = launch({ home: join(folder, 'nowhere') });
  expect(await broken.fact('process.exited')).toMatchObject({ code: 1, reason: expect.stringContaining('CODEX_HOME') });
});

test('a binary that is not there, and one that exits at once', async () => {
  const missing = launch({ binary: '/nowhere/codex' });
  expect(await missing.fact('process.exited')).toMatchObject({
    code: null,
    reason: expect.stringContaining('not exist'),
  });
  const exiting = launch({ binary: '/bin/false' });
  expect(await exiting.fact('process.exited')).toMatchObject({ code: 1 });
});

test('SIGKILL in the middle of a turn: everything said before, then the exit, then nothing', async () => {
  let pid = 0;
  const real = nodeSpawner(clock);
  const spawner: ProcessSpawner = (spec, events) => {
    const child = real(spec, events);
    pid = child.pid ?? 0;
    return child;
  };
  const killed = await ready({ spawner });
  const response = killed.start(ask('[[sc:text n=1000 delay=10]]'));
  await killed.event(response, 'text.delta');
  process.kill(pid, 'SIGKILL');
  expect(await killed.fact('process.exited')).toMatchObject({ code: null, signal: 'SIGKILL' });
  const { length } = killed.of(response);
  killed.channel.send({ type: 'turn.stop', response });
  await Promise.resolve();
  expect(killed.of(response)).toHaveLength(length);
  expect(killed.facts.at(-1)?.type).toBe('process.exited');
});

test('asked to end, the process ends and takes its databases along', async () => {
  const asked = await ready();
  const before = (await readdir(join(folder, 'state'))).length;
  asked.channel.send({ type: 'ask' });
  expect(await asked.fact('process.exited')).toMatchObject({ code: 0 });
  await expect.poll(async () => (await readdir(join(folder, 'state'))).length).toBe(before - 1);
});
