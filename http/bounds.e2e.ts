/**
 * What the gateway itself enforces, with the real CLI: the provider is cut off where the answer ends, on both endpoints, whole
 * and streamed, and what Codex has a field for arrives there.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask } from '../testkit/raw-client.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { type Body, JudgedClient, outputText } from '../testkit/judged-client.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { modelItems, modelSettings } from '../testkit/provider-view.ts';

let gateway: Gateway;
let client: JudgedClient;

beforeAll(async () => {
  gateway = await startGateway();
  client = new JudgedClient(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const hello = 'Hello, world. ';

/** All four ways at once: what each says of how it ended, and that none of their four samplings went on. */
const everyWay = async (prompt: string, more: Body) => {
  const messages = [{ role: 'user', content: prompt }];
  const [whole, { response }, chat, chatStreamed] = await Promise.all([
    client.respond({ input: prompt, ...more }),
    client.respondStream({ input: prompt, ...more }),
    client.chat({ messages, ...more }),
    client.chatStream({ messages, ...more }),
  ]);
  await gateway.provider.until(({ activeStreams }) => activeStreams === 0);
  expect(gateway.provider.samplings.map(({ ending }) => ending)).toEqual(['client', 'client', 'client', 'client']);
  for (const { usage } of [whole, response]) {
    expect(usage).toMatchObject({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) });
  }
  return {
    responses: [whole, response].map((one) => ({
      status: one['status'],
      details: one['incomplete_details'],
      text: outputText(one),
      usage: one['usage'],
    })),
    chats: [chat, chatStreamed].map(({ choices, usage }) => ({
      text: choices[0]?.content,
      finish: choices[0]?.finishReason,
      usage,
    })),
  };
};

/** The model says so much and then nothing for as long as anybody listens. */
const talkative = (chunks: readonly string[]): string =>
  marker('hangmid', { chunks: JSON.stringify(chunks), n: chunks.length });

describe('a token cap', () => {
  test.each([
    [1, 'Hell'],
    [8, 'Hello, world. Hello, world. Hell'],
  ])('of %d', async (cap, text) => {
    const { responses, chats } = await everyWay(talkative([hello, hello, hello, hello]), { max_tokens: cap });
    for (const response of responses) {
      expect(response).toMatchObject({ status: 'incomplete', details: { reason: 'max_output_tokens' }, text });
      expect(response.usage).toMatchObject({ output_tokens: cap });
    }
    for (const chat of chats) {
      expect(chat).toMatchObject({ finish: 'length', text, usage: { completion_tokens: cap } });
    }
  });

  test('that is not reached changes nothing', async () => {
    const whole = await client.respond({ input: marker('text', { text: hello }), max_output_tokens: 4 });
    expect([whole['status'], outputText(whole)]).toEqual(['completed', hello]);
    expect(gateway.provider.samplings[0]?.ending).toBe('finished');
  });
});

describe('a stop sequence', () => {
  test.each<[string, Body, readonly string[], string]>([
    ['within a delta', { stop: 'world' }, ['Hello, world. More.'], 'Hello, '],
    ['over deltas', { stop: ['#', 'STOP'] }, ['Hello S', 'T', 'O', 'P and more'], 'Hello '],
    ['after one that only began', { stop: ['END', '😀😀'] }, ['EN ENE 😀', ' 😀', '😀!'], 'EN ENE 😀 '],
    ['at once', { stop: 'H' }, ['Hello'], ''],
  ])('%s', async (_name, more, chunks, text) => {
    const { responses, chats } = await everyWay(talkative(chunks), more);
    for (const response of responses) expect(response).toMatchObject({ status: 'completed', details: null, text });
    for (const chat of chats) expect(chat).toMatchObject({ finish: 'stop', text });
  });

  test('that only began is delivered with the end of the answer', async () => {
    const whole = await client.respond({ input: marker('text', { text: 'The ST' }), stop: 'STOP' });
    expect([whole['status'], outputText(whole)]).toEqual(['completed', 'The ST']);
  });
});

test('usage that is estimated is marked in the header of a whole answer and in the journal', async () => {
  const headersOf = async (body: Body) => {
    const answer = await ask(gateway.port, '/v1/responses', {
      method: 'POST',
      headers: { ...gateway.withKey, 'content-type': 'application/json' },
      body: JSON.stringify({ model: client.model, ...body }),
    });
    expect(answer.status).toBe(200);
    return answer.headers;
  };
  const estimated = await headersOf({ input: talkative([hello]), max_output_tokens: 1 });
  expect(estimated['x-proxy-estimated']).toBe('usage');
  await gateway.until((line) => line.includes(' usage_estimated '));
  const counted = await headersOf({ input: 'hi', max_output_tokens: 1_000 });
  expect(counted['x-proxy-estimated']).toBeUndefined();
});

