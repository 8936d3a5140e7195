/**
 * The official SDK on `/v1/responses`, before the real CLI and a fake provider. The gateway has one slot in all, so each
 * test also shows that the one before it gave its slot back.
 */

import OpenAI, { APIError, APIUserAbortError } from 'openai';
import type { ResponseCreateParamsNonStreaming, ResponseInput } from 'openai/resources/responses/responses';
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
const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
const usage = {
  input_tokens: 1234,
  input_tokens_details: { cached_tokens: 56, cache_write_tokens: 7 },
  output_tokens: 89,
  output_tokens_details: { reasoning_tokens: 10 },
  total_tokens: 1323,
};
const counted = marker('text', { in: 1234, cached: 56, cachewrite: 7, out: 89, reasoning: 10 });

test('create: text and the usage of the provider', async () => {
  const response = await openai.responses.create({ model: 'codex-5', input: counted });
  expect(response.output_text).toBe('Hello, world.');
  expect(response.usage).toEqual(usage);
  expect(response._request_id).toMatch(/^req_/);
  expect(samplings()).toHaveLength(1);
});

test('create, streamed: deltas, and the same usage', async () => {
  const stream = await openai.responses.create({ model: 'codex-5', input: counted, stream: true });
  const deltas: string[] = [];
  let last;
  for await (const event of stream) {
    if (event.type === 'response.output_text.delta') deltas.push(event.delta);
    last = event;
  }
  expect(deltas).toEqual(['Hello', ', ', 'world', '.']);
  expect(last).toMatchObject({ type: 'response.completed', response: { usage } });
  expect(samplings()).toHaveLength(1);
});

test('stream().finalResponse()', async () => {
  const final = await openai.responses.stream({ model: 'codex-5', input: counted }).finalResponse();
  expect(final).toMatchObject({ status: 'completed', output_text: 'Hello, world.', usage });
  expect(samplings()).toHaveLength(1);
});

test('models.list and models.retrieve', async () => {
  const { data } = await openai.models.list();
  expect(data[0]?.id).toBe('codex-5');
  expect(data.length).toBeGreaterThan(1);
  for (const { id } of data) expect(await openai.models.retrieve(id)).toMatchObject({ id, object: 'model' });
});

test.each([false, true])(
  'the output, echoed verbatim, is what the model reads next (streamed: %s)',
  async (streamed) => {
    const first = {
      type: 'message' as const,
      role: 'user' as const,
      content: marker('reason', { msgs: 'commentary,none' }),
    };
    const params = { model: 'codex-5', input: [first], include: ['reasoning.encrypted_content' as const] };
    const earlier = streamed
      ? await openai.responses.stream(params).finalResponse()
      : await openai.responses.create(params);
    const input = [first, ...earlier.output, { role: 'user', content: 'And now?' }] as ResponseInput;
    expect((await openai.responses.create({ model: 'codex-5', input })).status).toBe('completed');
    const said = { type: 'message', role: 'assistant', status: 'completed' };
    const content = [{ type: 'output_text', text: 'Hello, world.' }];
    expect(modelItems(samplings()[1])).toEqual([
      user(first.content),
      { type: 'reasoning', summary: [], encrypted_content: 'ENC_rs_1_0' },
      { ...said, content, phase: 'commentary' },
      { ...said, content },
      user('And now?'),
    ]);
  },
);

test('instructions come first; system and developer messages keep their places', async () => {
  await openai.responses.create({
    model: 'codex-5',
    instructions: 'I',
    input: [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'U' },
      { role: 'developer', content: 'D' },
      { role: 'user', content: 'V' },
    ],
  });
  const developer = (text: string) => ({ ...user(text), role: 'developer' });
  expect(modelItems(samplings()[0])).toEqual([developer('I'), developer('S'), user('U'), developer('D'), user('V')]);
  expect(modelSettings(samplings()[0])).not.toHaveProperty('instructions');
});

test.each([
  ['low', 'low', 'low'],
  ['high', 'high', 'high'],
  ['none', 'low', 'low'],
  ['minimal', 'low', 'low'],
] as const)('effort %s is echoed as %s and reaches the provider as %s', async (effort, echoed, sent) => {
  const response = await openai.responses.create({ model: 'codex-5', input: 'hi', reasoning: { effort } });
  expect(response.reasoning?.effort).toBe(echoed);
  expect(modelSettings(samplings()[0])['reasoning']).toEqual({ effort: sent });
});

test('effort under its chat name, and absent effort', async () => {
  const body = { model: 'codex-5', input: 'hi', reasoning_effort: 'medium' };
  await openai.responses.create(body as ResponseCreateParamsNonStreaming);
  await openai.responses.create({ model: 'codex-5', input: 'hi' });
  expect(samplings().map((one) => modelSettings(one)['reasoning'])).toEqual([{ effort: 'medium' }, {}]);
});

const held = marker('text', { n: 8, barrier: 'gate', at: 2 });

const leavings: Readonly<Record<string, () => Promise<unknown>>> = {
  'break in the raw iterator': async () => {
    for await (const event of await openai.responses.create({ model: 'codex-5', input: held, stream: true })) {
      if (event.type === 'response.output_text.delta') break;
    }
  },
  'abort of the raw stream': async () => {
    const stream = await openai.responses.create({ model: 'codex-5', input: held, stream: true });
    for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort();
  },
  'abort of stream()': async () => {
    const stream = openai.responses.stream({ model: 'codex-5', input: held });
    stream.on('response.output_text.delta', () => stream.abort());
    await expect(stream.finalResponse()).rejects.toBeInstanceOf(APIUserAbortError);
  },
  'abort while the whole answer is awaited': async () => {
    const abort = new AbortController();
    const params = { model: 'codex-5', input: held };
    const answer = openai.responses.create(params, { signal: abort.signal });
    await gateway.provider.until(({ waiting }) => waiting('gate') === 1);
    abort.abort();
    await expect(answer).rejects.toBeInstanceOf(APIUserAbortError);
  },
};

test.each(Object.keys(leavings))('%s closes the connection to the provider and frees the slot', async (name) => {
  await leavings[name]?.();
  await gateway.provider.until(({ samplings: [first] }) => first?.ending === 'client');
  watch.check('some');
  const next = await openai.responses.create({ model: 'codex-5', input: 'hi' });
  expect(next.status).toBe('completed');
});

const all = async <T>(items: AsyncIterable<T>): Promise<readonly T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

const cutLate = { model: 'codex-5', input: marker('cut', { n: 2 }) };
const readings: Readonly<Record<string, () => Promise<unknown>>> = {
  'the raw iterator': async () => {
    const stream = await openai.responses.create({ ...cutLate, stream: true });
    return all(stream);
  },
  'stream().finalResponse()': () => openai.responses.stream(cutLate).finalResponse(),
  'stream() as an iterator': () => all(openai.responses.stream(cutLate)),
  'the whole answer': () => openai.responses.create(cutLate),
};

test.each(Object.keys(readings))('a connection cut after two deltas is an error for %s', async (name) => {
  const error: unknown = await readings[name]?.().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ code: 'stream_disconnected' });
  expect(samplings()).toHaveLength(1);
  watch.check('some');
});
