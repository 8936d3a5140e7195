import { describe, expect, test } from 'vitest';
import { isEcho, readNotification } from './codex-events.ts';
import type { Members } from './json.ts';

const read = (line: string) => {
  const { method, params } = JSON.parse(line) as { method: string; params: Members };
  return readNotification(method, params, { quota: () => undefined, signsIn: true });
};
const item = (method: string, body: string): string =>
  `{"method":"${method}","params":{"item":${body},"threadId":"T1","turnId":"U1"},"emittedAtMs":1790000000000}`;
const raw = (body: string): string =>
  `{"method":"rawResponseItem/completed","params":{"threadId":"T1","turnId":"U1","item":${body}},"emittedAtMs":1790000000000}`;
const counts =
  '"totalTokens":104,"inputTokens":100,"cachedInputTokens":7,"cacheWriteInputTokens":2,"outputTokens":4,"reasoningOutputTokens":3';
const usage = {
  totalTokens: 104,
  inputTokens: 100,
  cachedInputTokens: 7,
  cacheWriteInputTokens: 2,
  outputTokens: 4,
  reasoningOutputTokens: 3,
};
const turnEnd = (turn: string): string =>
  `{"method":"turn/completed","params":{"threadId":"T1","turn":{"id":"U1","items":[],${turn}}}}`;