const schema = {
  type: 'object',
  properties: { answer: { type: 'string' } },
  required: ['answer'],
  additionalProperties: false,
};

describe('an output format', () => {
  test('a schema reaches the provider, and its answer the client', async () => {
    const format = { type: 'json_schema', name: 'verdict', schema, strict: true };
    const whole = await client.respond({ input: 'Which?', text: { format } });
    const chat = await client.chat({
      messages: [{ role: 'user', content: 'Which?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'verdict', schema } },
    });
    for (const record of gateway.provider.samplings) {
      expect(modelSettings(record)).toMatchObject({
        text: { format: { type: 'json_schema', strict: true, schema, name: 'codex_output_schema' } },
      });
    }
    expect(whole['text']).toEqual({ format: { ...format, description: null }, verbosity: 'medium' });
    for (const text of [outputText(whole), chat.choices[0]?.content ?? '']) {
      expect(JSON.parse(text)).toEqual({ answer: expect.any(String) });
    }
  });

  test('a schema that the provider refuses is a 400 about the field that holds it', async () => {
    const input = marker('status', { kind: 'schema' });
    const refused = await client.refused('/responses', {
      input,
      text: { format: { type: 'json_schema', name: 'n', schema } },
    });
    expect(refused).toMatchObject({ status: 400, code: 'invalid_json_schema', param: 'text.format.schema' });
    const chat = await client.refused('/chat/completions', {
      messages: [{ role: 'user', content: input }],
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema } },
    });
    expect(chat).toMatchObject({ status: 400, param: 'response_format.json_schema.schema' });
  });

  test('json_object is told to the model; text that is none is delivered and noted', async () => {
    const object = { type: 'json_object' };
    const good = await client.respond({ input: marker('text', { text: '{"a":1}' }), text: { format: object } });
    expect(outputText(good)).toBe('{"a":1}');
    const [told] = modelItems(gateway.provider.samplings[0]);
    expect(told).toMatchObject({ role: 'developer', content: [{ text: expect.stringContaining('JSON object') }] });
    expect(gateway.journal.some((line) => line.includes(' demand_unmet '))).toBe(false);
    const bad = await client.respond({ input: marker('text', { text: 'no' }), text: { format: object } });
    expect([bad['status'], outputText(bad)]).toEqual(['completed', 'no']);
    await gateway.until((line) => line.includes(' demand_unmet ') && line.includes('json_object'));
  });
});

test('a summary of the reasoning is made when it is asked for', async () => {
  const input = marker('reason', { parts: 2 });
  const { response } = await client.respondStream({ input, reasoning: { summary: 'auto' } });
  expect(modelSettings(gateway.provider.samplings[0])).toMatchObject({ reasoning: { summary: 'auto' } });
  expect(response['reasoning']).toMatchObject({ summary: 'auto' });
  expect(response['output']).toMatchObject([{ type: 'reasoning', summary: [{}, {}] }, { type: 'message' }]);
  const silent = await client.respond({ input });
  expect(silent['output']).toMatchObject([{ type: 'reasoning', summary: [] }, { type: 'message' }]);
});

describe('as the operator wants it', () => {
  let strict: Gateway;
  let strictClient: JudgedClient;
  beforeAll(async () => {
    strict = await startGateway({
      PROXY_PARAMS: 'strict',
      PROXY_ENABLE_PARALLEL_TOOL_CALLS: 'false',
      PROXY_ENFORCE_MAX_TOKENS: 'false',
    });
    strictClient = new JudgedClient(strict);
  });
  afterAll(() => strict.stop());

  test('a demand that is not met fails the response', async () => {
    const body = { input: marker('text', { text: 'no' }), text: { format: { type: 'json_object' } } };
    const refused = await strictClient.refused('/responses', body);
    expect(refused).toMatchObject({ status: 500, code: 'demand_unmet', param: 'text.format' });
  });

  test('a cap that would not be applied is refused', async () => {
    const body = { messages: [{ role: 'user', content: 'hi' }], max_tokens: 5 };
    const refused = await strictClient.refused('/chat/completions', body);
    expect(refused).toMatchObject({ status: 400, code: 'unsupported_parameter', param: 'max_tokens' });
  });

  test('an answer has one call', async () => {
    const input = marker('tool', { calls: 2, name: 'a,b', args: '{}' });
    const { output, parallel_tool_calls: parallel } = await strictClient.respond({ input });
    expect([parallel, output]).toMatchObject([false, [{ type: 'function_call', name: 'a' }]]);
  });
});
