/**
 * Responses that are kept, before the real CLI and a fake provider: whichever way a client goes on with a conversation, the
 * model reads the same, and what is read again is what was told the first time.
 */

import OpenAI, { APIError } from 'openai';
import type {
  Response,
  ResponseCreateParamsNonStreaming,
  ResponseInput,
  ResponseInputItem,
} from 'openai/resources/responses/responses';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { modelItems } from '../testkit/provider-view.ts';

const clientOf = ({ baseUrl, key }: Gateway): OpenAI => new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
let gateway: Gateway;
let openai: OpenAI;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1' });
  openai = clientOf(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const user = (content: string): ResponseInputItem => ({ role: 'user', content });
const failure = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).catch((error: unknown) => error);

const weather = {
  type: 'function' as const,
  name: 'get_weather',
  description: 'w',
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  strict: false,
};

/** What the user says at each turn, beside the outputs of the calls that the turn before ended with. */
const said = [
  marker('reason', { msgs: 'commentary,none' }),
  marker('tool', { name: 'get_weather', calls: 2, say: 'Let me look.' }),
  marker('reason'),
  'And now?',
];

type Params = Omit<ResponseCreateParamsNonStreaming, 'stream'>;
/** How a turn tells what came before: its own new items, and all responses and inputs so far. */
type Way = (own: ResponseInput, before: readonly (readonly [asked: ResponseInput, told: Response])[]) => Params;

const echo = (
  own: ResponseInput,
  before: Parameters<Way>[1],
  output = (told: Response) => told.output as ResponseInput,
) => [...before.flatMap(([asked, told]) => [...asked, ...output(told)]), ...own];
const ways: Readonly<Record<string, Way>> = {
  'an echo of everything, nothing being kept': (own, before) => ({
    input: echo(own, before),
    store: false,
    include: ['reasoning.encrypted_content'],
  }),
  previous_response_id: (own, before) => {
    const previous = before.at(-1)?.[1].id;
    return previous === undefined ? { input: own } : { input: own, previous_response_id: previous };
  },
  'an echo without the encrypted content': (own, before) => ({ input: echo(own, before) }),
  'references to reasoning and messages, as ai@7 sends them': (own, before) => ({
    input: echo(own, before, ({ output }) =>
      output.map((item) => {
        if (item.type !== 'function_call') return { type: 'item_reference', id: item.id } as ResponseInputItem;
        const { call_id, name, arguments: given } = item;
        return { type: 'function_call', call_id, name, arguments: given };
      }),
    ),
  }),
};

async function talk(way: Way, streamed: boolean): Promise<readonly unknown[]> {
  gateway.provider.reset();
  const before: (readonly [ResponseInput, Response])[] = [];
  for (const text of said) {
    const outputs = (before.at(-1)?.[1].output ?? []).flatMap(
      (item): ResponseInput =>
        item.type === 'function_call' ? [{ type: 'function_call_output', call_id: item.call_id, output: 'sunny' }] : [],
    );
    const own = [...outputs, user(text)];
    const params = { model: 'codex-5', tools: [weather], instructions: 'Be brief.', ...way(own, before) };
    const told = streamed
      ? await openai.responses.stream(params).finalResponse()
      : await openai.responses.create(params);
    expect(told.status).toBe('completed');
    before.push([own, told]);
  }
  return gateway.provider.samplings.map((sampling) => modelItems(sampling));
}

test('whichever way a conversation goes on, the model reads the same', async () => {
  const [first, ...others] = Object.entries(ways);
  const expected = first === undefined ? [] : await talk(first[1], false);
  expect(expected).toHaveLength(said.length);
  const last = expected.at(-1) as readonly { readonly type: string }[];
  expect(last.map(({ type }) => type)).toEqual([
    'message',
    'message',
    'reasoning',
    'message',
    'message',
    'message',
    'message',
    'function_call',
    'function_call',
    'function_call_output',
    'function_call_output',
    'message',
    'reasoning',
    'message',
    'message',
  ]);
  expect(JSON.stringify(last).match(/ENC_/g)).toHaveLength(2);
  for (const [name, way] of others) {
    for (const streamed of [false, true]) expect(await talk(way, streamed), `${name}, ${streamed}`).toEqual(expected);
  }
});

/** The object that a client of the plain stream is left with. */
async function lastOf(params: Params): Promise<Response> {
  let last: Response | null = null;
  for await (const event of await openai.responses.create({ ...params, stream: true })) {
    if (event.type === 'response.completed') last = event.response;
  }
  if (last === null) throw new Error('the stream did not complete');
  return last;
}

test('a response is read again as it was told, whole or streamed, until it is deleted', async () => {
  const params = { model: 'codex-5', input: marker('reason'), metadata: { a: 'b' }, instructions: 'Be brief.' };
  for (const told of [await openai.responses.create(params), await lastOf(params)]) {
    // Bodies have an alias of `created_at`, and the SDK adds the text.
    const wire = (response: object) => ({
      ...response,
      created: undefined,
      output_text: undefined,
      _request_id: undefined,
    });
    const again = await openai.responses.retrieve(told.id);
    expect(wire(again)).toEqual(wire(told));
    expect(again.output_text).toBe('Hello, world.');
    expect(JSON.stringify(again)).not.toContain('ENC_');
    const revealed = await openai.responses.retrieve(told.id, { include: ['reasoning.encrypted_content'] });
    expect(revealed.output[0]).toMatchObject({ type: 'reasoning', encrypted_content: expect.stringContaining('ENC_') });

    const answer = await fetch(`${gateway.baseUrl}/responses/${told.id}`, {
      method: 'DELETE',
      headers: gateway.withKey,
    });
    expect(await answer.json()).toEqual({ id: told.id, object: 'response', deleted: true });
    const missing = { status: 404, code: 'not_found' };
    expect(await failure(openai.responses.retrieve(told.id))).toMatchObject(missing);
    expect(await failure(openai.responses.delete(told.id))).toMatchObject(missing);
    const reference = { type: 'item_reference' as const, id: told.output[0]?.id ?? '' };
    const referring = openai.responses.create({ model: 'codex-5', input: [user('hi'), reference] });
    expect(await failure(referring)).toMatchObject({ status: 404, code: 'item_not_found', param: 'input[1].id' });
    const next = openai.responses.create({ model: 'codex-5', input: 'hi', previous_response_id: told.id });
    const gone = { status: 400, code: 'previous_response_not_found', param: 'previous_response_id' };
    expect(await failure(next)).toMatchObject(gone);
  }
});

