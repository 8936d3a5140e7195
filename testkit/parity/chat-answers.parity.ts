/** Answers of `/v1/chat/completions`: the whole body, the frames of a stream, and that both say what the worker said. */

import * as fc from 'fast-check';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { StreamClient } from '../stream-client.ts';
import { capture } from './captured.ts';
import { framesOf, lookupUser, type Loose, serve, startServer, type Server } from './server.ts';
import { chatStream, chatWhole, read, readAll, ways } from './ways.ts';

const openaiJson = { 'x-proxy-output-mode': 'openai-json' };
const asks = (content: string) => ({ messages: [{ role: 'user', content }] });
/** Longer than any piece that something might be cut in, and of characters of every length. */
const large = JSON.stringify({ id: 'aé日👩‍👧"\\\n'.repeat(700) });

const sdk = (server: Server): OpenAI =>
  new OpenAI({ apiKey: server.key, baseURL: server.gateway.baseUrl, maxRetries: 0 });

describe('answers', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.gateway.kill());

  test('P-100 C-20 a whole answer has all that clients need, and its tokens add up', async () => {
    const { status, json } = await server.chat();
    expect(status).toBe(200);
    expect(json).toMatchObject({ object: 'chat.completion', model: 'codex-5', created: expect.any(Number) });
    expect(json.id).toMatch(/^chatcmpl-/);
    expect(json.choices).toHaveLength(1);
    expect(json.choices[0]).toMatchObject({ index: 0, finish_reason: 'stop', logprobs: null });
    expect(json.choices[0].message).toMatchObject({
      role: 'assistant',
      content: 'Hello from fake-codex.',
      refusal: null,
    });
    expect(json.choices[0].message.tool_calls).toBeUndefined();
    expect(json.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 6, total_tokens: 14 });
    const names = Object.keys(json.usage);
    expect(names.filter((name) => /time|duration|throughput|latency|event/.test(name))).toEqual([]);
  });

  test('P-101 W-8 the numbers of the worker are told, summed over the samplings of one answer', async () => {
    const prompt = marker('text', { in: 100, cached: 40, out: 30, reasoning: 20 });
    for (const { tokens } of await readAll(server, { prompt })) expect(tokens).toEqual([100, 30]);
    const { usage } = (await server.chat(asks(prompt))).json;
    expect(usage.prompt_tokens_details.cached_tokens).toBe(40);
    expect(usage.completion_tokens_details.reasoning_tokens).toBe(20);
    // A compaction is a sampling of its own, of 8 and 6, as the answer is.
    for (const { tokens } of await readAll(server, { prompt: marker('compaction') })) expect(tokens).toEqual([16, 12]);
  });

  test('P-101 what nobody has counted is estimated, and never told as nothing', async () => {
    const said = 'one two three four five six';
    for (const { text, tokens } of await readAll(server, { prompt: marker('nousage', { text: said }) })) {
      expect(text).toBe(said);
      expect(tokens?.[0]).toBeGreaterThan(0);
      expect(tokens?.[1]).toBe(Math.ceil(said.length / 4));
    }
    expect((await server.chat(asks(marker('nousage')))).headers['x-proxy-estimated']).toBe('usage');
    const cut = await server.chat({ ...asks(marker('text', { text: said, n: 6, delay: 20 })), max_tokens: 1 });
    expect(cut.json.usage.prompt_tokens).toBeGreaterThan(0);
    expect(cut.json.usage.completion_tokens).toBeGreaterThan(0);
  });

  test('P-102 W-7 A-11 all messages of a turn, in their order, with a blank line between them', async () => {
    const prompt = marker('text', { msgs: 'none,none', text: 'Same.' });
    for (const { text, finish } of await readAll(server, { prompt }))
      expect([text, finish]).toEqual(['Same.\n\nSame.', 'stop']);
    const { output } = (await server.resp({ input: prompt })).json;
    expect(output.map((item: Loose) => [item.type, item.content[0].text])).toEqual([
      ['message', 'Same.'],
      ['message', 'Same.'],
    ]);
  });

  test('P-103 W-20 A-06 an answer without text is empty, in every way to read', async () => {
    for (const reading of await readAll(server, { prompt: marker('empty') }))
      expect(reading).toMatchObject({ status: 200, text: '', calls: [], finish: 'stop', error: null });
    expect((await server.chat(asks(marker('empty')))).json.choices[0].message.content).toBe('');
  });

  test('P-108 the head of a stream', async () => {
    const answer = await server.chat({ stream: true }, { 'accept-encoding': 'gzip, br' });
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/event-stream(; ?charset=utf-8)?$/);
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-cache, no-transform', 'x-accel-buffering': 'no' });
    expect(answer.headers['content-encoding']).toBeUndefined();
    expect(answer.headers['connection']).not.toBe('close');
    expect(answer.text).not.toMatch(/\r|^\uFEFF/);
    // One frame an event: blocks of a single line.
    const blocks = answer.text.split('\n\n').filter((block) => block !== '');
    expect(blocks.filter((block) => !/^(data: .*|: .*)$/.test(block))).toEqual([]);
  });

  test('P-109 C-21 each choice has its role first, then its text, then one end; then the tokens, [DONE], and nothing more', async () => {
    const answer = await server.chat({ stream: true, n: 2, stream_options: { include_usage: true } });
    const frames = framesOf(answer.text);
    const choices: readonly Loose[] = frames.flatMap((frame) => frame.choices);
    expect(frames.every((frame) => frame.choices.length <= 1)).toBe(true);
    for (const index of [0, 1]) {
      const own = choices.filter((choice) => choice.index === index);
      expect(own.filter(({ delta }) => delta.role !== undefined)).toEqual([own[0]]);
      expect(own[0].delta).toMatchObject({ role: 'assistant' });
      expect(own.filter((choice) => choice.finish_reason !== null)).toEqual([own.at(-1)]);
      expect(own.map(({ delta }) => delta.content ?? '').join('')).toBe('Hello from fake-codex.');
    }
    expect(frames.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: expect.any(Number) } });
    expect(answer.text.match(/data: \[DONE\]/g)).toHaveLength(1);
    expect(answer.text.endsWith('}\n\ndata: [DONE]\n\n')).toBe(true);
  });

  test('P-110 C-22 what is the same in all frames', async () => {
    for (const include of [false, true]) {
      const frames = await server.chatFrames(include ? { stream_options: { include_usage: true } } : {});
      const constants = frames.map(({ id, created, model, object }) => JSON.stringify([id, created, model, object]));
      expect(new Set(constants).size).toBe(1);
      expect(frames[0].object).toBe('chat.completion.chunk');
      expect(frames.filter(({ usage }) => usage !== null)).toHaveLength(include ? 1 : 0);
      expect(frames.every((frame) => 'usage' in frame)).toBe(true);
    }
  });

  test('P-104 C-27 text that preceded a call is kept beside it', async () => {
    const prompt = marker('tool', { say: 'Let me see.', name: 'lookup_user', args: '{"id":"42"}' });
    for (const reading of await readAll(server, { prompt, tools: true, headers: openaiJson }))
      expect(reading).toMatchObject({ text: 'Let me see.', calls: ['lookup_user {"id":"42"}'], finish: 'tool_calls' });
  });

  test('P-104 P-112 C-26 I-7 arguments arrive as the model wrote them, whatever their length and characters', async () => {
    const prompt = marker('tool', { name: 'lookup_user', args: large });
    for (const reading of await readAll(server, { prompt, tools: true, headers: openaiJson }))
      expect(reading.calls).toEqual([`lookup_user ${large}`]);
    expect(Buffer.byteLength(large)).toBeGreaterThan(8_192);
  });

  test('P-114 C-24 I-1 any text in any pieces is the same text, streamed and whole', async () => {
    const piece = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom(
        'ha',
        'ha',
        ' ',
        '\r\n',
        '\n\n',
        '<use_to',
        'ol>',
        '</',
        '👩‍👧',
        '```',
        '\u0000',
        '"',
        '\\n',
        'data: [DONE]',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 24 }), async (pieces) => {
        const prompt = marker('text', { chunks: JSON.stringify(pieces) });
        const texts = await Promise.all(ways.map(async (way) => (await read(server, way, { prompt })).text));
        expect(new Set(texts)).toEqual(new Set([pieces.join('')]));
      }),
      { numRuns: 60, seed: 114 },
    );
  });
});

