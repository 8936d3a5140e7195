/** What was wrong with the predecessor's answers, as OpenAI's own client reads them, and what is right about ours. */

import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { type Loose, lookupUser, serve, type Server } from './server.ts';
import { chatStream, chatWhole, flatLookup, readAll } from './ways.ts';

const client = ({ port, key }: Server): OpenAI =>
  new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: key, maxRetries: 0 });

/** What the fake app-server does in a turn. */
const play = (...steps: readonly Loose[]): string => marker('play', { script: JSON.stringify({ steps }) });
const usage = { input: 10, cached: 4, output: 7, reasoning: 3 };
const end = [{ do: 'sampled', usage }, { do: 'settle' }, { do: 'complete', status: 'completed' }];

test('W-3 C-26 the arguments of a call are increments: the SDK adds them up to the model’s JSON', async () => {
  const argument = JSON.stringify({ id: `42 ${'日本 "👩‍👧" '.repeat(900)}` });
  const server = await serve({ FAKE_CODEX_MODE: 'tool_call', FAKE_CODEX_TOOL_ARGUMENT: argument });
  const stream = client(server).chat.completions.stream({
    model: 'codex-5',
    messages: [{ role: 'user', content: 'Say hello.' }],
    tools: [lookupUser as Loose],
  });
  const [call] = (await stream.finalChatCompletion()).choices[0]?.message.tool_calls ?? [];
  expect(call?.type === 'function' && call.function.arguments).toBe(argument);
  const deltas = (await server.chatFrames({ tools: [lookupUser] })).flatMap(
    (frame) => frame.choices?.[0]?.delta.tool_calls ?? [],
  );
  expect(deltas[0]).toMatchObject({
    index: 0,
    id: expect.any(String),
    type: 'function',
    function: { name: 'lookup_user', arguments: '' },
  });
  expect(deltas.slice(1).every((delta) => delta.id === undefined && delta.function.name === undefined)).toBe(true);
});

test('W-5 C-33 the SDK’s stream of a response resolves with its text', async () => {
  const server = await serve();
  const stream = client(server).responses.stream({ model: 'codex-5', input: 'Say hello.' });
  expect((await stream.finalResponse()).output_text).toBe('Hello from fake-codex.');
});

test('W-7 all messages of a turn are told, in order, in all four ways', async () => {
  const server = await serve();
  const message = (text: string) => [{ do: 'open' }, { do: 'delta', text }, { do: 'close' }];
  const prompt = play(...message('First.'), ...message('Second.'), ...end);
  for (const reading of await readAll(server, { prompt })) expect(reading.text).toBe('First.\n\nSecond.');
});

test('W-17 an answer that was cut ends a stream of responses as incomplete', async () => {
  const server = await serve({ FAKE_CODEX_FINISH_REASON: 'length' });
  const frames = await server.respFrames();
  expect(frames.at(-1)).toMatchObject({
    type: 'response.incomplete',
    response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
  });
});

test('W-18 the ids of calls differ over the turns of a conversation', async () => {
  const server = await serve();
  const prompt = play({ do: 'call', name: 'lookup_user', arguments: '{"id":"1"}', callId: 'call_1' }, ...end);
  const tools = [flatLookup];
  const first = await server.resp({ input: prompt, tools });
  const called = first.json.output.find((item: Loose) => item.type === 'function_call');
  const output = { type: 'function_call_output', call_id: called.call_id, output: 'Ada' };
  const again = [output, { role: 'user', content: prompt }];
  const second = await server.resp({ input: again, tools, previous_response_id: first.json.id });
  const next = second.json.output.find((item: Loose) => item.type === 'function_call');
  expect(next.name).toBe('lookup_user');
  expect(next.call_id).not.toBe(called.call_id);
});

test('W-20 a turn without text is an empty answer, in all four ways', async () => {
  const server = await serve();
  for (const reading of await readAll(server, { prompt: play(...end) }))
    expect(reading).toMatchObject({ status: 200, text: '', calls: [], finish: 'stop', error: null });
});

test('P-88 W-11 C-16 two choices are two turns; what is no number of choices is refused', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'multi_choice_tool_call', FAKE_CODEX_TOOL_CALL_CHOICES: '1' });
  const whole = await server.chat({ n: 2, tools: [lookupUser] });
  expect(whole.json.choices).toHaveLength(2);
  const [said] = whole.json.choices.filter((choice: Loose) => choice.finish_reason === 'stop');
  expect(said.message.content).toBe('Choice 0');
  expect(whole.json.choices.filter((choice: Loose) => choice.finish_reason === 'tool_calls')).toHaveLength(1);
  // The prompt counts once, what was said counts for each.
  expect(whole.json.usage).toMatchObject({ prompt_tokens: 8, completion_tokens: 18, total_tokens: 26 });
  const streamed = await server.chat({ n: '2', stream: true, tools: [lookupUser] });
  const readings = [chatStream(streamed, 0), chatStream(streamed, 1)];
  expect(readings.map(({ finish }) => String(finish)).toSorted()).toEqual(['stop', 'tool_calls']);
  expect(readings.map(({ text, calls }) => `${text}${calls.join()}`).toSorted()).toEqual([
    'Choice 0',
    'lookup_user {"id":"42"}',
  ]);
  for (const n of [0, 6, 1.5, 'two']) {
    const { status, json } = await server.chat({ n });
    expect([status, json.error.param]).toEqual([400, 'n']);
    expect(json.error.message).toContain('n must be an integer between 1 and 5');
  }
  expect((await server.resp({ n: 2 })).json.error).toMatchObject({ param: 'n', code: 'n_unsupported' });
});

test('P-88 where so many turns are not free there is no answer at all', async () => {
  const server = await serve({ WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '0' });
  const { status, json } = await server.chat({ n: 2, stream: true });
  expect([status, json.error.code]).toEqual([429, 'worker_busy']);
});

test('P-144 C-28 calls stay in their own choice', async () => {
  const server = await serve({
    FAKE_CODEX_MODE: 'multi_choice_tool_call',
    FAKE_CODEX_CHOICE_COUNT: '3',
    FAKE_CODEX_TOOL_CALL_CHOICES: '1,2',
  });
  const streamed = await server.chat({ n: 3, stream: true, tools: [lookupUser] });
  const readings = [0, 1, 2].map((choice) => chatStream(streamed, choice));
  expect(readings.map(({ finish }) => String(finish)).toSorted()).toEqual(['stop', 'tool_calls', 'tool_calls']);
  for (const { finish, text, calls } of readings) {
    expect(calls).toEqual(finish === 'stop' ? [] : ['lookup_user {"id":"42"}']);
    expect(text).toBe(finish === 'stop' ? 'Choice 0' : '');
  }
});

test('C-20 a whole chat answer has all that is required', async () => {
  const server = await serve();
  const answer = await server.chat();
  expect(chatWhole(answer)).toMatchObject({ text: 'Hello from fake-codex.', finish: 'stop', tokens: [8, 6] });
  expect(answer.json).toMatchObject({
    id: expect.stringMatching(/^chatcmpl-/),
    object: 'chat.completion',
    created: expect.any(Number),
    model: 'codex-5',
  });
  const { prompt_tokens: asked, completion_tokens: said, total_tokens: total } = answer.json.usage;
  expect(total).toBe(asked + said);
});