describe('lines of the CLI', () => {
  test.for([
    [
      item('item/started', '{"type":"agentMessage","moderation":null,"id":"msg_1_0","text":"","phase":null}'),
      { type: 'item.opened', item: 'msg_1_0', kind: 'message' },
    ],
    [
      item('item/started', '{"type":"agentMessage","id":"msg_1_0","text":"","phase":"commentary"}'),
      { type: 'item.opened', item: 'msg_1_0', kind: 'message', phase: 'commentary' },
    ],
    [
      item('item/started', '{"type":"reasoning","id":"rs_2_0","summary":[],"content":[]}'),
      { type: 'item.opened', item: 'rs_2_0', kind: 'reasoning' },
    ],
    [item('item/started', '{"type":"dynamicToolCall","id":"call_3_1","tool":"get_weather","arguments":{}}'), null],
    [
      '{"method":"item/agentMessage/delta","params":{"threadId":"T1","turnId":"U1","itemId":"msg_1_0","delta":"Hello"},"emittedAtMs":1}',
      { type: 'text.delta', item: 'msg_1_0', delta: 'Hello' },
    ],
    [
      '{"method":"item/reasoning/summaryPartAdded","params":{"threadId":"T1","turnId":"U1","itemId":"rs_2_0","summaryIndex":0}}',
      { type: 'summary.opened', item: 'rs_2_0', index: 0 },
    ],
    [
      '{"method":"item/reasoning/summaryTextDelta","params":{"threadId":"T1","turnId":"U1","itemId":"rs_2_0","delta":"**G**","summaryIndex":1}}',
      { type: 'summary.delta', item: 'rs_2_0', index: 1, delta: '**G**' },
    ],
    [
      '{"method":"item/reasoning/textDelta","params":{"threadId":"T1","turnId":"U1","itemId":"rs","delta":"x","contentIndex":0}}',
      { type: 'thought.observed' },
    ],
    [
      item('item/completed', '{"type":"agentMessage","id":"msg_1_0","text":"Hello, world.","phase":null}'),
      { type: 'item.closed', item: 'msg_1_0', kind: 'message', text: 'Hello, world.' },
    ],
    [
      item('item/completed', '{"type":"reasoning","id":"rs_2_0","summary":["A","B"],"content":[]}'),
      { type: 'item.closed', item: 'rs_2_0', kind: 'reasoning', text: 'A\n\nB' },
    ],
    [
      raw(
        '{"type":"message","status":"completed","id":"msg_1_0","role":"assistant","content":[{"type":"output_text","text":"Hi","annotations":[{"type":"url_citation","url":"u"}]}],"internal_chat_message_metadata_passthrough":{}}',
      ),
      { type: 'item.final', item: 'msg_1_0', kind: 'message', annotations: [{ type: 'url_citation', url: 'u' }] },
    ],
    [
      raw('{"type":"reasoning","id":"rs_2_0","summary":[],"content":null,"encrypted_content":"ENC"}'),
      { type: 'item.final', item: 'rs_2_0', kind: 'reasoning', annotations: [], encrypted: 'ENC' },
    ],
    [
      raw(
        '{"type":"function_call","status":"completed","id":"fc_3_0","name":"get_weather","arguments":"{\\"city\\": \\"Paris\\"}","call_id":"call_3_0"}',
      ),
      {
        type: 'call.requested',
        item: 'fc_3_0',
        kind: 'function_call',
        callId: 'call_3_0',
        name: 'get_weather',
        arguments: '{"city": "Paris"}',
      },
    ],
    [
      raw('{"type":"custom_tool_call","id":"ct_1","call_id":"call_1","name":"patch","input":"*** Begin"}'),
      {
        type: 'call.requested',
        item: 'ct_1',
        kind: 'custom_tool_call',
        callId: 'call_1',
        name: 'patch',
        arguments: '*** Begin',
      },
    ],
    [
      raw('{"type":"message","id":"msg_g1","role":"user","content":[{"type":"input_text","text":"<turn_aborted>"}]}'),
      null,
    ],
    [raw('{"type":"message","id":"msg_g1","role":"developer","content":[]}'), null],
    [raw('{"type":"function_call_output","id":"fco_g1","call_id":"call_4_0","output":"20C"}'), null],
    [raw('{"type":"web_search_call","id":"ws_1","action":{}}'), null],
    [raw('{"type":"other"}'), null],
    [
      `{"method":"rawResponse/completed","params":{"threadId":"T1","turnId":"U1","responseId":"resp_1","usage":{${counts}},"usageMetadata":null}}`,
      { type: 'sampling.completed', usage, sampling: 'resp_1' },
    ],
    [
      '{"method":"rawResponse/completed","params":{"threadId":"T1","turnId":"U1","responseId":"r","usage":null}}',
      { type: 'sampling.completed', usage: null, sampling: 'r' },
    ],
    [
      `{"method":"thread/tokenUsage/updated","params":{"threadId":"T1","turnId":"U1","tokenUsage":{"total":{${counts}},"last":{}}}}`,
      { type: 'usage.observed', total: usage },
    ],
    [
      '{"method":"error","params":{"error":{"message":"Reconnecting... 1/5","codexErrorInfo":{"responseStreamDisconnected":{"httpStatusCode":null}}},"willRetry":true,"threadId":"T1","turnId":"U1"}}',
      { type: 'upstream.retried' },
    ],
    [
      '{"method":"error","params":{"error":{"message":"x","codexErrorInfo":"serverOverloaded"},"willRetry":false,"threadId":"T1","turnId":"U1"}}',
      { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'server_is_overloaded', message: 'x' } } },
    ],
    [
      '{"method":"model/rerouted","params":{"threadId":"T1","turnId":"U1","fromModel":"a","toModel":"b","reason":"other"}}',
      { type: 'model.rerouted', model: 'b' },
    ],
    [turnEnd('"status":"completed","error":null'), { type: 'turn.ended', outcome: { type: 'completed' } }],
    [
      turnEnd(
        '"status":"failed","error":{"message":"Incomplete response returned, reason: max_output_tokens","codexErrorInfo":"other"}',
      ),
      { type: 'turn.ended', outcome: { type: 'incomplete', reason: 'max_output_tokens' } },
    ],
    [
      turnEnd('"status":"interrupted","error":null'),
      { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } },
    ],
    [
      turnEnd('"status":"strange"'),
      { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } },
    ],
    [
      '{"method":"turn/completed","params":{"threadId":"T1"}}',
      { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } },
    ],
    ['{"method":"turn/started","params":{"threadId":"T1","turn":{"id":"U1"}}}', null],
    ['{"method":"something/new","params":{"threadId":"T1"}}', undefined],
  ] as const)('%s', ([line, event]) => {
    expect(read(line)).toEqual(event);
  });

  test.for(['null', '7', '{"text":"x"}', '[]'])('a delta of %s is invalid, an empty one says nothing', (delta) => {
    expect(read(`{"method":"item/agentMessage/delta","params":{"threadId":"T1","itemId":"m","delta":${delta}}}`)).toBe(
      'invalid',
    );
    expect(read('{"method":"item/agentMessage/delta","params":{"threadId":"T1","itemId":"m","delta":""}}')).toBeNull();
    expect(read('{"method":"item/agentMessage/delta","params":{"threadId":"T1","itemId":"m"}}')).toBe('invalid');
  });

  test('a raw item that is nested too deeply is invalid', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const content = `[{"type":"output_text","annotations":[{"a":${deep}}]}]`;
    expect(read(raw(`{"type":"message","role":"assistant","content":${content}}`))).toBe('invalid');
  });

  test('a call without its exact arguments is invalid', () => {
    expect(read(raw('{"type":"function_call","name":"f","arguments":{},"call_id":"c"}'))).toBe('invalid');
  });
});

test('an echo is known by its beginning', () => {
  const echo = raw('{"type":"message","role":"assistant"}').replace('"turnId":"U1"', '"turnId":"auto-compact-12"');
  expect(isEcho(echo)).toBe(true);
  expect(isEcho(echo.slice(0, 130))).toBe(true);
  expect(isEcho(raw('{"type":"message","role":"assistant","text":"\\",\\"turnId\\":\\"auto-compact-0"}'))).toBe(false);
  expect(isEcho('{"method":"turn/completed"}')).toBe(false);
});
