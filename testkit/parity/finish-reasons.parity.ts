/** Why answers end, in both modes: aliases, flags, which report counts, and what the CLI's own ends mean. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fields, type Loose, lookupUser, type Server, serve, startServer } from './server.ts';

const shim = join(import.meta.dirname, '../proto/main.ts');

/** A legacy process says what the request tells it to. */
let legacy: Server;
beforeAll(async () => {
  legacy = await startServer({ CODEX_BIN: shim, PROXY_USE_APP_SERVER: 'false', FAKE_CODEX_PROTO: 'script' });
});
afterAll(() => legacy.gateway.kill());

const said = { type: 'agent_message', message: 'Hi' };
const done = { type: 'task_complete' };
const calls = {
  type: 'agent_message',
  message: {
    content: null,
    tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } }],
  },
};

const asked = (events: readonly object[]): Fields => ({
  messages: [{ role: 'user', content: JSON.stringify(events) }],
});
const askedBy = (events: readonly object[]): Fields => ({ input: JSON.stringify(events) });

const ofChat = async (server: Server, extra: Fields = {}): Promise<string> =>
  (await server.chat(extra)).json?.choices?.[0]?.finish_reason;
const ofStream = async (server: Server, extra: Fields = {}): Promise<string> =>
  (await server.chatFrames(extra))
    .flatMap((frame: Loose) => frame.choices ?? [])
    .find((one: Loose) => one.finish_reason)?.finish_reason;
const ofResponse = (response: Loose): string =>
  response?.status === 'completed' ? 'completed' : response?.incomplete_details?.reason;

/** Of the same answer, read in all four ways. */
const everyWay = async (events: readonly object[]): Promise<readonly string[]> => [
  await ofChat(legacy, asked(events)),
  await ofStream(legacy, asked(events)),
  ofResponse((await legacy.resp(askedBy(events))).json),
  ofResponse((await legacy.respFrames(askedBy(events))).at(-1)?.response),
];

const onResponses: Readonly<Record<string, string>> = { length: 'max_output_tokens', content_filter: 'content_filter' };
const agreed = (reason: string): readonly string[] => [
  reason,
  reason,
  ...Array.from({ length: 2 }, () => onResponses[reason] ?? 'completed'),
];

describe('in the words of a legacy process', () => {
  const aliases: readonly (readonly [reason: string, words: string])[] = [
    ['stop', 'stop completed complete finished done halt cancelled tool_call function_execution'],
    ['length', 'length max_tokens token_limit token_limit_reached max_tokens_reached truncated'],
    ['content_filter', 'content_filter filtered safety safety_filter moderation policy_filter a_content_filter'],
  ];
  test.each(aliases)('P-146 P-148 words for %s', async (reason, words) => {
    for (const word of words.split(' ')) {
      const finish = await ofChat(legacy, asked([said, { type: 'token_count', finish_reason: word }, done]));
      expect([word, finish]).toEqual([word, reason]);
    }
    const [word] = words.split(' ');
    expect(await everyWay([said, { type: 'token_count', finish_reason: word }, done])).toEqual(agreed(reason));
  });

  test.each([['tool_calls tool_call tool_completion tool_execution requires_tool'], ['function_call function_calls']])(
    'P-146 words for calls: %s',
    async (words) => {
      for (const word of words.split(' ')) {
        expect(await ofChat(legacy, asked([calls, { ...done, finish_reason: word }]))).toBe('tool_calls');
      }
    },
  );

  test('P-146 a word that nobody knows is a stop, and is logged', async () => {
    expect(await everyWay([said, { ...done, finish_reason: 'banana' }])).toEqual(agreed('stop'));
    expect(legacy.gateway.journal.filter((line) => line.includes('finish_reason_unknown'))).toHaveLength(1);
  });

  const flags = 'token_limit_reached max_tokens_reached truncated length_reached token_limit max_tokens'.split(' ');
  test('P-147 flags on the usage and on the end', async () => {
    for (const flag of flags) {
      const [count, end] = [
        { type: 'token_count', [flag]: true },
        { ...done, [flag]: true },
      ];
      expect([flag, await ofChat(legacy, asked([said, count, done]))]).toEqual([flag, 'length']);
      expect([flag, await ofChat(legacy, asked([said, end]))]).toEqual([flag, 'length']);
    }
    expect(await everyWay([said, { type: 'usage', prompt_tokens: 1, truncated: true }, done])).toEqual(
      agreed('length'),
    );
    expect(await ofChat(legacy, asked([said, { type: 'token_count', max_tokens: 4096 }, done]))).toBe('stop');
  });

  test.each([
    [
      'the usage comes before the end of the turn',
      [said, { type: 'usage', finish_reason: 'length' }, { ...done, finish_reason: 'stop' }],
      'length',
    ],
    [
      'the first of equal rank',
      [said, { type: 'token_count', finish_reason: 'stop' }, { type: 'usage', finish_reason: 'length' }, done],
      'stop',
    ],
    ['a delivered call', [calls, { ...done, finish_reason: 'stop' }], 'tool_calls'],
    ['a delivered call of an answer that was cut', [calls, { type: 'usage', truncated: true }, done], 'length'],
    [
      'a delivered call of an answer that was filtered',
      [calls, { ...done, finish_reason: 'safety' }],
      'content_filter',
    ],
    ['calls without a call', [said, { ...done, finish_reason: 'tool_calls' }], 'stop'],
  ] as const)('P-148 %s', async (_, events, reason) => {
    expect(await everyWay(events)).toEqual(agreed(reason));
  });

  test('P-148 each choice has its own', async () => {
    const events = [
      { ...calls, choice_index: 1 },
      { ...said, choice_index: 0 },
      { ...done, finish_reason: 'tool_calls' },
    ];
    const { choices } = (await legacy.chat({ n: 2, ...asked(events) })).json;
    expect(choices.map((choice: Loose) => choice.finish_reason)).toEqual(['stop', 'tool_calls']);
    const frames = await legacy.chatFrames({ n: 2, ...asked(events) });
    const ends = frames.flatMap((frame: Loose) => frame.choices ?? []).filter((one: Loose) => one.finish_reason);
    expect(Object.fromEntries(ends.map((end: Loose) => [end.index, end.finish_reason]))).toEqual({
      0: 'stop',
      1: 'tool_calls',
    });
  });
});

