/**
 * How answers end that are more, less or other than one text: the same on both endpoints, whole and streamed, and always
 * exactly one sampling.
 */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { type Body, JudgedClient } from '../testkit/judged-client.ts';
import { marker, type SpecValues } from '../testkit/provider/scenario.ts';

let gateway: Gateway;
let client: JudgedClient;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1', WORKER_MAX_CONCURRENCY: '1' });
  client = new JudgedClient(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const hello = 'Hello, world.';

/** Both ways of one endpoint; two requests are two samplings. */
const twice = async <W, S>(whole: Promise<W>, streamed: Promise<S>): Promise<readonly [W, S]> => {
  const both = await Promise.all([whole, streamed]);
  expect(gateway.provider.samplings).toHaveLength(2);
  gateway.provider.reset();
  return both;
};

const responses = async (input: string, more: Body = {}) => {
  const [whole, { response }] = await twice(
    client.respond({ input, ...more }),
    client.respondStream({ input, ...more }),
  );
  return [whole, response];
};

const chats = async (content: string) => {
  const body = { messages: [{ role: 'user', content }] };
  return twice(client.chat(body), client.chatStream(body));
};

const part = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });
const said = (text: string, more: Body = {}) => ({
  id: expect.any(String),
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [part(text)],
  ...more,
});

test('several messages keep their order and phases; chat joins them', async () => {
  const text = marker('text', { msgs: 'commentary,none,final_answer' });
  for (const response of await responses(text)) {
    expect(response['output']).toEqual([
      said(hello, { phase: 'commentary' }),
      said(hello),
      said(hello, { phase: 'final_answer' }),
    ]);
  }
  for (const { choices } of await chats(text)) {
    expect(choices).toMatchObject([{ content: `${hello}\n\n${hello}\n\n${hello}`, finishReason: 'stop' }]);
  }
});

test('reasoning has no summary, and its encrypted content only when include asks', async () => {
  const text = marker('reason', { enc: 'gAAA/+==', reasoning: 5, out: 9 });
  const thought = { id: expect.any(String), type: 'reasoning', summary: [], status: 'completed' };
  for (const response of await responses(text)) expect(response['output']).toEqual([thought, said(hello)]);
  for (const response of await responses(text, { include: ['reasoning.encrypted_content'] })) {
    expect(response['output']).toEqual([{ ...thought, encrypted_content: 'gAAA/+==' }, said(hello)]);
  }
  for (const { choices, usage } of await chats(text)) {
    expect(choices).toMatchObject([{ content: hello, reasoning: '', finishReason: 'stop' }]);
    expect(usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 5 } });
  }
});

test.each(['empty', 'refusal', 'deltasonly'])('%s: one message with an empty text', async (scenario) => {
  const text = marker(scenario, { in: 3, out: 1 });
  for (const response of await responses(text)) {
    expect(response).toMatchObject({ status: 'completed', usage: { input_tokens: 3, output_tokens: 1 } });
    expect(response['output']).toEqual([said('')]);
  }
  for (const { choices } of await chats(text)) expect(choices).toMatchObject([{ content: '', finishReason: 'stop' }]);
});

test('P-101: usage that the provider does not tell is estimated', async () => {
  const text = marker('nousage');
  const output = Math.ceil(hello.length / 4);
  for (const response of await responses(text)) {
    expect(response['usage']).toMatchObject({ output_tokens: output, input_tokens: Math.ceil(text.length / 4) });
    expect(response['output']).toEqual([said(hello)]);
  }
  for (const { usage, choices } of await chats(text)) {
    expect(usage).toMatchObject({ completion_tokens: output });
    expect(choices).toMatchObject([{ content: hello }]);
  }
});