describe('calls', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ FAKE_CODEX_MODE: 'tool_call' });
  });
  afterAll(() => server.gateway.kill());

  test('P-104 C-27 a call is structured, without a text of its own', async () => {
    const { choices } = (await server.chat({ tools: [lookupUser] }, openaiJson)).json;
    const [{ message, finish_reason: finish }] = choices;
    expect([message.content, finish]).toEqual([null, 'tool_calls']);
    expect(message.tool_calls).toEqual([
      {
        id: expect.stringMatching(/^call_/),
        type: 'function',
        function: { name: 'lookup_user', arguments: '{"id":"42"}' },
      },
    ]);
  });

  test('P-112 W-3 C-26 the first frame names the call, the others add to its arguments', async () => {
    const frames = await server.chatFrames({ tools: [lookupUser] }, openaiJson);
    const deltas: readonly Loose[] = frames.flatMap((frame) => frame.choices[0]?.delta.tool_calls ?? []);
    const [first, ...rest] = deltas;
    expect(first).toEqual({
      index: 0,
      id: expect.any(String),
      type: 'function',
      function: { name: 'lookup_user', arguments: '' },
    });
    for (const delta of rest) expect(delta).toEqual({ index: 0, function: { arguments: expect.any(String) } });
    const whole = rest.map((delta) => delta.function.arguments).join('');
    expect(JSON.parse(whole)).toEqual({ id: '42' });
  });

  test('P-112 W-3 C-26 the SDK adds them up to the arguments', async () => {
    const stream = sdk(server).chat.completions.stream({
      model: 'codex-5',
      messages: [{ role: 'user', content: 'Say hello.' }],
      tools: [lookupUser],
    });
    const { choices } = await stream.finalChatCompletion();
    const [call] = choices[0]?.message.tool_calls ?? [];
    expect(call?.type === 'function' ? call.function.arguments : '').toBe('{"id":"42"}');
  });
});

