/** What ends an answer behind its tool calls, how many there are, and what is said of them. */

import { describe, expect, test } from 'vitest';
import { canonicalBlock } from '../../actors/tool-block.ts';
import { marker } from '../provider/scenario.ts';
import { capture } from './captured.ts';
import { chatText, framesOf, type Headers, type Loose, lookupUser, serve, type Server } from './server.ts';
import { readAll } from './ways.ts';

const xml = { 'x-proxy-output-mode': 'obsidian-xml' };
const json = { 'x-proxy-output-mode': 'openai-json' };
const tools = { tools: [lookupUser] };
const f = canonicalBlock('lookup_user', '{"id":"42"}');
const burst = { FAKE_CODEX_MODE: 'multi_tool_burst', FAKE_CODEX_TOOL_BURST_COUNT: '3' };

const call = (name: string, input: string, callId: string) => ({ do: 'call', name, arguments: input, callId });
const end = [
  { do: 'sampled', usage: { input: 8, cached: 0, output: 6, reasoning: 0 } },
  { do: 'settle' },
  { do: 'complete', status: 'completed' },
];
const playing = (...steps: readonly Loose[]): string => marker('play', { script: JSON.stringify({ steps }) });
const said = (...texts: readonly string[]) => [
  { do: 'open' },
  ...texts.map((text) => ({ do: 'delta', text })),
  { do: 'close' },
];
const asked = (text: string) => ({ messages: [{ role: 'user', content: text }] });

const commentIn = (text: string): Loose => {
  const line = text.split('\n').find((one) => one.startsWith(': {'));
  return line === undefined ? null : JSON.parse(line.slice(2));
};
const headersOf = async (server: Server, extra: object, headers: Headers) => {
  const answer = await server.chat({ ...extra, stream: false }, headers);
  return ['x-codex-tool-call-count', 'x-codex-tool-call-truncated'].map((name) => answer.headers[name]);
};

describe('stop after tools', () => {
  test('P-137 W-14 C-30 first: one block, the turn is interrupted, the usage is an estimate', async () => {
    const captured = capture();
    const first = { PROXY_STOP_AFTER_TOOLS: 'true', PROXY_STOP_AFTER_TOOLS_MODE: 'first' };
    const server = await serve({ ...captured.env, ...burst, ...first });
    const { text } = await server.chat({ ...tools, stream: true, stream_options: { include_usage: true } }, xml);
    const frames = framesOf(text);
    expect(chatText(frames)).toBe(f);
    expect(frames.map((frame) => frame.choices[0]?.finish_reason).filter(Boolean)).toEqual(['tool_calls']);
    expect(frames.at(-1).usage).toMatchObject({ emission_trigger: 'tool_cutoff', total_tokens: expect.any(Number) });
    for (const reading of await readAll(server, { tools: true, headers: xml }))
      expect(reading).toMatchObject({ text: f, calls: ['lookup_user {"id":"42"}'], finish: 'tool_calls' });
    // The worker is free at once, although the model has not been heard to its end.
    await expect.poll(async () => (await server.get('/readyz')).json.worker_supervisor.workers[0].active_turns).toBe(0);
    expect(captured.requests('turn/start')).toHaveLength(5);
    await expect.poll(() => captured.requests('turn/interrupt').length).toBe(5);
  });

  test('P-137 the mode alone switches it on; off switches it off; another mode of output does not know it', async () => {
    const on = await serve({ ...burst, PROXY_STOP_AFTER_TOOLS_MODE: 'first' });
    expect(chatText(await on.chatFrames(tools, xml))).toBe(f);
    expect((await on.chat(tools, json)).json.choices[0].message.tool_calls.length).toBe(3);
    const off = await serve({ ...burst, PROXY_STOP_AFTER_TOOLS: 'off', PROXY_STOP_AFTER_TOOLS_MODE: 'first' });
    expect((await off.chat(tools, xml)).json.choices[0].message.tool_calls.length).toBe(3);
  });

  test('P-137 W-14 C-30 burst: all that follow one another, and not the one behind the pause', async () => {
    const server = await serve({ PROXY_STOP_AFTER_TOOLS: 'true', PROXY_STOP_AFTER_TOOLS_GRACE_MS: '1000' });
    const late = [{ do: 'sleep', ms: 5_000 }, call('late', '{}', 'call_c'), ...end];
    const prompt = playing(call('a', '{}', 'call_a'), { do: 'sleep', ms: 20 }, call('b', '{}', 'call_b'), ...late);
    const startedAt = Date.now();
    const frames = await server.chatFrames(asked(prompt), xml);
    expect(chatText(frames)).toBe(canonicalBlock('a', '{}') + canonicalBlock('b', '{}'));
    expect(Date.now() - startedAt).toBeLessThan(4_000);
  });
});

describe('the cap on blocks', () => {
  test('P-138 W-13 C-29 is exact in all four ways and both modes, keeps the order, and says that there were more', async () => {
    const server = await serve({ ...burst, PROXY_TOOL_BLOCK_MAX: '2' });
    for (const headers of [xml, json]) {
      for (const reading of await readAll(server, { tools: true, headers }))
        expect(reading).toMatchObject({
          calls: ['lookup_user {"id":"42"}', 'send_email {"id":"42"}'],
          finish: 'tool_calls',
        });
      expect(await headersOf(server, tools, headers)).toEqual(['2', 'true']);
      const { text } = await server.chat({ ...tools, stream: true }, headers);
      expect(commentIn(text)).toMatchObject({ tool_call_count: 2, tool_call_truncated: true });
    }
  });

  test('P-138 as many as are wanted are not truncated', async () => {
    const server = await serve({ ...burst, PROXY_TOOL_BLOCK_MAX: '3' });
    expect(await headersOf(server, tools, xml)).toEqual(['3', 'false']);
  });
});