test.each([
  ['max_output_tokens', 'length'],
  ['content_filter', 'content_filter'],
])('incomplete for %s, finish %s', async (reason, finishReason) => {
  const text = marker('incomplete', { reason, n: 3 });
  for (const response of await responses(text)) {
    expect(response).toMatchObject({ status: 'incomplete', incomplete_details: { reason }, completed_at: null });
    expect(response['output']).toEqual([said('Hello, world', { status: 'incomplete' })]);
    expect(response).toMatchObject({ usage: { output_tokens: expect.any(Number) } });
  }
  for (const { choices } of await chats(text)) {
    expect(choices).toMatchObject([{ content: 'Hello, world', finishReason }]);
  }
});

const call = (name: string, args: string, n: number) => ({
  id: expect.any(String),
  type: 'function_call',
  status: 'completed',
  call_id: expect.stringMatching(new RegExp(`^call_\\d+_${n}$`)),
  name,
  arguments: args,
});

/**
 * The CLI answers such a call itself and asks the model again, unless the gateway's interrupt arrives first. On a busy
 * machine it may not: then the second sampling is broken off, and nothing of it reaches the client.
 */
const asked = async <T>(request: Promise<T>): Promise<T> => {
  const answer = await request;
  // Gets the only slot when the CLI has let go of that turn, so whatever it sampled has been recorded.
  await client.respond({ input: 'next' });
  await gateway.provider.until(({ activeStreams }) => activeStreams === 0);
  const [first, ...further] = gateway.provider.samplings.slice(0, -1);
  expect(first?.ending).toBe('finished');
  expect(further.map(({ ending }) => ending)).toEqual(further.slice(0, 1).map(() => 'client'));
  gateway.provider.reset();
  return answer;
};

// oxlint-disable-next-line unicorn/no-thenable -- a name in a table of strings, which nobody awaits
const hidden = (values: SpecValues) => marker('tool', { ...values, then: 'hangheaders' });

test.each(['{"a": 1.0}', '{}'])('a call of a tool that nobody offered ends the answer: %s', async (args) => {
  const input = hidden({ name: 'hidden', args });
  const messages = [{ role: 'user', content: input }];
  const expected = { status: 'completed', output: [call('hidden', args, 0)] };
  expect(await asked(client.respond({ input }))).toMatchObject(expected);
  expect((await asked(client.respondStream({ input }))).response).toMatchObject(expected);
  const toolCalls = [{ name: 'hidden', arguments: args }];
  const choices = [{ content: null, toolCalls, finishReason: 'tool_calls' }];
  expect(await asked(client.chat({ messages }))).toMatchObject({ choices });
  expect(await asked(client.chatStream({ messages }))).toMatchObject({ choices });
});

test('text before several calls, which keep their order', async () => {
  const input = hidden({ say: 'Wait.', calls: 3, name: 'a,b', args1: '{"n":1}', args: '{}' });
  const messages = [{ role: 'user', content: input }];
  const output = [said('Wait.'), call('a', '{}', 1), call('b', '{"n":1}', 2), call('a', '{}', 3)];
  expect((await asked(client.respond({ input })))['output']).toEqual(output);
  expect((await asked(client.respondStream({ input }))).response['output']).toEqual(output);
  const toolCalls = [
    { name: 'a', arguments: '{}' },
    { name: 'b', arguments: '{"n":1}' },
    { name: 'a', arguments: '{}' },
  ];
  const choices = [{ content: 'Wait.', toolCalls, finishReason: 'tool_calls' }];
  expect(await asked(client.chat({ messages }))).toMatchObject({ choices });
  expect(await asked(client.chatStream({ messages }))).toMatchObject({ choices });
});

test.each(['noadded', 'doneonly', 'nodelta', 'nodone', 'twice', 'unknownevent', 'malformed'])(
  'an odd stream of the provider (%s) still gives the whole text',
  async (scenario) => {
    const text = marker(scenario);
    for (const response of await responses(text)) {
      expect(response).toMatchObject({ status: 'completed', output: [{ content: [part(hello)] }] });
    }
    for (const { choices } of await chats(text)) expect(choices).toMatchObject([{ content: hello }]);
  },
);
