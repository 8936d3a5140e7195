/** The official SDK on `/v1/chat/completions`, before the real CLI and a fake provider; one slot in all, as beside it. */

import OpenAI, { APIError, APIUserAbortError } from 'openai';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../gateway.ts';
import { marker } from '../provider/scenario.ts';
import { modelItems, modelSettings } from '../provider-view.ts';
import { WatchedFetch } from '../watched-fetch.ts';

const watch = new WatchedFetch();
let gateway: Gateway;
let openai: OpenAI;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1', WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_WAIT_MS: '5000' });
  openai = new OpenAI({ baseURL: gateway.baseUrl, apiKey: gateway.key, maxRetries: 0, fetch: watch.fetch });
  await gateway.until((line) => line.includes(' models_observed '));
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());
afterEach(() => watch.check());

const samplings = () => gateway.provider.samplings;
const item = (role: string, text: string, type = 'input_text') => ({
  type: 'message',
  role,
  content: [{ type, text }],
});
const asked = (content: string) => ({ model: 'codex-5', messages: [{ role: 'user' as const, content }] });
const counted = asked(marker('text', { in: 1234, cached: 56, cachewrite: 7, out: 89, reasoning: 10 }));
const withUsage = { stream_options: { include_usage: true } };
const usage = {
  prompt_tokens: 1234,
  prompt_tokens_details: { cached_tokens: 56, cache_write_tokens: 7 },
  completion_tokens: 89,
  completion_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 1323,
};

test('create: text, finish and the usage of the provider', async () => {
  const completion = await openai.chat.completions.create(counted);
  expect(completion.choices).toMatchObject([{ message: { content: 'Hello, world.' }, finish_reason: 'stop' }]);
  expect(completion.usage).toMatchObject(usage);
  expect(samplings()).toHaveLength(1);
});

test('create, streamed: deltas, one finish, and the same usage', async () => {
  const stream = await openai.chat.completions.create({ ...counted, ...withUsage, stream: true });
  const deltas: string[] = [];
  const finishes: string[] = [];
  let last;
  for await (const chunk of stream) {
    for (const { delta, finish_reason: finish } of chunk.choices) {
      if (delta.content !== '' && typeof delta.content === 'string') deltas.push(delta.content);
      if (finish !== null) finishes.push(finish);
    }
    last = chunk;
  }
  expect(deltas).toEqual(['Hello', ', ', 'world', '.']);
  expect(finishes).toEqual(['stop']);
  expect(last).toMatchObject({ choices: [], usage });
  expect(samplings()).toHaveLength(1);
});

test('stream(): finalContent, finalChatCompletion and totalUsage', async () => {
  const runner = openai.chat.completions.stream({ ...counted, ...withUsage });
  expect(await runner.finalContent()).toBe('Hello, world.');
  expect(await runner.finalChatCompletion()).toMatchObject({ choices: [{ finish_reason: 'stop' }], usage });
  expect(await runner.totalUsage()).toMatchObject({ total_tokens: 1323 });
  expect(samplings()).toHaveLength(1);
});

test('the answer, echoed as history, is what the model reads next', async () => {
  const first: ChatCompletionMessageParam = { role: 'user', content: 'Say hello.' };
  const whole = await openai.chat.completions.create({ model: 'codex-5', messages: [first] });
  const streamed = await openai.chat.completions.stream({ model: 'codex-5', messages: [first] }).finalMessage();
  const messages = [first, whole.choices[0]!.message, first, streamed, { role: 'user' as const, content: 'Now?' }];
  await openai.chat.completions.create({ model: 'codex-5', messages });
  const answer = (text: string | null | undefined) => item('assistant', text ?? '', 'output_text');
  expect(modelItems(samplings()[2])).toEqual([
    item('user', 'Say hello.'),
    answer(whole.choices[0]?.message.content),
    item('user', 'Say hello.'),
    answer(streamed.content),
    item('user', 'Now?'),
  ]);
});

test('system and developer messages keep their places', async () => {
  const messages: ChatCompletionMessageParam[] = [
    { role: 'system', content: 'S' },
    { role: 'user', content: [{ type: 'text', text: 'U' }] },
    { role: 'developer', content: 'D' },
    { role: 'user', content: 'V' },
  ];
  await openai.chat.completions.create({ model: 'codex-5', messages });
  const [s, d] = [item('developer', 'S'), item('developer', 'D')];
  expect(modelItems(samplings()[0])).toEqual([s, item('user', 'U'), d, item('user', 'V')]);
  expect(modelSettings(samplings()[0])).not.toHaveProperty('instructions');
});

test.each([
  ['high', 'high'],
  ['minimal', 'low'],
] as const)('reasoning_effort %s reaches the provider as %s', async (effort, sent) => {
  await openai.chat.completions.create({ ...asked('hi'), reasoning_effort: effort });
  expect(modelSettings(samplings()[0])['reasoning']).toEqual({ effort: sent });
});

const held = asked(marker('text', { n: 8, barrier: 'gate', at: 2 }));

const leavings: Readonly<Record<string, () => Promise<unknown>>> = {
  'break in the raw iterator': async () => {
    for await (const chunk of await openai.chat.completions.create({ ...held, stream: true })) {
      if (chunk.choices[0]?.delta.content === 'Hello') break;
    }
  },
  'abort of stream()': async () => {
    const runner = openai.chat.completions.stream(held);
    runner.on('content', () => runner.abort());
    await expect(runner.finalContent()).rejects.toBeInstanceOf(APIUserAbortError);
  },
  'abort while the whole answer is awaited': async () => {
    const abort = new AbortController();
    const answer = openai.chat.completions.create(held, { signal: abort.signal });
    await gateway.provider.until(({ waiting }) => waiting('gate') === 1);
    abort.abort();
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
  },
};

test.each(Object.keys(leavings))('%s closes the connection to the provider and frees the slot', async (name) => {
  await leavings[name]?.();
  await gateway.provider.until(({ samplings: [first] }) => first?.ending === 'client');
  watch.check('some');
  const next = await openai.chat.completions.create(asked('hi'));
  expect(next.choices[0]?.finish_reason).toBe('stop');
});

const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const list: T[] = [];
  for await (const one of items) list.push(one);
  return list;
};

const cutLate = asked(marker('cut', { n: 2 }));
const readings: Readonly<Record<string, () => Promise<unknown>>> = {
  'the raw iterator': async () => all(await openai.chat.completions.create({ ...cutLate, stream: true })),
  'stream().finalChatCompletion()': () => openai.chat.completions.stream(cutLate).finalChatCompletion(),
  'stream().finalContent()': () => openai.chat.completions.stream(cutLate).finalContent(),
  'stream() as an iterator': () => all(openai.chat.completions.stream(cutLate)),
  'the whole answer': () => openai.chat.completions.create(cutLate),
};

test.each(Object.keys(readings))('a connection cut after two deltas is an error for %s', async (name) => {
  const error: unknown = await readings[name]?.().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ code: 'stream_disconnected' });
  expect(samplings()).toHaveLength(1);
  watch.check('some');
});