test('P-139 C-30 text behind the last block is left out, and the stream stays open to the end of the turn', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'textual_tool_tail', PROXY_SUPPRESS_TAIL_AFTER_TOOLS: 'true' });
  for (const reading of await readAll(server, { headers: xml })) {
    expect(reading.text).toMatch(/^<use_tool>[^]*<\/use_tool>$/);
    // What the worker has counted: it was heard to its end.
    expect(reading.tokens?.[0]).toBe(8);
  }
  const between = playing(...said('a ', f, ' b ', canonicalBlock('g', '{}'), ' AFTER'), ...end);
  expect(chatText(await server.chatFrames(asked(between), xml))).toBe(`a ${f} b ${canonicalBlock('g', '{}')}`);
});

test('P-140 A-61 repeats are left out when that is wanted, and blocks have what is wanted between them', async () => {
  const same = playing(call('g', '{}', 'call_a'), call('g', '{}', 'call_b'), call('h', '{}', 'call_c'), ...end);
  const [g, h] = [canonicalBlock('g', '{}'), canonicalBlock('h', '{}')];
  const plain = await serve();
  expect(chatText(await plain.chatFrames(asked(same), xml))).toBe(g + g + h);
  const dedup = await serve({ PROXY_TOOL_BLOCK_DEDUP: 'true', PROXY_TOOL_BLOCK_DELIMITER: 'true' });
  for (const reading of await readAll(dedup, { prompt: same, headers: xml }))
    expect(reading).toMatchObject({ text: expect.stringMatching(/^[^]*<\/use_tool>\n\n/), calls: ['g {}', 'h {}'] });
  expect(chatText(await dedup.chatFrames(asked(same), xml))).toBe(`${g}\n\n${h}`);
  const literal = playing(...said(g, g), ...end);
  expect(chatText(await dedup.chatFrames(asked(literal), xml))).toBe(g);
  const none = await serve({ PROXY_TOOL_BLOCK_DELIMITER: 'false' });
  expect(chatText(await none.chatFrames(asked(same), xml))).toBe(g + g + h);
});

test('P-141 P-20 calls are counted: in headers of a whole answer, in a comment of a stream behind its finish', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'tool_call', PROXY_STOP_AFTER_TOOLS_MODE: 'burst' });
  const whole = await server.chat(tools);
  expect(whole.headers).toMatchObject({
    'x-request-id': expect.any(String),
    'x-proxy-trace-id': whole.headers['x-request-id'],
    'x-proxy-output-mode': 'openai-json',
    'x-codex-stop-after-tools-mode': 'burst',
    'x-codex-tool-call-count': '1',
    'x-codex-tool-call-truncated': 'false',
  });
  const stream = await server.chat({ ...tools, stream: true, stream_options: { include_usage: true } });
  expect(stream.headers['x-proxy-output-mode']).toBe('openai-json');
  expect(stream.headers).not.toHaveProperty('x-codex-tool-call-count');
  const blocks = stream.text.trimEnd().split('\n\n');
  expect(blocks.filter((one) => one.startsWith(': {'))).toEqual([
    ': {"tool_call_count":1,"tool_call_truncated":false,"stop_after_tools_mode":"burst"}',
  ]);
  const at = blocks.findIndex((one) => one.startsWith(': {'));
  expect(blocks[at - 1]).toContain('"finish_reason":"tool_calls"');
  expect(blocks.slice(at + 1).map((one) => one.includes('"usage":{') || one === 'data: [DONE]')).toEqual([true, true]);
  const none = await serve();
  expect(commentIn((await none.chat({ stream: true })).text)).toBeNull();
  expect(await headersOf(none, {}, {})).toEqual(['0', 'false']);
});

test('C-26 P-112 the deltas of a call: id and name first, then arguments that add up to JSON, 8 KiB of it, multibyte', async () => {
  const argument = JSON.stringify({ id: 'ü😀"\\'.repeat(2_000) });
  const server = await serve();
  const frames = await server.chatFrames({
    ...asked(playing(call('lookup_user', argument, 'call_a'), ...end)),
    ...tools,
  });
  const deltas = frames.flatMap((frame) => frame.choices?.[0]?.delta?.tool_calls ?? []);
  expect(deltas[0]).toMatchObject({
    index: 0,
    id: 'call_a',
    type: 'function',
    function: { name: 'lookup_user', arguments: '' },
  });
  expect(deltas.slice(1).every((delta) => delta.id === undefined && delta.function.name === undefined)).toBe(true);
  expect(deltas.map((delta) => delta.function.arguments).join('')).toBe(argument);
});

test('P-194 what was held back because it might be a call is counted', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'textual_tool', PROXY_TEST_ENDPOINTS: 'true' });
  await server.chat({}, xml);
  const { summary } = (await server.get('/__test/tool-buffer-metrics')).json;
  expect(summary).toMatchObject({
    started: { total: 1, by: [{ output_mode: 'obsidian-xml', reason: 'use_tool', count: 1 }] },
    flushed: { total: 1, by: [{ output_mode: 'obsidian-xml', reason: 'call', count: 1 }] },
    aborted: { total: 0, by: [] },
    anomaly: false,
  });
  expect((await server.post('/__test/tool-buffer-metrics/reset', {})).json).toEqual({ ok: true });
  expect((await server.get('/__test/tool-buffer-metrics')).json.summary.started.total).toBe(0);
  expect((await server.get('/v1/usage')).json).toHaveProperty('tool_buffer_metrics.started.total', 0);
});
