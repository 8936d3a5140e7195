import { afterEach, describe, expect, it } from 'vitest';
import { closeFronts, type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { call, completed, end, usageOf } from '../testkit/log-examples.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { FrontSettings } from './front.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

const start = async (settings: Partial<FrontSettings> = {}): Promise<RunningFront> => {
  const front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint }, settings);
  return front;
};

const chat = '/v1/chat/completions';
const responses = '/v1/responses';
const body = (more = {}) =>
  JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'hello' }], ...more });
const question = (more = {}) => JSON.stringify({ model: 'codex-5', input: 'hello', ...more });

const post = (front: RunningFront, path: string, sent: string, headers = {}) =>
  ask(front.port, path, { method: 'POST', headers: { ...withKey, ...headers }, body: sent });

/** Answered by the fake runtime with these words. */
const answered = async (front: RunningFront, path: string, sent: string, ...words: string[]) => {
  const opened = front.service.next();
  const answer = post(front, path, sent, { 'user-agent': 'test/1' });
  const response = await opened;
  front.clock.advance(40);
  response.answer(...words);
  return answer;
};

describe('P-180 an answer', () => {
  it.each([
    [chat, body(), 'chat_nonstream', true],
    [chat, body({ stream: true }), 'chat_stream', false],
    [chat, body({ stream: true, include_usage: true }), 'chat_stream', true],
    [responses, question(), 'responses_nonstream', true],
    [responses, question({ stream: true }), 'responses_stream', true],
  ])('%s %s is one record, with its tokens (P-181, C-43)', async (path, sent, mode, usageTold) => {
    const front = await start();
    await answered(front, path, sent, 'Hello ', 'world');
    expect(front.records).toHaveLength(1);
    expect(front.records[0]).toMatchObject({
      route: path,
      method: 'POST',
      mode,
      status: 200,
      outcome: 'ok',
      errorCode: null,
      streaming: sent.includes('"stream":true'),
      requestedModel: 'codex-5',
      model: 'codex-5',
      effectiveModel: 'codex-5',
      promptEst: 2,
      completionEst: 3,
      firstContentMs: 40,
      durationMs: 40,
      usageTold,
      finishReason: 'stop',
      toolCalls: 0,
      choices: 1,
      userAgent: 'test/1',
    });
  });

  it('has the counts of the provider beside the estimates, and its calls', async () => {
    const front = await start();
    const opened = front.service.next();
    const answer = post(front, chat, body());
    (await opened).write((log) => {
      log.begin();
      call(log, 'f', ['{"a":', '1}']);
      end(log, completed, usageOf(80, 6));
    });
    await answer;
    expect(front.records[0]).toMatchObject({
      usage: { inputTokens: 80, outputTokens: 6 },
      promptEst: 2,
      completionEst: 2,
      emissionTrigger: 'provider',
      finishReason: 'tool_calls',
      toolCalls: 1,
      toolCallsTruncated: 0,
      outcome: 'ok',
      outputMode: 'openai-json',
      stopAfterToolsMode: 'burst',
      sanitizer: null,
    });
  });

  it('tells that it was cut behind its calls, and that there were more', async () => {
    const front = await start();
    const opened = front.service.next();
    const answer = post(front, chat, body());
    (await opened).write((log) => {
      log.begin();
      call(log, 'f', ['{}']);
      log.end({ outcome: completed, usage: usageOf(3, 1), isEstimate: true, cut: 'tools', moreCalls: true, at: 1 });
    });
    await answer;
    expect(front.records[0]).toMatchObject({
      usage: null,
      emissionTrigger: 'tool_cutoff',
      outcome: 'tool_cutoff',
      toolCallsTruncated: 1,
    });
  });
});

