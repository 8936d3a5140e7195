import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTestClient } from './client.ts';
import type { TestClient } from './client.ts';
import type { JsonObject } from './lines.ts';
import { asObject, asString } from './serde.ts';

const tools = [
  {
    type: 'function',
    name: 'get_weather',
    description: 'w',
    inputSchema: { type: 'object', properties: { city: { type: 'string' } } },
  },
];
const connect = (options: Parameters<typeof createTestClient>[0] = {}): TestClient => {
  const client = createTestClient(options);
  client.initialize();
  return client;
};
const methods = (lines: readonly JsonObject[]): unknown[] => lines.map((line) => line['method']);
const params = (line: JsonObject | undefined): JsonObject => asObject(line?.['params']);
const textOf = (lines: readonly JsonObject[]): string =>
  lines
    .filter((line) => line['method'] === 'item/agentMessage/delta')
    .map((line) => asString(params(line)['delta']))
    .join('');

describe('a text turn', () => {
  test('is, line by line, what the real binary writes', () => {
    const client = connect();
    const lines = client.play('hi');
    const [thread, turn] = [asString(params(lines[1])['threadId']), asString(params(lines[1])['turnId'])];
    const golden = client.lines.slice(-14).map((line) =>
      line
        .replaceAll(thread, 'T1')
        .replaceAll(turn, 'U1')
        .replaceAll(/17900000000\d\d/g, 't'),
    );
    expect(golden).toEqual([
      '{"id":4,"result":{"turn":{"id":"U1","rootTurnId":"U1","items":[],"itemsView":"notLoaded","status":"inProgress","error":null,"startedAt":null,"completedAt":null,"durationMs":null}}}',
      '{"method":"item/started","params":{"item":{"type":"agentMessage","moderation":null,"id":"msg_1_0","text":"","phase":null,"memoryCitation":null,"delivery":null,"questions":null,"startedAtMs":t,"completedAtMs":null},"threadId":"T1","turnId":"U1","startedAtMs":t},"emittedAtMs":t}',
      ...['Hello ', 'from ', 'fake-codex', '.'].map(
        (delta) =>
          `{"method":"item/agentMessage/delta","params":{"threadId":"T1","turnId":"U1","itemId":"msg_1_0","delta":"${delta}"},"emittedAtMs":t}`,
      ),
      '{"method":"item/completed","params":{"item":{"type":"agentMessage","moderation":null,"id":"msg_1_0","text":"Hello from fake-codex.","phase":null,"memoryCitation":null,"delivery":null,"questions":null,"startedAtMs":t,"completedAtMs":t},"threadId":"T1","turnId":"U1","contentTokenCount":null,"completedAtMs":t},"emittedAtMs":t}',
      '{"method":"rawResponseItem/completed","params":{"threadId":"T1","turnId":"U1","item":{"type":"message","status":"completed","id":"msg_1_0","role":"assistant","content":[{"type":"output_text","text":"Hello from fake-codex.","annotations":[]}],"internal_chat_message_metadata_passthrough":{"turn_id":"U1","content_item_kinds":["unknown"]}}},"emittedAtMs":t}',
      '{"method":"rawResponse/completed","params":{"threadId":"T1","turnId":"U1","responseId":"resp_000001","usage":{"totalTokens":14,"inputTokens":8,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":6,"reasoningOutputTokens":0},"usageMetadata":{"amount":null,"metadata":{"input_tokens":8,"input_tokens_details":{"cached_tokens":0},"output_tokens":6,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":14}}},"emittedAtMs":t}',
      '{"method":"thread/tokenUsage/updated","params":{"threadId":"T1","turnId":"U1","tokenUsage":{"total":{"totalTokens":14,"inputTokens":8,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":6,"reasoningOutputTokens":0},"last":{"totalTokens":14,"inputTokens":8,"cachedInputTokens":0,"cacheWriteInputTokens":0,"outputTokens":6,"reasoningOutputTokens":0},"modelContextWindow":95000000}},"emittedAtMs":t}',
      '{"method":"account/rateLimits/updated","params":{"rateLimits":{"limitId":"codex","limitName":null,"normalModelSlug":null,"primary":null,"secondary":null,"credits":null,"individualLimit":null,"spendControlReached":null,"planType":null,"rateLimitReachedType":null}},"emittedAtMs":t}',
      '{"method":"turn/completed","params":{"threadId":"T1","turn":{"id":"U1","rootTurnId":"U1","items":[{"type":"agentMessage","moderation":null,"id":"msg_1_0","text":"Hello from fake-codex.","phase":null,"memoryCitation":null,"delivery":null,"questions":null,"startedAtMs":t,"completedAtMs":t}],"itemsView":"summary","status":"completed","error":null,"startedAt":1790000000,"completedAt":1790000000,"durationMs":0}},"emittedAtMs":t}',
      '{"id":5,"result":{"status":"unsubscribed"}}',
      '{"method":"thread/closed","params":{"threadId":"T1"},"emittedAtMs":t}',
    ]);
  });

  test('echoes every injected item under a counted turn id', () => {
    const client = connect();
    const threadId = client.thread('one');
    const items = [
      { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}', junk: 1 },
      { type: 'from_the_future' },
    ];
    client.ask('thread/inject_items', { threadId, items });
    const echoes = client
      .about(threadId)
      .filter((line) => asString(params(line)['turnId']).startsWith('auto-compact-'));
    expect(echoes.map((line) => params(line)['turnId'])).toEqual([
      'auto-compact-0',
      'auto-compact-1',
      'auto-compact-1',
    ]);
    expect(Object.keys(asObject(params(echoes[1])['item']))).toEqual([
      'type',
      'id',
      'name',
      'arguments',
      'call_id',
      'internal_chat_message_metadata_passthrough',
    ]);
    expect(params(echoes[2])['item']).toEqual({ type: 'other' });
  });
});

