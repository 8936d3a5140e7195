/** What becomes of a chat request: what is refused and how, and what the model is given of the rest. */

import { gzipSync, brotliCompressSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startGateway } from '../gateway.ts';
import { untilLoad } from '../gateway-health.ts';
import { dataUrl, png } from '../pictures.ts';
import { marker } from '../provider/scenario.ts';
import { modelBody, modelItems } from '../provider-view.ts';
import { capture } from './captured.ts';
import {
  type Answer,
  chatText,
  type Fields,
  type Loose,
  lookupUser,
  sayHello,
  serve,
  Server,
  startServer,
} from './server.ts';

/** The fake app-server: for what is refused, and what needs no provider. */
let fake: Server;
/** The real CLI before a fake provider. */
let real: Server;

beforeAll(async () => {
  [fake, real] = await Promise.all([
    startServer(),
    startGateway({ PROXY_WORKER_COUNT: '1' }).then((gateway) => new Server(gateway)),
  ]);
});
afterAll(async () => {
  await Promise.all([fake.gateway.kill(), real.gateway.kill()]);
});
beforeEach(() => real.gateway.provider.reset());

const samplings = () => real.gateway.provider.samplings;
const body = (number = 0): Loose => modelBody(samplings()[number]);
const items = (number = 0): Loose => modelItems(samplings()[number]);
const user = (content: unknown) => ({ role: 'user', content });
const message = (role: string, ...texts: string[]) => ({
  type: 'message',
  role,
  content: texts.map((text) => ({ type: role === 'assistant' ? 'output_text' : 'input_text', text })),
});
const post = (given: string | Uint8Array, headers: Record<string, string> = {}): Promise<Answer> =>
  fake.post('/v1/chat/completions', given, headers);
const whole = JSON.stringify({ model: 'codex-5', messages: sayHello });
const seen = ({ status, json }: Answer) => [status, json.error.code, json.error.param];

test('P-80 C-10 what is no JSON object is refused as such; JSON is read under any name that may mean it', async () => {
  const broken = await post('{bad');
  expect([broken.status, broken.json.error]).toEqual([
    400,
    { message: 'Invalid JSON', type: 'invalid_request_error', param: null, code: 'invalid_json' },
  ]);
  for (const given of ['[]', '"x"', '42', 'null', 'true']) {
    const { status, json } = await post(given);
    expect([given, status, json.error.code]).toEqual([given, 400, 'invalid_request_error']);
    expect(json.error.message.toLowerCase()).toContain('must be a json object');
  }
  const types = ['text/plain', 'application/vnd.api+json', 'application/json; charset=utf-8', 'text/json'];
  for (const type of types) expect([type, (await post(whole, { 'content-type': type })).status]).toEqual([type, 200]);
  expect((await fake.send('POST', '/v1/chat/completions', fake.gateway.withKey, whole)).status).toBe(200);
  expect(seen(await post(whole, { 'content-type': 'application/xml' })).slice(0, 2)).toEqual([
    415,
    'unsupported_media_type',
  ]);
  expect(seen(await post(whole, { 'content-type': 'application/json; charset=utf-16' })).slice(0, 2)).toEqual([
    415,
    'unsupported_encoding',
  ]);
  expect(seen(await post(whole, { 'content-encoding': 'compress' })).slice(0, 2)).toEqual([
    415,
    'unsupported_encoding',
  ]);
  for (const [encoding, packed] of [
    ['gzip', gzipSync(whole)],
    ['deflate', deflateSync(whole)],
    ['br', brotliCompressSync(whole)],
  ] as const) {
    expect([encoding, (await post(packed, { 'content-encoding': encoding })).status]).toEqual([encoding, 200]);
  }
  // The limit is that of what is inside.
  const large = gzipSync(Buffer.alloc(17 * 1_048_576, ' '));
  expect(seen(await post(large, { 'content-encoding': 'gzip' })).slice(0, 2)).toEqual([
    413,
    'request_entity_too_large',
  ]);
});

test('P-81 C-14 a request names its model', async () => {
  for (const given of [{}, { model: '' }, { model: '  ' }, { model: null }, { model: 5 }]) {
    for (const path of ['/v1/chat/completions', '/v1/responses']) {
      const { status, json } = await fake.post(path, given);
      expect([status, json.error]).toEqual([
        400,
        { message: 'model is required', type: 'invalid_request_error', param: 'model', code: 'model_required' },
      ]);
    }
  }
});

