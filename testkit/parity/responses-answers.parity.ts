/** Answers of `/v1/responses`: the whole object, the events of a stream in their order, and calls over a conversation. */

import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { validateResponseObject, validateResponsesStream } from '../validator/responses.ts';
import { framesOf, type Loose, serve, startServer, type Server } from './server.ts';
import { flatLookup, readAll } from './ways.ts';

const sdk = (server: Server): OpenAI =>
  new OpenAI({ apiKey: server.key, baseURL: server.gateway.baseUrl, maxRetries: 0 });

/** Without the deltas that a text may come in. */
const typesOf = (frames: readonly Loose[]): readonly string[] =>
  frames.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);

const envelope = [
  ...[
    'id',
    'object',
    'created_at',
    'status',
    'model',
    'output',
    'usage',
    'error',
    'incomplete_details',
    'instructions',
  ],
  ...['metadata', 'tools', 'tool_choice', 'parallel_tool_calls', 'temperature', 'top_p', 'text', 'reasoning'],
  ...['previous_response_id', 'store', 'truncation', 'max_output_tokens'],
];

describe('text', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.gateway.kill());

  test('P-124 C-32 the object has every key that clients need, and the old name of its time', async () => {
    const { status, json, text } = await server.resp();
    expect(status).toBe(200);
    validateResponseObject(JSON.parse(text));
    expect(envelope.filter((name) => !(name in json))).toEqual([]);
    expect(json).toMatchObject({ object: 'response', status: 'completed', model: 'codex-5', error: null });
    expect(json.id).toMatch(/^resp_/);
    expect(json.created).toBe(json.created_at);
    expect(json.output).toEqual([
      {
        id: expect.stringMatching(/^msg_/),
        type: 'message',
        status: 'completed',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'Hello from fake-codex.', annotations: [], logprobs: [] }],
      },
    ]);
  });

  test('P-124 A-06 an empty answer is a message with an empty text', async () => {
    const { output } = (await server.resp({ input: marker('empty') })).json;
    expect(output).toMatchObject([
      { type: 'message', status: 'completed', content: [{ type: 'output_text', text: '' }] },
    ]);
  });

  test('P-125 tokens, whole and in the last event of a stream, without being asked for', async () => {
    const usage = {
      input_tokens: 8,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 6,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 14,
    };
    expect((await server.resp()).json.usage).toMatchObject(usage);
    for (const extra of [{}, { stream_options: { include_usage: true } }]) {
      const frames = await server.respFrames(extra);
      expect(frames.at(-1).response.usage).toMatchObject(usage);
      expect(frames[0].response.usage).toBeNull();
    }
    const cached = marker('text', { in: 50, cached: 20, out: 9, reasoning: 4 });
    expect((await server.resp({ input: cached })).json.usage).toMatchObject({
      input_tokens_details: { cached_tokens: 20 },
      output_tokens_details: { reasoning_tokens: 4 },
      total_tokens: 59,
    });
  });

  test('P-127 C-33 the events of a text, in their order, each with what it belongs to', async () => {
    const { text } = await server.resp({ stream: true });
    validateResponsesStream(Buffer.from(text));
    const frames = framesOf(text);
    expect(typesOf(frames)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const names = [...text.matchAll(/^event: (.*)\ndata: \{"type":"([^"]*)"/gm)].map(([, event, type]) => [
      event,
      type,
    ]);
    expect(names).toHaveLength(frames.length);
    expect(names.filter(([event, type]) => event !== type)).toEqual([]);
    const { id } = frames[2].item;
    expect(new Set(frames.slice(3, -2).map((frame) => frame.item_id))).toEqual(new Set([id]));
    for (const frame of frames.slice(3, -2)) expect(frame).toMatchObject({ output_index: 0, content_index: 0 });
    expect(frames.at(-2).item.id).toBe(id);
    expect(new Set(frames.filter(({ response }) => response).map(({ response }) => response.id)).size).toBe(1);
    expect(frames.at(-1).response.output).toEqual([frames.at(-2).item]);
    expect(text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
  });

  test('P-128 C-33 I-10 the numbers of the events rise by one', async () => {
    for (const input of ['Say hello.', marker('text', { n: 200, size: 3 }), marker('text', { msgs: 'none,none' })]) {
      const numbers = (await server.respFrames({ input })).map((frame) => frame.sequence_number);
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
  });

  test('P-127 W-5 C-33 the SDK reads a stream to its final response', async () => {
    const stream = sdk(server).responses.stream({ model: 'codex-5', input: 'Say hello.' });
    const response = await stream.finalResponse();
    expect([response.status, response.output_text]).toEqual(['completed', 'Hello from fake-codex.']);
  });

  test.each([
    ['length', marker('incomplete', { reason: 'max_output_tokens', n: 3 }), 'max_output_tokens'],
    ['content_filter', marker('incomplete', { reason: 'content_filter', n: 3 }), 'content_filter'],
  ])('P-126 W-17 C-32 an answer cut by %s is incomplete, whole and streamed', async (_, input, reason) => {
    const whole = await server.resp({ input });
    expect(whole.status).toBe(200);
    expect(whole.json).toMatchObject({ status: 'incomplete', incomplete_details: { reason }, error: null });
    const frames = await server.respFrames({ input });
    expect(frames.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason } },
    });
  });

  test('P-126 a failure is a status of HTTP, or response.failed behind what was said', async () => {
    const input = marker('erroronly', { n: 3, delay: 30, kind: 'serverOverloaded' });
    const whole = await server.resp({ input });
    expect([whole.status, whole.json.error.code]).toEqual([503, 'server_is_overloaded']);
    const late = marker('hangmid', { n: 2 });
    const limited = await serve({ PROXY_STREAM_IDLE_TIMEOUT_MS: '1000' });
    expect((await limited.respFrames({ input: late })).at(-1)).toMatchObject({
      type: 'response.failed',
      response: {
        status: 'failed',
        error: { code: 'idle_timeout', message: expect.any(String), type: 'timeout_error', param: null },
      },
    });
  });
});

