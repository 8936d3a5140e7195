/** Lines that are read without `JSON.parse` against those that are: declined, or the same is read. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNotification } from './codex-events.ts';
import { member, type Members } from './json.ts';
import { readKnownLine } from './known-lines.ts';

const ids = '"threadId":"01a22d27-0007-7000-8000-000000000001","turnId":"01a22d27-0007-7000-8000-000000000004"';
const counts =
  '{"totalTokens":14,"inputTokens":8,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":6,"reasoningOutputTokens":0}';
const message = (text: string, more = ''): string =>
  `{"type":"agentMessage","moderation":null,"id":"msg_3_0","text":${text}${more},"memoryCitation":null,"delivery":null,"questions":null,"startedAtMs":1790000000000,"completedAtMs":null}`;

/** The lines of a turn as the CLI writes them. */
const linesOf = (text: string, phase = 'null'): readonly string[] => [
  '{"id":2,"result":{"thread":{"id":"01a22d27-0007-7000-8000-000000000001","environments":[],"extra":null,"ephemeral":true,"createdAt":1790000000,"status":{"type":"idle"},"cwd":"/codex-home/cwd","turns":[]},"model":"m","approvalPolicy":"never","sandbox":{"type":"readOnly","networkAccess":false},"reasoningEffort":null}}',
  '{"id":3,"result":{}}',
  '{"id":4,"result":{"turn":{"id":"01a22d27-0007-7000-8000-000000000004","items":[],"itemsView":"notLoaded","status":"inProgress","error":null,"startedAt":null}}}',
  `{"method":"item/started","params":{"item":${message('""', `,"phase":${phase}`)},${ids},"startedAtMs":1790000000000},"emittedAtMs":1790000000000}`,
  `{"method":"item/completed","params":{"item":${message(text, `,"phase":${phase}`)},${ids},"contentTokenCount":null,"completedAtMs":1790000000000},"emittedAtMs":1790000000000}`,
  `{"method":"rawResponseItem/completed","params":{${ids},"item":{"type":"message","status":"completed","id":"msg_3_0","role":"assistant","content":[{"type":"output_text","text":${text},"annotations":[]}]${phase === 'null' ? '' : `,"phase":${phase}`},"internal_chat_message_metadata_passthrough":{"turn_id":"U","create_time":1790000000.0005,"content_item_kinds":["unknown"]}}},"emittedAtMs":1790000000000}`,
  `{"method":"rawResponse/completed","params":{${ids},"responseId":"resp_000001","usage":${counts},"usageMetadata":{"amount":null,"metadata":{"input_tokens":8,"input_tokens_details":{"cached_tokens":0}}}},"emittedAtMs":1790000000000}`,
  `{"method":"thread/tokenUsage/updated","params":{${ids},"tokenUsage":{"total":${counts},"last":${counts},"modelContextWindow":95000000}},"emittedAtMs":1790000000000}`,
  `{"method":"turn/completed","params":{"threadId":"T","turn":{"id":"U","rootTurnId":"U","items":[${message(text)}],"itemsView":"summary","status":"completed","error":null,"startedAt":1790000000,"completedAt":1790000000,"durationMs":0}},"emittedAtMs":1790000000000}`,
  '{"method":"thread/closed","params":{"threadId":"01a22d27-0007-7000-8000-000000000001"},"emittedAtMs":1790000000000}',
  '{"id":5,"result":{"status":"unsubscribed"}}',
];

/** All that anybody reads of a message. */
const readOf = (line: Members): unknown => {
  const { id, method, error, result, params } = line as Record<string, unknown>;
  const event =
    typeof method === 'string'
      ? readNotification(method, params as Members, { quota: () => undefined, signsIn: true })
      : null;
  return {
    id,
    method,
    error,
    event,
    thread: member(member(result, 'thread'), 'id'),
    turn: member(member(result, 'turn'), 'id'),
    status: member(result, 'status'),
    isAnswer: typeof result === 'object' && result !== null,
    threadId: member(params, 'threadId'),
    turnId: member(params, 'turnId') ?? member(member(params, 'turn'), 'id'),
    said: member(member(member(params, 'turn'), 'error') ?? member(params, 'error'), 'message'),
    itemType: member(member(params, 'item'), 'type'),
  };
};

