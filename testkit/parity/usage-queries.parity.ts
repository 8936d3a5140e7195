/** Questions about usage that are asked in a chat. */

import { expect, test } from 'vitest';
import { capture } from './captured.ts';
import { chatText, framesOf, type Loose, responsesText, serve } from './server.ts';

const said = (content: unknown) => ({ messages: [{ role: 'user', content }] });
const sentence =
  /^Usage from \S+Z to \S+Z \(UTC\): (\d+) requests, (\d+) prompt tokens, (\d+) completion tokens, (\d+) tokens in total\.$/;
const numbers = (text: string): readonly number[] => (sentence.exec(text) ?? []).slice(1).map(Number);

test('P-185: they are answered by the gateway, all four ways, at no cost', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  await server.chat();
  const turns = captured.requests('turn/start').length;
  const whole = await server.chat({ model: 'CODEX-5', ...said('  Usage TODAY '), tools: 'not looked at' });
  expect(whole.json).toMatchObject({
    object: 'chat.completion',
    model: 'codex-5',
    choices: [{ message: { role: 'assistant' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
  });
  expect(numbers(whole.json.choices[0].message.content)).toEqual([1, 8, 6, 14]);
  const { text } = await server.chat({
    stream: true,
    include_usage: true,
    ...said([{ type: 'text', text: 'usage today' }]),
  });
  const frames = framesOf(text);
  expect(numbers(chatText(frames))).toEqual([2, 8, 6, 14]);
  expect([frames.at(-2).choices[0].finish_reason, frames.at(-1).usage.total_tokens]).toEqual(['stop', 0]);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
  const response = (await server.resp({ input: 'usage today' })).json;
  expect(response).toMatchObject({
    object: 'response',
    status: 'completed',
    model: 'codex-5',
    usage: { total_tokens: 0 },
  });
  expect(numbers(response.output[0].content[0].text)).toEqual([3, 8, 6, 14]);
  const events = await server.respFrames({ input: [{ role: 'user', content: 'usage today' }] });
  expect(numbers(responsesText(events))).toEqual([4, 8, 6, 14]);
  expect(events.at(-1).type).toBe('response.completed');
  expect(captured.requests('turn/start')).toHaveLength(turns);
  const raw: Loose = (await server.get('/v1/usage/raw?limit=4')).json.events;
  expect(raw.map(({ mode, total_tokens: total }: Loose) => [mode, total])).toEqual(Array(4).fill(['usage_query', 0]));
});

test('P-185: every form of them', async () => {
  const server = await serve();
  await server.chat();
  const answer = async (text: string): Promise<string> =>
    (await server.chat({ model: 'no-such-model', ...said(text) })).json.choices[0].message.content;
  expect(numbers(await answer('usage yesterday'))).toEqual([0, 0, 0, 0]);
  const before = numbers(await answer('usage last 7d'))[0] ?? 0;
  expect(numbers(await answer('usage last 24h'))).toEqual([before + 1, 8, 6, 14]);
  expect(numbers(await answer('usage start=2026-01-01 end=2099-01-01T00:00:00Z'))).toEqual([before + 2, 8, 6, 14]);
  for (const group of ['hour', 'day']) {
    const [first, blank, ...buckets] = (await answer(`usage start=0 end=2099-01-01 group=${group}`)).split('\n');
    expect(numbers(first ?? '')).toHaveLength(4);
    expect([blank, buckets.length > 0, buckets.every((bucket) => /^- \S+Z: \d+ requests, /.test(bucket))]).toEqual([
      '',
      true,
      true,
    ]);
  }
});

test('P-185: they need the key, and neither a worker nor a sign-in', async () => {
  const server = await serve({ FAKE_CODEX_HANDSHAKE_MODE: 'timeout' }, { ready: false });
  expect((await server.send('GET', '/readyz')).status).toBe(503);
  const { status, json } = await server.chat(said('usage today'));
  expect([status, json.choices[0].message.content]).toEqual([200, expect.stringMatching(/requests/)]);
  expect((await server.resp({ stream: true, input: 'usage today' })).status).toBe(200);
  const body = JSON.stringify({ model: 'codex-5', ...said('usage today') });
  expect((await server.send('POST', '/v1/chat/completions', {}, body)).status).toBe(401);
  const signedOut = await serve({ FAKE_CODEX_ACCOUNT: 'signedOut' });
  expect((await signedOut.chat(said('usage today'))).status).toBe(200);
});

test('P-186: whatever says more, or is malformed, is for the model', async () => {
  const captured = capture();
  const server = await serve(captured.env);
  const messages = [
    'usage today please',
    'what is the usage today',
    'usage start=garbage end=2026-01-01',
    'usage last 0d',
    'usage start=2026-01-02 end=2026-01-01',
    'usage today group=hour',
  ];
  for (const message of messages) {
    const { json } = await server.chat(said(message));
    expect(json.choices[0].message.content).not.toMatch(/requests/);
  }
  expect(captured.requests('turn/start')).toHaveLength(messages.length);
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
  expect((await server.chat({ ...said('usage today'), tools })).json.choices[0].message.content).toMatch(/requests/);
  expect(captured.requests('turn/start')).toHaveLength(messages.length);
});

test('P-186: they can be left to the model', async () => {
  const server = await serve({ PROXY_USAGE_QUERIES: 'false' });
  expect((await server.chat(said('usage today'))).json.choices[0].message.content).not.toMatch(/requests/);
});