describe('in the words of the app-server', () => {
  const ways = async (server: Server, extra: Fields = {}): Promise<readonly unknown[]> => [
    await ofChat(server, extra),
    await ofStream(server, extra),
    ofResponse((await server.resp(responsesFields(extra))).json),
    ofResponse((await server.respFrames(responsesFields(extra))).at(-1)?.response),
  ];
  const responsesFields = ({ tools, max_tokens, ...rest }: Fields): Fields => ({
    ...rest,
    ...(tools === undefined ? {} : { tools: [{ type: 'function', ...lookupUser.function }] }),
    ...(max_tokens === undefined ? {} : { max_output_tokens: max_tokens }),
  });
  const tools = { tools: [lookupUser] };

  test.each([
    ['P-149 a completed turn', {}, {}, 'stop'],
    ['P-149 a completed turn with a call', { FAKE_CODEX_MODE: 'tool_call' }, tools, 'tool_calls'],
    ['P-147 P-149 a failed turn that is incomplete', { FAKE_CODEX_FINISH_REASON: 'length' }, {}, 'length'],
    ['P-149 a failed turn that was filtered', { FAKE_CODEX_MODE: 'content_filter' }, {}, 'content_filter'],
    [
      'P-149 a cut of the gateway behind a call',
      { FAKE_CODEX_MODE: 'multi_tool_burst' },
      { ...tools, parallel_tool_calls: false },
      'tool_calls',
    ],
    ['P-149 a limit of the gateway', {}, { max_tokens: 2 }, 'length'],
  ] as const)('%s', async (_, env, extra, reason) => {
    const server = await serve(env);
    expect(await ways(server, extra)).toEqual(agreed(reason));
  });

  test('P-149 a turn that the client has left has no answer', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'stream_hang' });
    const leaving = new AbortController();
    const response = await fetch(`${server.gateway.baseUrl}/responses`, {
      method: 'POST',
      headers: { ...server.gateway.withKey, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'codex-5', stream: true, input: 'x' }),
      signal: leaving.signal,
    });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const { value } = await reader.read();
    const id = /"id":"(resp_\w+)"/u.exec(Buffer.from(value ?? []).toString())?.[1];
    leaving.abort();
    const giveUp = Date.now() + 10_000;
    let left: Loose;
    do {
      left = (await server.get(`/v1/responses/${id}`)).json;
    } while (left?.status === 'in_progress' && Date.now() < giveUp);
    expect(left?.status ?? left?.error?.code).toMatch(/^(?:cancelled|not_found|previous_response_not_found)$/);
  });
});