/** Whether it was taken. */
const agrees = (line: string): boolean => {
  const known = readKnownLine(line);
  if (known !== null) expect(readOf(known)).toEqual(readOf(JSON.parse(line) as Members));
  return known !== null;
};

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom('', '"', '\\"}', '{"a":"b"}', '\u2028', '\n\t\u0001', '","status":"failed","error":{}'),
);

test('the lines of a turn are taken, and what is read of them is what JSON.parse reads', () => {
  fc.assert(
    fc.property(text, fc.constantFrom('null', '"final_answer"', '""'), (said, phase) => {
      for (const line of linesOf(JSON.stringify(said), phase)) expect([line, agrees(line)]).toEqual([line, true]);
    }),
  );
});

const known = linesOf('"Hi \\"you\\" \\u0007"', '"commentary"');
const pieces = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '-1',
  '1.5',
  '1e3',
  '01',
  'null',
  'true',
  '\u0000',
  'é',
  '{}',
  '[]',
  ',"id":"x"',
  ',"phase":"y"',
  ',"metadata":{"a":1}',
  ',"text":"t"',
  ',"error":{"code":1}',
  ',"error":null',
  ',"turnId":"z"',
  ',"type":"reasoning"',
  ',"thread":{"id":"q"}',
  ',"result":{}',
  ',"status":"failed"',
  ',"usage":null',
  ' ',
];

test('whatever becomes of such a line, it is declined or read alike', () => {
  const change = fc.record({
    line: fc.constantFrom(...known),
    at: fc.nat(),
    drop: fc.constantFrom(0, 0, 1, 2, 5, 20),
    put: fc.oneof(fc.constantFrom('', ...pieces), fc.json({ maxDepth: 2 }), fc.string({ maxLength: 3 })),
  });
  fc.assert(
    fc.property(change, ({ line, at, drop, put }) => {
      const from = at % (line.length + 1);
      agrees(line.slice(0, from) + put + line.slice(from + drop));
    }),
    { numRuns: 5_000 },
  );
});

test('a member more at any place, or one with another value, is declined or read alike', () => {
  for (const line of known) {
    const places = [...line.matchAll(/[,}\]]/gu)].map(({ index }) => index);
    for (const at of places) for (const put of pieces) agrees(line.slice(0, at) + put + line.slice(at));
    for (const found of line.matchAll(/:(?:null|\d+|"[^"]*")/gu)) {
      for (const put of ['null', '7', '"x"', '"a\\u0041"', '{}', '[]', '-1', '1e400', '99999999999999999999'])
        agrees(`${line.slice(0, found.index)}:${put}${line.slice(found.index + found[0].length)}`);
    }
  }
});

test('failures, and lines beyond the usual length, are for JSON.parse', () => {
  for (const line of [
    '{"method":"turn/completed","params":{"threadId":"T","turn":{"id":"U","items":[],"status":"failed","error":{"message":"no"}}}}',
    '{"id":1,"error":{"code":-32600,"message":"no"}}',
    '{"error":{"code":-32001,"message":"no"},"id":1}',
    linesOf(JSON.stringify('x'.repeat(16_384)))[4] ?? '',
  ])
    expect(readKnownLine(line)).toBeNull();
});

test('a line of many members that fails at its end is declined as quickly', () => {
  const nested = Array.from({ length: 300 }, (_, at) => `"m${at}":{"a":1,"b":["x"]}`).join(',');
  const usage = `{"method":"rawResponse/completed","params":{${ids},"responseId":"r","usage":${counts},"usageMetadata":{"metadata":{${nested}}}},"emittedAtMs":1`;
  expect([agrees(`${usage}}`), readKnownLine(usage), readKnownLine(`${usage}]`)]).toEqual([true, null, null]);
});