describe('P-180 a request that is refused', () => {
  it.each([
    [chat, '{bad', 400, 'invalid_json', null],
    [chat, '{}', 400, 'model_required', null],
    [chat, body({ model: 'Gpt-4o' }), 404, 'model_not_found', 'Gpt-4o'],
    [responses, question({ n: 2, stream: true }), 400, 'n_unsupported', 'codex-5'],
  ])('%s %s is one record, and has cost nothing', async (path, sent, status, errorCode, requestedModel) => {
    const front = await start();
    await post(front, path, sent);
    expect(front.records).toHaveLength(1);
    expect(front.records[0]).toMatchObject({
      status,
      errorCode,
      requestedModel,
      outcome: 'error',
      promptEst: 0,
      completionEst: 0,
      usage: null,
      finishReason: null,
    });
  });

  it.each([
    [{ code: 'worker_busy' }, 429, 'worker_busy', 'error'],
    [{ code: 'idle_timeout' }, 504, 'idle_timeout', 'timeout'],
    [{ code: 'server_shutting_down' }, 503, 'server_shutting_down', 'shutdown'],
  ] as const)('by the runtime with %j', async (failure, status, errorCode, outcome) => {
    const front = await start();
    const opened = front.service.next();
    const answer = post(front, responses, question());
    (await opened).fail(failure);
    await answer;
    expect(front.records).toMatchObject([{ status, errorCode, outcome, promptEst: 0, model: 'codex-5' }]);
  });

  it('because nobody is signed in', async () => {
    const front = await start();
    front.service.state = { state: 'signedOut', offer: null };
    await post(front, chat, body());
    expect(front.records).toMatchObject([{ status: 401, errorCode: 'invalid_api_key', promptEst: 0 }]);
  });

  it('without a key, or that asks for headers only, is none', async () => {
    const front = await start();
    await ask(front.port, chat, { method: 'POST', body: body() });
    await ask(front.port, chat, { method: 'HEAD', headers: withKey });
    await ask(front.port, '/v1/models', { headers: withKey });
    expect(front.records).toEqual([]);
  });
});

describe('P-180 an answer that is not told to its end', () => {
  it('says so when it fails in the middle', async () => {
    const front = await start();
    const opened = front.service.next();
    const answer = post(front, chat, body({ stream: true }));
    const response = await opened;
    response.write((log) => {
      log.begin();
      log.append(log.openPart(log.openItem({ id: 'msg_1', kind: 'message' }), 'text'), 'Hello');
    });
    response.fail({ code: 'worker_exited' });
    await answer;
    expect(front.records).toMatchObject([
      { status: 200, errorCode: 'worker_exited', outcome: 'error', completionEst: 2, promptEst: 2, finishReason: null },
    ]);
  });

  it.each([
    [false, 'chat_nonstream'],
    [true, 'chat_stream'],
  ])('P-167 is 499 when the client leaves (stream: %s)', async (stream, mode) => {
    const front = await start();
    const opened = front.service.next();
    const connection = new RawConnection(front.port).request('POST', chat, withKey, body({ stream }));
    const response = await opened;
    connection.leave();
    await response.left;
    await new Promise(setImmediate);
    expect(front.records).toMatchObject([
      { status: 499, errorCode: 'request_aborted', outcome: 'aborted', mode, promptEst: 2, usageTold: false },
    ]);
  });
});

it('what names and agents bring is bounded and one line', async () => {
  const front = await start();
  await post(front, chat, body({ model: `x\n${'y'.repeat(9_000)}` }), { 'user-agent': 'a'.repeat(3_000) });
  const [record] = front.records;
  expect([record?.requestedModel?.length, record?.userAgent.length]).toEqual([129, 257]);
  expect(record?.requestedModel).not.toContain('\n');
});

describe('P-185 a question about usage', () => {
  it.each([
    [chat, body({ messages: [{ role: 'user', content: 'Usage today' }] })],
    [
      chat,
      body({
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: 'usage today' }],
      }),
    ],
    [responses, question({ input: 'usage today', tools: 'not looked at' })],
    [responses, question({ stream: true, input: [{ role: 'user', content: 'usage today' }] })],
  ])('%s %s is answered here', async (path, sent) => {
    const front = await start();
    front.service.state = { state: 'signedOut', offer: null };
    front.service.status = { ...front.service.status, ready: false };
    const { status, text } = await post(front, path, sent);
    expect([status, front.service.opened]).toEqual([200, []]);
    expect(text).toContain('0 requests, 0 prompt tokens, 0 completion tokens, 0 tokens in total.');
    expect(text).toContain('"total_tokens":0');
    expect(front.records).toMatchObject([
      { mode: 'usage_query', status: 200, outcome: 'ok', finishReason: 'stop', promptEst: 0, effectiveModel: null },
    ]);
  });

  it('echoes the model that was asked for, whatever it is', async () => {
    const front = await start();
    const messages = [{ role: 'user', content: 'usage yesterday' }];
    const models = await Promise.all(
      ['CODEX-5', ' gpt-99 '].map(async (model) =>
        JSON.parse((await post(front, chat, body({ model, messages }))).text),
      ),
    );
    expect(models).toMatchObject([{ model: 'codex-5' }, { model: 'gpt-99' }]);
  });

  it('P-186 is for the model when it says more, or when that is switched off', async () => {
    const front = await start();
    const more = body({ messages: [{ role: 'user', content: 'usage today please' }] });
    expect((await answered(front, chat, more, 'the model')).text).toContain('the model');
    const off = await start({ usageQueries: false });
    const plain = body({ messages: [{ role: 'user', content: 'usage today' }] });
    expect((await answered(off, chat, plain, 'the model')).text).toContain('the model');
  });
});