test('P-107 C-25 content_filter without a text', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'content_filter' });
  for (const reading of await readAll(server)) expect(reading).toMatchObject({ text: '', finish: 'content_filter' });
  const { message, finish_reason: finish } = (await server.chat()).json.choices[0];
  expect([message.content, finish]).toEqual([null, 'content_filter']);
});

test.for(['200', '0'])(
  'P-108 the head comes when the worker has taken the turn, or in its own time (%s ms)',
  async (ms) => {
    const server = await serve({ PROXY_SSE_HEAD_DELAY_MS: ms });
    const headers = server.gateway.withKey;
    const asked = { model: 'codex-5', stream: true, ...asks(marker('hang')) };
    const client = new StreamClient({ port: server.port, path: '/v1/chat/completions', body: asked, headers });
    const startedAt = performance.now();
    expect((await client.head).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    client.leave();
  },
);

test('P-99 W-31 C-41 one turn for each request, one for each choice', async () => {
  const rpcs = capture();
  const server = await serve(rpcs.env);
  for (const reading of await readAll(server)) expect(reading.status).toBe(200);
  expect(rpcs.requests('turn/start')).toHaveLength(ways.length);
  const whole = await server.chat({ n: 3 });
  expect(whole.json.choices.map((choice: Loose) => choice.message.content)).toEqual(
    Array(3).fill('Hello from fake-codex.'),
  );
  expect(rpcs.requests('turn/start')).toHaveLength(ways.length + 3);
  expect([chatWhole(whole).text, chatStream(await server.chat({ stream: true })).text]).toEqual(
    Array(2).fill('Hello from fake-codex.'),
  );
});

test('P-99 W-31 C-41 one sampling for each request, where it is paid for', async () => {
  const server = await serve({ CODEX_BIN: '' });
  for (const reading of await readAll(server, { prompt: marker('text', { text: 'once' }) }))
    expect(reading.text).toBe('once');
  expect(server.gateway.provider.samplings).toHaveLength(ways.length);
});
