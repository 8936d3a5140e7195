/** What becomes of a request on /v1/responses: what is refused and how, and what the model is given of the rest. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startGateway } from '../gateway.ts';
import { dataUrl, png } from '../pictures.ts';
import { marker } from '../provider/scenario.ts';
import { modelBody, modelItems } from '../provider-view.ts';
import { type Loose, lookupUser, sayHello, serve, Server, startServer } from './server.ts';

let fake: Server;
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

const body = (number = 0): Loose => modelBody(real.gateway.provider.samplings[number]);
/** Without the `status` that only echoed answers have. */
const items = (number = 0): Loose =>
  modelItems(real.gateway.provider.samplings[number]).map((item: Loose) => ({ ...item, status: undefined }));
const message = (role: string, ...texts: string[]) => ({
  type: 'message',
  role,
  content: texts.map((text) => ({ type: role === 'assistant' ? 'output_text' : 'input_text', text })),
});

test('P-115 W-24 there is an input, of text or items; messages belong to the other endpoint', async () => {
  const refused: readonly (readonly [Loose, string])[] = [
    [{ input: undefined }, 'input'],
    [{ input: null }, 'input'],
    [{ input: '' }, 'input'],
    [{ input: [] }, 'input'],
    [{ input: 7 }, 'input'],
    [{ input: {} }, 'input'],
    [{ input: undefined, messages: sayHello }, 'messages'],
    [{ messages: sayHello }, 'messages'],
    [{ max_output_tokens: 'abc' }, 'max_output_tokens'],
  ];
  for (const [fields, param] of refused) {
    for (const stream of [false, true]) {
      const { status, json } = await fake.resp({ ...fields, stream });
      expect([fields, status, json.error.code, json.error.param]).toEqual([
        fields,
        400,
        'invalid_request_error',
        param,
      ]);
    }
  }
  expect((await fake.resp({ input: undefined, instructions: 'Say hello.' })).json.status).toBe('completed');
  const { id } = (await fake.resp()).json;
  expect((await fake.resp({ input: undefined, previous_response_id: id })).json.status).toBe('completed');
});

test('P-116 W-6 C-35 messages with and without type, every role and part, calls, outputs, reasoning: all of it arrives', async () => {
  const url = dataUrl(png({ width: 2, height: 2 }));
  const input = [
    { role: 'system', content: 'a' },
    { role: 'developer', content: [{ type: 'input_text', text: 'b' }] },
    {
      type: 'message',
      role: 'user',
      content: [
        { type: 'text', text: 'c' },
        { type: 'input_image', image_url: url },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'output_text', text: 'd', annotations: [] },
        { type: 'refusal', refusal: 'e' },
      ],
    },
    { type: 'function_call', call_id: 'call_1', name: 'lookup_user', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'f' }] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAA' },
    { type: 'input_text', text: 'g' },
    { type: 'input_image', image_url: url },
  ];
  const image = expect.objectContaining({ type: 'input_image', image_url: url });
  expect((await real.resp({ input, tools: [lookupUser] })).json.object).toBe('response');
  expect(items()).toEqual([
    message('developer', 'a'),
    message('developer', 'b'),
    { ...message('user', 'c'), content: [{ type: 'input_text', text: 'c' }, image] },
    message('assistant', 'd', 'e'),
    { type: 'function_call', call_id: 'call_1', name: 'lookup_user', arguments: '{}' },
    { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: 'f' }] },
    { type: 'reasoning', summary: [], encrypted_content: 'gAAAA' },
    message('user', 'g'),
    { type: 'message', role: 'user', content: [image] },
  ]);
});