test('P-126 P-147 C-25 FAKE_CODEX_FINISH_REASON=length is incomplete', async () => {
  const server = await serve({ FAKE_CODEX_FINISH_REASON: 'length' });
  expect((await server.resp()).json).toMatchObject({
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
  });
  for (const { finish, text } of await readAll(server))
    expect([finish, text]).toEqual(['length', 'Hello from fake-codex.']);
});

describe('calls', () => {
  let server: Server;
  const tools = [flatLookup];
  beforeAll(async () => {
    server = await startServer({ FAKE_CODEX_MODE: 'tool_call' });
  });
  afterAll(() => server.gateway.kill());
  const callsIn = (response: Loose): readonly Loose[] =>
    response.output.filter((item: Loose) => item.type === 'function_call');

  test('P-127 P-129 C-34 a call appears once, and its events come in their order', async () => {
    const { text } = await server.resp({ stream: true, tools });
    validateResponsesStream(Buffer.from(text));
    const frames = framesOf(text);
    expect(typesOf(frames)).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.function_call_arguments.delta',
      'response.function_call_arguments.done',
      'response.output_item.done',
      'response.completed',
    ]);
    const calls = callsIn(frames.at(-1).response);
    expect(calls).toEqual([
      {
        id: frames[2].item.id,
        type: 'function_call',
        status: 'completed',
        call_id: frames[2].item.call_id,
        name: 'lookup_user',
        arguments: '{"id":"42"}',
      },
    ]);
    expect(frames.find(({ type }) => type.endsWith('arguments.done')).arguments).toBe('{"id":"42"}');
    expect(callsIn((await server.resp({ tools })).json)).toHaveLength(1);
  });

  test('P-129 C-34 the SDK adds its events up to one call', async () => {
    const stream = sdk(server).responses.stream({
      model: 'codex-5',
      input: 'Say hello.',
      tools: [{ ...flatLookup, strict: false }],
    });
    const calls = (await stream.finalResponse()).output.filter((item) => item.type === 'function_call');
    expect(calls).toMatchObject([{ name: 'lookup_user', arguments: '{"id":"42"}' }]);
  });

  test('P-129 W-18 C-34 ids are unique over a conversation, also when another worker goes on with it', async () => {
    const seen: string[] = [];
    let previous: string | null = null;
    let output: readonly Loose[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const input: readonly Loose[] = [...output, { role: 'user', content: `turn ${turn}` }];
      const { status, json }: Loose = await server.resp({
        tools,
        input,
        ...(previous === null ? {} : { previous_response_id: previous }),
      });
      expect(status).toBe(200);
      const [call] = callsIn(json);
      seen.push(call.id, call.call_id);
      previous = json.id;
      output = [{ type: 'function_call_output', call_id: call.call_id, output: 'ok' }];
      if (turn === 1) {
        for (const { pid } of server.gateway.workers()) process.kill(pid, 'SIGKILL');
        await server.gateway.until((line) => line.includes(' worker_ready slot=0 epoch=2 '));
      }
    }
    expect(new Set(seen).size).toBe(seen.length);
  });
});