describe('an interrupt', () => {
  const running = (client: TestClient): { readonly threadId: string; readonly turnId: string } => {
    const threadId = client.thread('[[sc:hangmid]]');
    const started = client.ask('turn/start', { threadId, input: [] });
    return { threadId, turnId: asString(asObject(asObject(started?.['result'])['turn'])['id']) };
  };

  test('ends the turn after its answer, and a second one finds none', () => {
    const client = connect();
    const ids = running(client);
    client.clock.advance(100);
    const id = client.send('turn/interrupt', ids);
    client.clock.drain();
    const answered = client.lines.findIndex((line) => line === `{"id":${id},"result":{}}`);
    expect(client.lines[answered + 1]).toContain('"status":"interrupted"');
    expect(asObject(client.ask('turn/interrupt', ids)?.['error'])['message']).toBe('no active turn to interrupt');
  });
  test('in one breath with unsubscribe leaves only thread/closed', () => {
    const client = connect();
    const ids = running(client);
    const before = client.lines.length;
    client.send('turn/interrupt', ids);
    client.send('thread/unsubscribe', { threadId: ids.threadId });
    client.clock.drain();
    expect(client.lines.slice(before).map((line) => asString(asObject(JSON.parse(line))['method']))).toEqual([
      '',
      '',
      'thread/closed',
    ]);
  });
  test('with an empty turn id takes whatever turn runs; a wrong id is refused', () => {
    const client = connect();
    const { threadId, turnId } = running(client);
    const wrong = '00000000-0000-7000-8000-000000000000';
    expect(asObject(client.ask('turn/interrupt', { threadId, turnId: wrong })?.['error'])['message']).toBe(
      `expected active turn id ${wrong} but found ${turnId}`,
    );
    expect(client.ask('turn/interrupt', { threadId, turnId: '' })?.['result']).toEqual({});
  });
});

describe('tool calls', () => {
  const answer = (client: TestClient, threadId: string, text: string): void => {
    for (const call of client.about(threadId).filter((line) => line['method'] === 'item/tool/call'))
      client.server.receive(
        JSON.stringify({ id: call['id'], result: { contentItems: [{ type: 'inputText', text }], success: true } }),
      );
  };
  test('are asked for, and their answers lead to a second sampling in the same turn', () => {
    const client = connect();
    const threadId = client.thread('[[sc:tool calls=2]]', { dynamicTools: tools });
    client.send('turn/start', { threadId, input: [] });
    client.clock.drain();
    answer(client, threadId, '20C');
    client.clock.drain();
    const lines = client.about(threadId);
    expect(methods(lines).filter((method) => method === 'rawResponse/completed').length).toBe(2);
    const outputs = lines
      .map((line) => asObject(params(line)['item']))
      .filter((item) => item['type'] === 'function_call_output');
    expect(outputs.map((item) => item['call_id'])).toEqual(['call_1_0', 'call_1_1']);
    expect(methods(lines).at(-1)).toBe('turn/completed');
  });
  test('to an unknown tool are answered by the CLI itself', () => {
    const lines = connect().play('[[sc:tool name=nope args={}]]', { dynamicTools: tools });
    expect(methods(lines)).not.toContain('item/tool/call');
    expect(JSON.stringify(lines)).toContain('unsupported call: nope');
  });
  test('that are pending keep an unsubscribed thread loaded', () => {
    const client = connect();
    const threadId = client.thread('[[sc:tool]]', { dynamicTools: tools });
    client.send('turn/start', { threadId, input: [] });
    client.clock.drain();
    client.send('thread/unsubscribe', { threadId });
    client.clock.drain();
    expect(methods(client.about(threadId))).not.toContain('thread/closed');
    client.send('turn/interrupt', { threadId, turnId: '' });
    client.clock.drain();
    expect(methods(client.about(threadId)).at(-1)).toBe('thread/closed');
  });
});

test('two threads at once each get exactly their own text, in order', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((value) => value.replaceAll(/[[\]]/g, ''));
  fc.assert(
    fc.property(text, text, fc.integer({ min: 1, max: 9 }), fc.integer(), (left, right, n, seed) => {
      const client = connect({ seed, reorder: true });
      const ids = [left, right].map((value, index) =>
        client.thread(`[[sc:text text=${JSON.stringify(value || '.')} n=${n} delay=${index + 1}]]`),
      );
      for (const threadId of ids) client.send('turn/start', { threadId, input: [] });
      client.clock.drain();
      expect(ids.map((threadId) => textOf(client.about(threadId)))).toEqual([left || '.', right || '.']);
    }),
    { numRuns: 50 },
  );
});