test('P-82 C-15 a chat has messages', async () => {
  for (const messages of [[], undefined, null, 'hi', {}]) {
    const { status, json } = await fake.chat({ messages });
    expect([status, json.error]).toEqual([
      400,
      {
        message: 'messages[] required',
        type: 'invalid_request_error',
        param: 'messages',
        code: 'invalid_request_error',
      },
    ]);
  }
});

test('P-83 the six roles are read, others are refused with their place', async () => {
  const { status, json } = await fake.chat({ messages: [...sayHello, { role: 'alien', content: 'x' }] });
  expect([status, json.error.param, json.error.code]).toEqual([400, 'messages[1].role', 'invalid_request_error']);
  for (const role of ['system', 'developer', 'user', 'assistant', 'tool', 'function'])
    expect(json.error.message).toContain(role);
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const messages = [
    { role: 'system', content: 'a' },
    { role: 'developer', content: 'b' },
    user('c'),
    { role: 'assistant', content: null, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c1', content: 'd' },
    { role: 'assistant', content: null, function_call: { name: 'g', arguments: '{}' } },
    { role: 'function', name: 'g', content: 'e' },
  ];
  expect((await fake.chat({ messages })).status).toBe(200);
});

// Parts that are known to carry what cannot be told (audio, video) are refused with their place (wire contract); unknown ones arrive.
test('P-84 every form of content arrives, an unknown part as its JSON', async () => {
  const odd = { type: 'odd', value: 7 };
  const url = dataUrl(png({ width: 2, height: 2 }));
  const contents = [
    'text',
    ['one', { type: 'text', text: 'two' }, { type: 'input_text', text: 'three' }],
    { text: 'alone' },
    [odd],
    [
      { type: 'image_url', image_url: { url } },
      { type: 'input_image', image_url: url },
    ],
  ];
  expect(
    (
      await real.chat({
        messages: [...contents.map(user), { role: 'assistant', content: null, refusal: 'no' }, user(null), user('end')],
      })
    ).status,
  ).toBe(200);
  expect(items()).toEqual([
    message('user', 'text'),
    message('user', 'one', 'two', 'three'),
    message('user', 'alone'),
    message('user', JSON.stringify(odd)),
    {
      type: 'message',
      role: 'user',
      content: [0, 1].map(() => expect.objectContaining({ type: 'input_image', image_url: url })),
    },
    message('assistant', 'no'),
    message('user', 'end'),
  ]);
  const audio = await real.chat({
    messages: [user([{ type: 'input_audio', input_audio: { data: '', format: 'wav' } }])],
  });
  expect([audio.status, audio.json.error.param]).toEqual([400, 'messages[0].content[0].type']);
});

test('P-85 W-12 each message is one item in its order; calls and their outputs keep their ids', async () => {
  const call = (id: string, name: string) => ({ id, type: 'function', function: { name, arguments: '{"id":"42"}' } });
  const messages = [
    user('who is 42?'),
    { role: 'assistant', content: null, tool_calls: [call('call_a', 'lookup_user'), call('call_b', 'lookup_user')] },
    { role: 'tool', tool_call_id: 'call_b', content: 'Bob' },
    { role: 'tool', tool_call_id: 'call_a', content: [{ type: 'text', text: 'Ann' }] },
    { role: 'assistant', content: 'They are two.' },
    user('go on'),
  ];
  expect((await real.chat({ messages, tools: [lookupUser] })).status).toBe(200);
  const told = items().map((item: Loose) => ({ ...item, status: undefined }));
  const called = (id: string) => ({
    type: 'function_call',
    call_id: id,
    name: 'lookup_user',
    arguments: '{"id":"42"}',
  });
  expect(told).toEqual([
    message('user', 'who is 42?'),
    called('call_a'),
    called('call_b'),
    { type: 'function_call_output', call_id: 'call_b', output: 'Bob' },
    { type: 'function_call_output', call_id: 'call_a', output: [{ type: 'input_text', text: 'Ann' }] },
    message('assistant', 'They are two.'),
    message('user', 'go on'),
  ]);
});

test('P-86 W-10 system prompts and tools reach the model: the former as developer messages', async () => {
  const messages = [{ role: 'system', content: 'be brief' }, user('hi'), { role: 'developer', content: 'and kind' }];
  expect((await real.chat({ messages, tools: [lookupUser] })).status).toBe(200);
  expect(items()).toEqual([message('developer', 'be brief'), message('user', 'hi'), message('developer', 'and kind')]);
  expect(body().instructions ?? '').toBe('');
  expect(body().tools).toMatchObject([{ type: 'function', name: 'lookup_user' }]);
});

test('P-86 otherwise they are the base instructions, once, joined by a blank line', async () => {
  const gateway = await startGateway({ PROXY_WORKER_COUNT: '1', PROXY_IGNORE_CLIENT_SYSTEM_PROMPT: 'false' });
  onTestFinished(() => gateway.kill());
  const server = new Server(gateway);
  const messages = [{ role: 'system', content: 'be brief' }, user('hi'), { role: 'developer', content: 'and kind' }];
  expect((await server.chat({ messages })).status).toBe(200);
  expect(
    (await server.resp({ instructions: 'on Responses', input: [{ role: 'system', content: 'be brief' }, user('hi')] }))
      .status,
  ).toBe(200);
  const [chat, responses] = gateway.provider.samplings;
  // The CLI puts them before the conversation, as what a developer says.
  expect(modelItems(chat)).toEqual([message('developer', 'be brief\n\nand kind'), message('user', 'hi')]);
  expect(modelItems(responses)).toEqual([
    message('developer', 'on Responses'),
    message('developer', 'be brief'),
    message('user', 'hi'),
  ]);

  const captured = capture();
  const shim = await serve({ ...captured.env, PROXY_IGNORE_CLIENT_SYSTEM_PROMPT: 'false' });
  expect((await shim.chat({ messages })).status).toBe(200);
  expect(captured.requests('thread/start').map(({ baseInstructions }) => baseInstructions)).toEqual([
    'be brief\n\nand kind',
  ]);
  expect(captured.requests('thread/inject_items')[0].items).toEqual([message('user', 'hi')]);
});

test('P-87 images are images; an address of this network is not fetched; what cannot be decoded is refused with its place', async () => {
  const picture = (url: string, detail?: string) => ({
    type: 'image_url',
    image_url: { url, ...(detail === undefined ? {} : { detail }) },
  });
  const url = dataUrl(png({ width: 3, height: 3 }));
  expect((await real.chat({ messages: [user([picture(url, 'low'), picture(url)])] })).status).toBe(200);
  const parts = items()[0].content;
  expect(parts.map((part: Loose) => part.image_url)).toEqual([url, url]);
  for (const part of parts) expect(part.detail ?? 'auto').toBe('auto');
  const broken = await real.chat({ messages: [user([picture('data:image/png;base64,AAAA')])] });
  expect([broken.status, broken.json.error.param]).toEqual([400, 'messages[0].content[0].image_url.url']);
  const near = await real.chat({ messages: [user([picture('http://127.0.0.1:1/x.png')])] });
  expect([near.status, near.json.error.param]).toEqual([400, 'messages[0].content[0].image_url.url']);

  const captured = capture();
  const words = await serve({ ...captured.env, PROXY_REMOTE_IMAGES: 'text' });
  const remote = [{ type: 'text', text: 'See:' }, picture('https://example.com/x.png')];
  expect((await words.chat({ messages: [user(remote)] })).status).toBe(200);
  expect(captured.requests('thread/inject_items').at(-1).items).toEqual([
    message('user', 'See:', '[image:https://example.com/x.png]'),
  ]);
  const none = await serve({ PROXY_REMOTE_IMAGES: 'reject' });
  const refused = await none.chat({ messages: [user([picture('https://example.com/x.png')])] });
  expect([refused.status, refused.json.error.param]).toEqual([400, 'messages[0].content[0].image_url.url']);
});

test('P-88 C-16 n choices are n turns; what is no such number is refused', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, PROXY_MAX_CHAT_CHOICES: '3' });
  for (const n of [0, 4, -1, 1.5, '0', 'two', true, '4']) {
    const { status, json } = await server.chat({ n });
    const received = typeof n === 'number' || /^\d+$/.test(String(n)) ? String(n) : typeof n;
    expect([status, json.error.param, json.error.message]).toEqual([
      400,
      'n',
      `n must be an integer between 1 and 3; received ${received}`,
    ]);
  }
  const one = (await server.chat()).json;
  for (const n of [2, '3']) {
    const { json } = await server.chat({ n });
    expect(json.choices.map(({ index, message: { content } }: Loose) => [index, content])).toEqual(
      Array.from({ length: Number(n) }, (_, index) => [index, one.choices[0].message.content]),
    );
    expect(json.usage.prompt_tokens).toBe(one.usage.prompt_tokens);
    expect(json.usage.completion_tokens).toBe(Number(n) * one.usage.completion_tokens);
  }
  expect(captured.requests('turn/start')).toHaveLength(6);
  expect(captured.requests('thread/start')).toHaveLength(6);
});