test('P-116 W-6 C-35 an answer can be sent back as it was given, with calls, and be referred to', async () => {
  const tools = [{ type: 'function', name: 'lookup_user', parameters: { type: 'object', properties: {} } }];
  const prompt = marker('tool', { name: 'lookup_user', args: '{"id":"42"}' });
  const first = (await real.resp({ input: prompt, tools })).json;
  const [call] = first.output.filter(({ type }: Loose) => type === 'function_call');
  const output = { type: 'function_call_output', call_id: call.call_id, output: 'Ann' };
  const again = {
    tools,
    input: [{ role: 'user', content: prompt }, ...first.output, output, { role: 'user', content: 'hi' }],
  };
  expect((await real.resp(again)).json.status).toBe('completed');
  const referred = [
    { role: 'user', content: prompt },
    { type: 'item_reference', id: call.id },
    output,
    { role: 'user', content: 'hi' },
  ];
  expect((await real.resp({ tools, input: referred })).json.status).toBe('completed');
  const wanted = [
    message('user', prompt),
    { type: 'function_call', call_id: call.call_id, name: 'lookup_user', arguments: '{"id":"42"}' },
    { type: 'function_call_output', call_id: call.call_id, output: 'Ann' },
    message('user', 'hi'),
  ];
  expect(items(1)).toEqual(wanted);
  expect(items(2)).toEqual(wanted);
});

test('P-116 unknown items and parts are refused with their place', async () => {
  const refused: readonly (readonly [Loose, string])[] = [
    [[{ type: 'odd' }], 'input[0].type'],
    [[{ role: 'user', content: 'x' }, { type: 'computer_call' }], 'input[1].type'],
    [[{ role: 'alien', content: 'x' }], 'input[0].role'],
    [[{ role: 'user', content: [{ type: 'odd' }] }], 'input[0].content[0].type'],
    [[{ type: 'function_call_output', output: 'x' }], 'input[0].call_id'],
    [[{ type: 'function_call_output', call_id: 'c', output: 7 }], 'input[0].output'],
    [['x'], 'input[0]'],
  ];
  for (const [input, param] of refused) {
    const { status, json } = await fake.resp({ input });
    expect([input, status, json.error.param]).toEqual([input, 400, param]);
  }
});

test('P-117 instructions come first, then system and developer messages in their order, whatever P-86 says', async () => {
  const input = [
    { role: 'system', content: 'two' },
    { role: 'user', content: 'hi' },
    { role: 'developer', content: 'three' },
  ];
  expect((await real.resp({ instructions: 'one', input })).json.instructions).toBe('one');
  expect(items()).toEqual([
    message('developer', 'one'),
    message('developer', 'two'),
    message('user', 'hi'),
    message('developer', 'three'),
  ]);
  const { status, json } = await fake.resp({ instructions: 7 });
  expect([status, json.error.param]).toEqual([400, 'instructions']);
});

test('P-118 C-16 n is one', async () => {
  for (const n of [2, 0, '2', 1.5]) {
    const { status, json } = await fake.resp({ n });
    expect([status, json.error.param, json.error.code]).toEqual([400, 'n', 'n_unsupported']);
    expect(json.error.message).toMatch(/^n must be 1 for \/v1\/responses; received /);
  }
  for (const n of [1, '1', null]) expect((await fake.resp({ n })).json.status).toBe('completed');
});

test('P-119 tools in both forms; other types are accepted, echoed and not run; auto is the default choice', async () => {
  const flat = { type: 'function', name: 'f' };
  const { json } = await real.resp({ tools: [flat, lookupUser, { type: 'web_search' }] });
  expect([json.status, json.tool_choice]).toEqual(['completed', 'auto']);
  expect(json.tools.map(({ type, name }: Loose) => name ?? type)).toEqual(['f', 'lookup_user', 'web_search']);
  expect(body().tools.map(({ name }: Loose) => name)).toEqual(['f', 'lookup_user']);
  const named = (await real.resp({ tools: [flat, lookupUser], tool_choice: { type: 'function', name: 'f' } })).json;
  expect(named.tool_choice).toEqual({ type: 'function', name: 'f' });
  expect(body(1).tools.map(({ name }: Loose) => name)).toEqual(['f']);
  for (const [tools, param] of [
    [7, 'tools'],
    [['x'], 'tools[0]'],
    [[{ type: 'function' }], 'tools[0].function.name'],
    [[{ type: 'retrieval' }], 'tools[0].type'],
  ] as const) {
    expect([tools, (await fake.resp({ tools })).json.error.param]).toEqual([tools, param]);
  }
});