test('openai.responses.delete', async () => {
  const { id } = await openai.responses.create({ model: 'codex-5', input: 'hi' });
  await openai.responses.delete(id);
  expect(await failure(openai.responses.retrieve(id))).toBeInstanceOf(APIError);
});

test('one that runs can be read but not continued, and its deletion ends it', async () => {
  const input = marker('text', { n: 8, barrier: 'gate', at: 2 });
  const stream = await openai.responses.create({ model: 'codex-5', input, stream: true });
  let id = '';
  const read = async (): Promise<void> => {
    for await (const event of stream) {
      if (event.type === 'response.created') id = event.response.id;
      if (event.type !== 'response.output_text.delta' || event.delta !== 'Hello') continue;
      expect(await openai.responses.retrieve(id)).toMatchObject({ id, status: 'in_progress', output: [], usage: null });
      const next = { model: 'codex-5', input: 'hi', previous_response_id: id };
      expect(await failure(openai.responses.create(next))).toMatchObject({ code: 'response_not_completed' });
      await openai.responses.delete(id);
    }
  };
  expect(await failure(read())).toMatchObject({ code: 'response_cancelled' });
  await gateway.provider.until(({ samplings: [first] }) => first?.ending === 'client');
  expect(await failure(openai.responses.retrieve(id))).toMatchObject({ status: 404 });
});

test('a client that leaves a stream finds it cancelled', async () => {
  const input = marker('text', { n: 8, barrier: 'gate', at: 2 });
  let id = '';
  for await (const event of await openai.responses.create({ model: 'codex-5', input, stream: true })) {
    if (event.type === 'response.created') id = event.response.id;
    if (event.type === 'response.output_text.delta') break;
  }
  await gateway.provider.until(({ samplings: [first] }) => first?.ending === 'client');
  expect(await openai.responses.retrieve(id)).toMatchObject({
    status: 'cancelled',
    error: { code: 'response_cancelled' },
  });
  const next = { model: 'codex-5', input: 'hi', previous_response_id: id };
  expect(await failure(openai.responses.create(next))).toMatchObject({ code: 'response_not_completed' });
});

test('store: false leaves nothing behind', async () => {
  const told = await openai.responses.create({ model: 'codex-5', input: 'hi', store: false });
  expect(told).toMatchObject({ store: false });
  const { id, output } = told;
  expect(await failure(openai.responses.retrieve(id))).toMatchObject({ status: 404 });
  const next = { model: 'codex-5', input: 'hi', previous_response_id: id };
  expect(await failure(openai.responses.create(next))).toMatchObject({ code: 'previous_response_not_found' });
  const reference = { type: 'item_reference' as const, id: (output[0] as { id: string }).id };
  expect(await failure(openai.responses.create({ model: 'codex-5', input: [reference] }))).toMatchObject({
    status: 404,
  });
});

test('the oldest go first, and a conversation stays whole while its last turn is there', async () => {
  const small = await startGateway({ PROXY_WORKER_COUNT: '1', PROXY_STORE_RESPONSES_MAX: '2' });
  try {
    const client = clientOf(small);
    const told: Response[] = [];
    for (const input of ['one', 'two', 'three', 'four']) {
      const previous = told.at(-1);
      const more = previous === undefined ? {} : { previous_response_id: previous.id };
      told.push(await client.responses.create({ model: 'codex-5', input, ...more }));
    }
    const there = await Promise.all(told.map(({ id }) => client.responses.retrieve(id).catch(() => null)));
    expect(there.map((found) => found !== null)).toEqual([false, false, true, true]);
    const asked = modelItems(small.provider.samplings.at(-1)).filter(({ role }) => role === 'user');
    expect(asked.map(({ content }) => content)).toMatchObject(
      ['one', 'two', 'three', 'four'].map((text) => [{ text }]),
    );
  } finally {
    await small.stop();
  }
});

test('a store that is switched off keeps nothing, and says so', async () => {
  const off = await startGateway({ PROXY_WORKER_COUNT: '1', PROXY_STORE_RESPONSES_MAX: '0' });
  try {
    const client = clientOf(off);
    const { data, response } = await client.responses
      .create({ model: 'codex-5', input: 'hi', store: true })
      .withResponse();
    expect(data).toMatchObject({ store: false });
    expect(response.headers.get('x-proxy-ignored-params')).toBe('store');
    expect(await failure(client.responses.retrieve(data.id))).toMatchObject({ status: 404 });
    const next = { model: 'codex-5', input: 'hi', previous_response_id: data.id };
    expect(await failure(client.responses.create(next))).toMatchObject({ code: 'previous_response_not_found' });
  } finally {
    await off.stop();
  }
});