test('P-88 with a queue, choices wait in it for one another', async () => {
  const server = await serve({ WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '4' });
  expect((await server.chat({ n: 3 })).json.choices).toHaveLength(3);
  const frames = await server.chatFrames({ n: 3 });
  expect(frames.filter((frame) => frame.choices[0]?.finish_reason === 'stop')).toHaveLength(3);
  const full = await serve({ WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '1', FAKE_CODEX_MODE: 'long_stream' });
  const { status, json } = await full.chat({ n: 5 });
  expect([status, json.error.code]).toEqual([429, 'worker_busy']);
});

test('P-88 fewer places than choices: all of it is refused before any output', async () => {
  const server = await serve({ WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '0' });
  for (const stream of [false, true]) {
    const { status, json } = await server.chat({ n: 2, stream });
    expect([status, json.error.code]).toEqual([429, 'worker_busy']);
    await untilLoad(server.gateway, { activeTurns: 0, queued: 0 });
  }
  expect((await server.chat()).status).toBe(200);
});

/** A field, a value that is refused, and the param of the refusal where it is another one. */
const refused: readonly (readonly [string, unknown, string?])[] = [
  ['temperature', 9],
  ['temperature', -1],
  ['temperature', '1'],
  ['top_p', 0],
  ['top_p', 1.5],
  ['presence_penalty', 'x'],
  ['max_tokens', -1],
  ['max_tokens', 0],
  ['max_tokens', 1.5],
  ['max_tokens', '5'],
  ['tools', {}],
  ['tools', ['x'], 'tools[0]'],
  ['tools', [{ type: 'function', function: {} }], 'tools[0].function.name'],
  ['tools', [lookupUser, { type: 'function', function: { name: '' } }], 'tools[1].function.name'],
  ['tools', [{ type: 'retrieval' }], 'tools[0].type'],
  ['functions', {}],
  ['functions', ['x'], 'functions[0]'],
  ['functions', [{}], 'functions[0].name'],
  ['tool_choice', 'sometimes'],
  ['toolChoice', 'sometimes'],
  ['function_call', 'sometimes'],
  ['functionCall', 7],
  ['tool_choice', { type: 'odd' }, 'tool_choice.type'],
  ['tool_choice', { type: 'function', function: { name: 'nobody' } }, 'tool_choice.function.name'],
  ['function_call', { name: 'nobody' }, 'function_call.name'],
  ['parallel_tool_calls', 'maybe'],
  ['parallelToolCalls', 7],
  ['response_format', 7],
  ['response_format', 'json_schema'],
  ['response_format', { type: 'json_schema' }, 'response_format.json_schema'],
  [
    'response_format',
    { type: 'json_schema', json_schema: { name: 'x', schema: 7 } },
    'response_format.json_schema.schema',
  ],
  ['logprobs', true],
  ['top_logprobs', 3],
  ['seed', 'a'],
  ['seed', 1.5],
  ['stop', 7],
  ['stop', ''],
  ['stream_options', 7],
  ['metadata', 'x'],
];