test('P-120 text.format: its schema reaches the turn, its mistakes have its name', async () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  expect((await real.resp({ text: { format: { type: 'json_schema', name: 'x', schema } } })).status).toBe(200);
  expect(body().text.format.schema).toEqual(schema);
  for (const format of [undefined, null, { type: 'text' }])
    expect((await fake.resp({ text: { format } })).status).toBe(200);
  for (const [format, param] of [
    [{ type: 'yaml' }, 'text.format.type'],
    [{ type: 'json_schema', name: 'x' }, 'text.format.schema'],
    [{ type: 'json_schema', name: 'x', schema: 7 }, 'text.format.schema'],
    [7, 'text.format'],
  ] as const) {
    const { status, json } = await fake.resp({ text: { format } });
    expect([format, status, json.error.param]).toEqual([format, 400, param]);
  }
});

test('P-121 W-24 max_output_tokens is a positive integer; without one the operator’s default cuts, unless caps are off', async () => {
  for (const value of ['abc', '5', 0, -1, 1.5, true]) {
    const { status, json } = await fake.resp({ max_output_tokens: value });
    expect([value, status, json.error.param]).toEqual([value, 400, 'max_output_tokens']);
  }
  const capped = await serve({ PROXY_RESPONSES_DEFAULT_MAX_TOKENS: '2' });
  const cut = (await capped.resp()).json;
  expect([cut.status, cut.incomplete_details, cut.max_output_tokens]).toEqual([
    'incomplete',
    { reason: 'max_output_tokens' },
    2,
  ]);
  expect((await capped.respFrames()).at(-1).type).toBe('response.incomplete');
  expect((await capped.resp({ max_output_tokens: 100 })).json.status).toBe('completed');
  expect((await capped.chat()).json.choices[0].finish_reason).toBe('stop');
  const lax = await serve({ PROXY_RESPONSES_DEFAULT_MAX_TOKENS: '2', PROXY_ENFORCE_MAX_TOKENS: 'false' });
  expect((await lax.resp()).json.status).toBe('completed');
  expect((await fake.resp()).json.status).toBe('completed');
});

test('P-122 W-25 a known response goes on, an unknown one is refused', async () => {
  const first = (await real.resp({ input: 'one' })).json;
  const second = (await real.resp({ input: 'two', previous_response_id: first.id })).json;
  expect(second.previous_response_id).toBe(first.id);
  const [{ content }] = first.output;
  expect(items(1)).toEqual([message('user', 'one'), message('assistant', content[0].text), message('user', 'two')]);
  for (const stream of [false, true]) {
    const { status, json } = await real.resp({ previous_response_id: 'resp_unknown', stream });
    expect([status, json.error.code, json.error.param]).toEqual([
      400,
      'previous_response_not_found',
      'previous_response_id',
    ]);
  }
});

test('P-123 a response is called what its request says, without prefix, and never what another one was called', async () => {
  expect((await fake.resp({ id: 'chatcmpl-abc' })).json.id).toBe('resp_abc');
  expect((await fake.resp({ id: 'resp_def', store: false })).json.id).toBe('resp_def');
  const frames = await fake.respFrames({ id: 'Ghi_9-' });
  const ids = frames.flatMap(({ response }) => response?.id ?? []);
  expect(new Set(ids)).toEqual(new Set(['resp_Ghi_9-']));
  expect((await fake.get('/v1/responses/resp_abc')).json.id).toBe('resp_abc');
  for (const id of ['abc', 'resp_abc', 'def', 'a b', '', 'x'.repeat(65), 'é', 7, null, {}]) {
    const { status, json } = await fake.resp({ id });
    expect([id, status]).toEqual([id, 200]);
    expect(json.id).toMatch(/^resp_[0-9a-f]{32}$/);
  }
  expect((await fake.chat({ id: 'resp_xyz' })).json.id).toBe('chatcmpl-xyz');
  // It is taken while it runs, too.
  const server = await serve({
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_TICKS: '5',
    FAKE_CODEX_STREAM_INTERVAL_MS: '20',
  });
  const both = await Promise.all([server.resp({ id: 'same' }), server.resp({ id: 'same' })]);
  expect(new Set(both.map(({ json }) => json.id)).size).toBe(2);
  expect(both.map(({ json }) => json.id)).toContain('resp_same');
});
