/**
 * The model reads the client's items and nothing else, verbatim and in order, and it is asked exactly once per request,
 * counted at the provider. Another seed: `FC_SEED=<number>`.
 */

import process from 'node:process';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chatConversation, type Conversation, responsesConversation } from '../testkit/conversation-arbitrary.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { type Body, JudgedClient } from '../testkit/judged-client.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { modelItems, modelSettings } from '../testkit/provider-view.ts';

const seed = Number(process.env['FC_SEED'] ?? 20_262);
const runs = { seed, numRuns: 30 };
let gateway: Gateway;
let client: JudgedClient;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1' }, { provider: { defaultScenario: 'text' } });
  client = new JudgedClient(gateway);
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const samplings = () => gateway.provider.samplings;

/** The whole body that the CLI posts for a request without options, but for the input. */
const bare = {
  model: 'gpt-6.1-sol',
  stream: true,
  tools: [],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  reasoning: {},
  store: false,
  include: ['reasoning.encrypted_content'],
};

const expectRead = (read: Conversation['read']): void => {
  expect(samplings()).toHaveLength(1);
  expect(modelSettings(samplings()[0])).toEqual(bare);
  expect(modelItems(samplings()[0])).toEqual(read);
};

test(`any conversation on responses (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(responsesConversation('Go on.'), fc.boolean(), async ({ sent, read }, stream) => {
      gateway.provider.reset();
      await (stream ? client.respondStream({ input: sent }) : client.respond({ input: sent }));
      expectRead(read);
    }),
    runs,
  );
});

test(`any conversation on chat (seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(chatConversation('Go on.'), fc.boolean(), async ({ sent, read }, stream) => {
      gateway.provider.reset();
      await (stream ? client.chatStream({ messages: sent }) : client.chat({ messages: sent }));
      expectRead(read);
    }),
    runs,
  );
});

const user = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });

test('a prompt of 10 MB arrives whole', async () => {
  const prompt = 'All of it, to the last byte: ø€😀. '.repeat(260_000);
  expect(Buffer.byteLength(prompt)).toBeGreaterThan(10_000_000);
  await client.respond({ input: prompt });
  expect(samplings()).toHaveLength(1);
  const [item] = modelItems(samplings()[0]);
  expect(JSON.stringify(item) === JSON.stringify(user(prompt))).toBe(true);
});

test('lone surrogates arrive as replacement characters', async () => {
  await client.respond({ input: 'a\ud800b\udc00\ud83d\ude00' });
  await client.chat({ messages: [{ role: 'user', content: '\udfffz' }] });
  expect(samplings().map((one) => modelItems(one))).toEqual([[user('a\ufffdb\ufffd😀')], [user('\ufffdz')]]);
});

test.each(['/responses', '/chat/completions'])('a body that is not UTF-8 is refused by %s', async (path) => {
  const text = '{"model":"codex-5","input":"X","messages":[{"role":"user","content":"X"}]}';
  const bytes = Buffer.from(text.replaceAll('X', '\xff'), 'latin1');
  expect(await client.refused(path, bytes)).toMatchObject({ status: 400, code: 'invalid_json' });
  expect(gateway.provider.requests).toHaveLength(0);
});

const ways = ['responses', 'responses, streamed', 'chat', 'chat, streamed'] as const;
const asking = (way: (typeof ways)[number], text: string): readonly [string, Body] => {
  const stream = way.endsWith('streamed');
  return way.startsWith('chat')
    ? ['/chat/completions', { messages: [{ role: 'user', content: text }], stream }]
    : ['/responses', { input: text, stream }];
};

test.each(ways)('a request that is repeated is sampled again, once each: %s', async (way) => {
  const [path, body] = asking(way, 'the same');
  const ask = () => {
    if (path === '/responses') return way === 'responses' ? client.respond(body) : client.respondStream(body);
    return way === 'chat' ? client.chat(body) : client.chatStream(body);
  };
  await ask();
  await ask();
  await Promise.all([ask(), ask()]);
  expect(samplings().map((one) => modelItems(one))).toEqual(Array.from({ length: 4 }, () => [user('the same')]));
});

const failures = {
  'a limit': marker('status', { kind: 'rate' }),
  'a bad request': marker('status', { code: '400' }),
  'a connection cut before the first delta': marker('cut', { n: 0 }),
  'an error event': marker('errorevent'),
  'a failed response': marker('failed'),
};

test.each(Object.entries(failures))('%s is not sampled again', async (_name, text) => {
  for (const way of ways) {
    gateway.provider.reset();
    const { status } = await client.refused(...asking(way, text));
    expect(status).toBeGreaterThanOrEqual(400);
    expect(samplings(), way).toHaveLength(1);
  }
});

test('a status of 5xx is tried twice more by the CLI itself, before the first byte', async () => {
  const { code } = await client.refused(...asking('responses', marker('status', { code: '503' })));
  expect(code).toBe('upstream_error');
  expect(samplings()).toHaveLength(3);
});

test.each(['fin', 'rst'])('a connection cut (%s) after the first delta is not sampled again', async (how) => {
  const text = marker('cut', { n: 2, how });
  const responses = await client.respondStream({ input: text });
  expect(responses).toMatchObject({ ending: 'failed', response: { error: { code: 'stream_disconnected' } } });
  const chat = await client.chatStreamWithoutUsage({ messages: [{ role: 'user', content: text }] });
  expect(chat.error).toMatchObject({ code: 'stream_disconnected' });
  expect(samplings()).toHaveLength(2);
});