test('P-89 P-90 P-91 P-92 P-93 P-94 P-95 P-96 P-97 C-17 what is malformed is refused with its place, on both endpoints', async () => {
  for (const [name, value, param = name] of refused) {
    const { status, json } = await fake.chat({ [name]: value });
    expect([name, value, status, json.error.type, json.error.param]).toEqual([
      name,
      value,
      400,
      'invalid_request_error',
      param,
    ]);
    expect(['invalid_request_error', 'unsupported_parameter']).toContain(json.error.code);
    expect(seen(await fake.resp({ [name]: value })).slice(2)).toEqual([param]);
    expect((await fake.chat({ [name]: value, stream: true })).status).toBe(400);
  }
});

test('P-90 P-94 C-17 the place is the exact one, by the name that was sent (wire contract)', async () => {
  for (const [name, value, param] of [
    ['max_completion_tokens', 0, 'max_completion_tokens'],
    ['maxOutputTokens', 'abc', 'maxOutputTokens'],
    ['response_format', { type: 'yaml' }, 'response_format.type'],
  ] as const) {
    expect(seen(await fake.chat({ [name]: value }))).toEqual([400, 'invalid_request_error', param]);
  }
});

// Of the types that OpenAI knows none is refused, because clients send them unasked: it is passed over, and said so (wire contract).
test('P-91 a tool that only the provider could run is passed over, and with PROXY_PARAMS=strict refused (wire contract)', async () => {
  const tools = [{ type: 'web_search' }, lookupUser];
  const answer = await real.chat({ tools });
  expect([answer.status, answer.headers['x-proxy-ignored-params']]).toEqual([200, 'tools[0]']);
  expect(body().tools).toMatchObject([{ name: 'lookup_user' }]);
  const strict = await serve({ PROXY_PARAMS: 'strict' });
  expect(seen(await strict.chat({ tools })).slice(2)).toEqual(['tools[0]']);
});

test('P-89 sampling settings are taken, said to have no effect, and echoed on Responses', async () => {
  const fields = { temperature: 0.5, top_p: 0.9, presence_penalty: 1, frequency_penalty: -1 };
  const chat = await fake.chat(fields);
  expect([chat.status, chat.headers['x-proxy-ignored-params']]).toEqual([200, Object.keys(fields).join(', ')]);
  expect((await fake.resp(fields)).json).toMatchObject(fields);
});

test('P-90 a cap cuts the answer under each of its names, unless the operator does not want that', async () => {
  const prompt = [user(marker('text', { text: 'abcd '.repeat(40) }))];
  for (const name of ['max_tokens', 'max_completion_tokens', 'maxOutputTokens']) {
    const { json } = await real.chat({ messages: prompt, [name]: 3 });
    expect([name, json.choices[0].finish_reason]).toEqual([name, 'length']);
    expect(json.choices[0].message.content.length).toBeLessThanOrEqual(12);
  }
  const lax = await serve({ PROXY_ENFORCE_MAX_TOKENS: 'false' });
  expect((await lax.chat({ max_tokens: 1 })).json.choices[0].finish_reason).toBe('stop');
});

// A name with a dot, or of more than 64 characters, is refused, as OpenAI refuses it (wire contract).
test('P-91 tools in both forms are offered under names that the worker takes, and called by those of the client (wire contract)', async () => {
  const parameters = { type: 'object', properties: { id: { type: 'string' } } };
  const names = ['lookup_user', 'exec_command', 'shell_command', 'mcp__server__tool', 'n'.repeat(64)];
  const functions = names.map((name) => ({ name, description: 'd', parameters }));
  for (const [at, name] of names.entries()) {
    real.gateway.provider.reset();
    expect((await real.chat({ functions })).status).toBe(200);
    const offered = body().tools[at];
    expect(offered).toMatchObject({
      type: 'function',
      description: 'd',
      parameters: { type: 'object', properties: { id: { type: 'string' } } },
    });
    const prompt = [user(marker('tool', { name: offered.name, args: '{"id":"42"}' }))];
    const tools = functions.map((one) => ({ type: 'function', function: one }));
    const { json } = await real.chat({ messages: prompt, tools });
    expect(json.choices[0].message.tool_calls[0].function).toEqual({ name, arguments: '{"id":"42"}' });
  }
  for (const name of ['lookup.user', 'n'.repeat(65)]) {
    expect(seen(await real.chat({ functions: [{ name }] })).slice(2)).toEqual(['functions[0].name']);
  }
});

test('P-92 none offers nothing; required and a named tool are told to the model', async () => {
  const tools = [lookupUser, { type: 'function', function: { name: 'other' } }];
  const asked: readonly Fields[] = [
    { tool_choice: 'auto' },
    { tool_choice: 'none' },
    { toolChoice: 'required' },
    { tool_choice: { type: 'function', function: { name: 'other' } } },
    { function_call: { name: 'lookup_user' } },
  ];
  for (const fields of asked) expect((await real.chat({ tools, ...fields })).status).toBe(200);
  const offered = samplings().map((_, at) => (body(at).tools ?? []).map(({ name }: Loose) => name));
  expect(offered).toEqual([['lookup_user', 'other'], [], ['lookup_user', 'other'], ['other'], ['lookup_user']]);
  const told = samplings().map((_, at) => items(at).filter(({ role }: Loose) => role === 'developer').length);
  expect(told).toEqual([0, 0, 1, 1, 1]);
});

test('P-93 without parallel calls the first is the only one, in every spelling, and by the operator’s default', async () => {
  const tools = [lookupUser];
  const count = async (server: Server, fields: Fields) =>
    (await server.chat({ tools, ...fields })).json.choices[0].message.tool_calls.length;
  const server = await serve({ FAKE_CODEX_MODE: 'multi_tool_burst', FAKE_CODEX_TOOL_BURST_COUNT: '3' });
  for (const value of [false, 'false', 0, '0', 'no'])
    expect([value, await count(server, { parallel_tool_calls: value })]).toEqual([value, 1]);
  for (const value of [true, 'true', 1, '1', 'yes'])
    expect([value, await count(server, { parallelToolCalls: value })]).toEqual([value, 3]);
  expect(await count(server, {})).toBe(3);
  const single = await serve({
    FAKE_CODEX_MODE: 'multi_tool_burst',
    FAKE_CODEX_TOOL_BURST_COUNT: '3',
    PROXY_ENABLE_PARALLEL_TOOL_CALLS: 'false',
  });
  expect([await count(single, {}), await count(single, { parallel_tool_calls: true })]).toEqual([1, 3]);
});

test('P-94 W-23 the format: absent, null and text ask for nothing, a schema reaches the turn from each of its places', async () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  const plain: readonly Fields[] = [
    {},
    { response_format: null },
    { response_format: 'text' },
    { response_format: { type: 'text' } },
  ];
  const schemas: readonly Fields[] = [
    { response_format: { type: 'json_schema', json_schema: { name: 'x', schema } } },
    { response_format: { type: 'json_schema', json_schema: schema } },
    { response_format: { type: 'json_schema', schema } },
  ];
  const loose: readonly Fields[] = [{ response_format: 'json_object' }, { response_format: { type: 'json_object' } }];
  for (const fields of [...plain, ...schemas, ...loose]) expect((await real.chat(fields)).status).toBe(200);
  const formats = samplings().map((_, at) => body(at).text?.format?.schema);
  expect(formats).toEqual([...plain.map(() => undefined), ...schemas.map(() => schema), ...loose.map(() => undefined)]);
  const told = samplings().map((_, at) => items(at).filter(({ role }: Loose) => role === 'developer').length);
  expect(told).toEqual([...plain.map(() => 0), ...schemas.map(() => 0), ...loose.map(() => 1)]);
});

test('P-95 probabilities that are not asked for are no reason to refuse', async () => {
  for (const fields of [{ logprobs: false }, { top_logprobs: 0 }, { logprobs: null }, { top_logprobs: null }]) {
    expect((await fake.chat(fields)).status).toBe(200);
  }
});

test('P-96 a seed is taken as a number and as text', async () => {
  for (const seed of [7, -7, '7', null]) expect((await fake.chat({ seed })).status).toBe(200);
});

test('P-97 everything else is accepted; stop ends the text before its first match', async () => {
  const fields = {
    user: 'u',
    metadata: { a: 'b' },
    store: true,
    service_tier: 'auto',
    stream_options: { include_usage: true },
    what: { is: 'this' },
  };
  const answer = await fake.chat(fields);
  expect(answer.status).toBe(200);
  expect(answer.headers['x-proxy-ignored-params']).toContain('what');
  const { json } = await fake.chat({ stop: ['from'] });
  expect([json.choices[0].message.content, json.choices[0].finish_reason]).toEqual(['Hello ', 'stop']);
  const frames = await fake.chatFrames({ stop: 'from' });
  expect([chatText(frames), frames.at(-1).choices[0].finish_reason]).toEqual(['Hello ', 'stop']);
});

test('P-98 a prompt that is too long by estimate is a 403 on both endpoints, as a stream, too', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, PROXY_MAX_PROMPT_TOKENS: '1' });
  for (const [ask, param] of [
    [server.chat.bind(server), 'messages'],
    [server.resp.bind(server), 'input'],
  ] as const) {
    for (const stream of [false, true]) {
      const { status, json } = await ask({ stream });
      expect([status, json.error]).toEqual([
        403,
        { message: 'context length exceeded', type: 'tokens_exceeded_error', param, code: 'context_length_exceeded' },
      ]);
    }
  }
  expect(captured.requests('thread/start')).toEqual([]);
  expect((await server.chat({ messages: [user('hi')] })).status).toBe(200);
});

test('P-99 C-41 W-31 one request is one turn and one sampling', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  await server.chat();
  await server.chatFrames();
  await server.resp();
  await server.respFrames();
  for (const method of ['thread/start', 'turn/start']) expect(captured.requests(method)).toHaveLength(4);
  await real.chat();
  await real.respFrames();
  await untilLoad(real.gateway, { activeTurns: 0, queued: 0 });
  expect(samplings()).toHaveLength(2);
});
