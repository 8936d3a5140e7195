import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTestClient } from './client.ts';
import type { TestClient } from './client.ts';
import type { JsonObject } from './lines.ts';
import { asObject, asString } from './serde.ts';
import { byteChunks } from './shim-calls.ts';
import { createShim } from './shim-modes.ts';
import type { ShimWorld } from './shim-modes.ts';
import { readShimSettings, shimModes } from './shim-settings.ts';
import type { ShimTurns } from './shim-settings.ts';

type Env = Readonly<Record<string, string>>;

const turnsOf = (env: Env): ShimTurns => {
  const named = Object.entries(env).map(([name, value]) => [`FAKE_CODEX_${name}`, value]);
  const { turns } = readShimSettings(Object.fromEntries(named));
  if (turns === null) throw new Error('nothing about turns');
  return turns;
};
const connect = (env: Env, more: Partial<ShimWorld> = {}): TestClient => {
  let crashes = 0;
  const world: ShimWorld = {
    ready: () => undefined,
    released: () => false,
    nowMs: () => 0,
    firstCrash: () => {
      crashes += 1;
      return crashes === 1;
    },
    ...more,
  };
  const client = createTestClient({ unselected: createShim(turnsOf(env), world) });
  client.initialize();
  return client;
};
const params = (line: JsonObject): JsonObject => asObject(line['params']);
const deltas = (lines: readonly JsonObject[]): string[] =>
  lines.filter((line) => line['method'] === 'item/agentMessage/delta').map((line) => asString(params(line)['delta']));
const calls = (lines: readonly JsonObject[]): string[] =>
  lines
    .map((line) => asObject(params(line)['item']))
    .filter((item) => item['type'] === 'function_call')
    .map((item) => `${asString(item['name'])} ${asString(item['arguments'])}`);
const counted = (lines: readonly JsonObject[], method: string): unknown[] =>
  lines.filter((line) => line['method'] === method).map((line) => params(line));
const end = (lines: readonly JsonObject[]): string => {
  const turn = asObject(params(lines.findLast((line) => line['method'] === 'turn/completed') ?? {})['turn']);
  return [asString(turn['status']), asString(asObject(turn['error'])['message'])].join(' ').trim();
};
/** A turn of which the first sampling matters: the calls are never answered. */
const first = (client: TestClient): readonly JsonObject[] => {
  const threadId = client.thread('hi', {
    dynamicTools: ['lookup_user', 'send_email'].map((name) => ({
      type: 'function',
      name,
      description: '',
      inputSchema: { type: 'object' },
    })),
  });
  client.send('turn/start', { threadId, input: [] });
  client.clock.drain();
  return client.about(threadId);
};
const lookup = 'lookup_user {"id":"42"}';
const block = '<use_tool>\n  <name>lookup_user</name>\n  <id>ユーザー-12345</id>\n</use_tool>';

describe('what each mode says, calls and ends with', () => {
  const length = 'failed Incomplete response returned, reason: max_output_tokens';
  const filter = 'failed stream disconnected before completion: Incomplete response returned, reason: content_filter';
  test.each<readonly [Env, string, readonly string[], string]>([
    [{ FINISH_REASON: 'stop' }, 'Hello from fake-codex.', [], 'completed'],
    [{ FINISH_REASON: 'length' }, 'Hello from fake-codex.', [], length],
    [{ MODE: 'tool_call' }, '', [lookup], ''],
    [{ MODE: 'function_call' }, '', [lookup], ''],
    [{ MODE: 'tool_call', TOOL_ARGUMENT: '{"q":"é"}' }, '', ['lookup_user {"q":"é"}'], ''],
    [{ MODE: 'multi_tool_burst', TOOL_BURST_COUNT: '3' }, '', [lookup, 'send_email {"id":"42"}', lookup], ''],
    [{ MODE: 'function_then_tool' }, '', [lookup, 'send_email {"id":"42"}'], ''],
    [{ MODE: 'multi_choice_tool' }, '', ['lookup_user {"id":"42","choice":0}'], ''],
    [{ MODE: 'multi_choice_tool_call' }, '', [lookup], ''],
    [{ MODE: 'multi_choice_tool_call', TOOL_CALL_CHOICES: '1' }, 'Choice 0', [], 'completed'],
    [{ MODE: 'tool_call', PARALLEL: 'false', TOOL_CALL_COUNT: '3' }, '', [lookup], ''],
    [{ MODE: 'textual_tool' }, block, [], 'completed'],
    [{ MODE: 'textual_tool_tail' }, `${block} AFTER_TOOL_TEXT`, [], 'completed'],
    [{ MODE: 'textual_tool', TRUNCATE_TOOL_XML: '1' }, block.slice(0, -7), [], 'completed'],
    [{ MODE: 'content_filter' }, '', [], filter],
    [{ MODE: 'truncation' }, 'Hello (truncated) from fake-codex.', [], length],
    [{ MODE: 'token_count_only' }, 'Token-count only stream response.', [], 'completed'],
    [{ MODE: 'provider_usage' }, 'Hello from fake-codex.', [], 'completed'],
    [{ MODE: 'stream_hang' }, 'Hello (pre-hang)', [], 'completed'],
    [{ MODE: 'long_stream', STREAM_TICKS: '3' }, 'tick-0 tick-1 tick-2 ', [], 'completed'],
    [{ MODE: 'error' }, '', [], ''],
    [{ JSONRPC_HANG: 'message' }, '', [], ''],
  ])('P-262 %j', (env, text, called, ended) => {
    const lines = first(connect(env));
    expect([deltas(lines).join(''), calls(lines), end(lines)]).toEqual([text, called, ended]);
  });

  test.each(shimModes)('P-262 %s plays', (mode) => {
    expect(first(connect({ MODE: mode })).length).toBeGreaterThan(0);
  });
});

test('P-262 the greeting costs 8 and 6', () => {
  const [told] = counted(first(connect({ METADATA: '0', FINISH_REASON: 'stop' })), 'rawResponse/completed');
  expect(asObject(asObject(told)['usage'])).toMatchObject({ inputTokens: 8, outputTokens: 6, totalTokens: 14 });
});

test('P-262 token_count_only counts 8 and 9, provider_usage in the answer alone', () => {
  const thread = first(connect({ MODE: 'token_count_only' }));
  expect(counted(thread, 'thread/tokenUsage/updated')).toMatchObject([
    { tokenUsage: { total: { inputTokens: 8, outputTokens: 9 } } },
  ]);
  const answer = first(connect({ MODE: 'provider_usage' }));
  expect(counted(answer, 'rawResponse/completed')).toMatchObject([{ usage: { inputTokens: 8, outputTokens: 6 } }]);
  expect(counted(answer, 'thread/tokenUsage/updated')).toEqual([]);
});

test('P-262 choices are counted over turns with the same input', () => {
  const client = connect({ MODE: 'multi_choice_tool_call', CHOICE_COUNT: '3', TOOL_CALL_CHOICES: '1' });
  const said = [1, 2, 3, 4].map(() => {
    const lines = first(client);
    return [...deltas(lines), ...calls(lines)];
  });
  expect(said).toEqual([['Choice 0'], [lookup], ['Choice 2'], ['Choice 0']]);
});

test('P-262 the outputs of the calls are answered in text', () => {
  const client = connect({ MODE: 'tool_call' });
  const threadId = client.thread('hi');
  const output = { type: 'function_call_output', call_id: 'c', output: 'ok' };
  const asked = { type: 'function_call', call_id: 'c', name: 'lookup_user', arguments: '{}' };
  client.ask('thread/inject_items', { threadId, items: [asked, output] });
  client.send('turn/start', { threadId, input: [] });
  client.clock.drain();
  expect(deltas(client.about(threadId)).join('')).toBe('Hello from fake-codex.');
});

test('P-262 ids of calls differ from thread to thread', () => {
  const client = connect({ MODE: 'tool_call' });
  const ids = [first(client), first(client)].flatMap((lines) =>
    lines.flatMap((line) => asString(asObject(params(line)['item'])['call_id']) || []),
  );
  expect(new Set(ids).size).toBe(2);
});

test('P-262 a marker in the input comes before the mode', () => {
  expect(deltas(connect({ MODE: 'error' }).play('[[sc:text text=marked]]')).join('')).toBe('marked');
});

test('P-262 the message of an error is the answer to its request', () => {
  const client = connect({ MODE: 'error' });
  const threadId = client.thread('hi');
  expect(client.ask('turn/start', { threadId, input: [] })?.['error']).toEqual({
    code: -32603,
    message: 'synthetic worker error',
  });
});

test('P-262 the request that hangs is never answered, and its turn can be interrupted', () => {
  const client = connect({ JSONRPC_HANG: 'message' });
  const threadId = client.thread('hi');
  expect(client.ask('turn/start', { threadId, input: [] })).toBeUndefined();
  expect(client.ask('turn/interrupt', { threadId, turnId: '' })?.['result']).toEqual({});
});

describe('exits', () => {
  test.each<readonly [Env, number]>([
    [{ MODE: 'crash' }, 1],
    [{ MODE: 'tool_call', ERROR_AFTER_FIRST_TOOL: 'true' }, 1],
    [{ MODE: 'textual_tool', ABORT_AFTER_TOOL_XML: '1', WORKER_EXIT_CODE: '7' }, 7],
  ])('P-262 %j', (env, code) => {
    const client = connect(env);
    first(client);
    expect(client.exits).toEqual([[code, null]]);
  });
  test('P-262 a home crashes once', () => {
    const client = connect({ MODE: 'crash' }, { firstCrash: () => false });
    expect([deltas(first(client)).join(''), client.exits]).toEqual(['Hello from fake-codex.', []]);
  });
  test('P-262 an initialize that ends the process', () => {
    const client = createTestClient({ rules: [{ method: 'initialize', times: 1, act: { exit: 1 } }] });
    client.initialize();
    expect(client.exits).toEqual([[1, null]]);
  });
});

describe('streams', () => {
  test('P-262 say that they are ready with the first delta, and stop at their last tick', () => {
    const saidAt: number[] = [];
    const client = connect(
      { MODE: 'long_stream', STREAM_TICKS: '3' },
      { ready: () => saidAt.push(client.lines.filter((line) => line.includes('tick-')).length) },
    );
    expect(deltas(first(client)).length).toBe(3);
    expect(saidAt).toEqual([1]);
  });
  test('P-262 a released stream ends before its ticks', () => {
    const held = { ...turnsOf({ MODE: 'long_stream' }), held: true };
    let asked = 0;
    const world: ShimWorld = {
      ready: () => undefined,
      nowMs: () => 5,
      firstCrash: () => true,
      released: (since) => since === 5 && (asked += 1) >= 3,
    };
    const client = createTestClient({ unselected: createShim(held, world) });
    client.initialize();
    expect(deltas(first(client))).toEqual(['tick-0 ', 'tick-1 ', 'tick-2 ']);
  });
});

describe('metadata', () => {
  test('P-262 is said in the text and named by the item', () => {
    const lines = first(connect({ METADATA: 'extra' }));
    expect(deltas(lines).join('')).toBe(
      'Hello from fake-codex.\nrollout_path: /app/.codex-api/sessions/fake-rollout\nsession_id: fake-session-123\nbuild_id: fake-build',
    );
    const named = lines.map((line) => asObject(asObject(params(line)['item'])['metadata'])['build_id']);
    expect(named.filter((value) => value === 'fake-build').length).toBe(2);
  });
});

test('P-262 structured calls are written as text, too, when asked to', () => {
  const lines = first(connect({ MODE: 'tool_call', EMIT_TEXTUAL_XML: '1' }));
  const xml = '<use_tool>\n  <name>lookup_user</name>\n  <id>42</id>\n</use_tool>';
  expect([calls(lines), deltas(lines)]).toEqual([[lookup], [xml]]);
});

test('an answer that skips its finish never ends', () => {
  expect(end(first(connect({ MODE: 'tool_call', SKIP_FINISH_ON_DISCONNECT: 'true' })))).toBe('');
});

test('chunks of bytes add up, and only a single character is ever longer', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 12 }), (text, bytesMax) => {
      const chunks = byteChunks(text, bytesMax);
      expect(chunks.join('')).toBe(text);
      for (const chunk of chunks)
        expect(Buffer.byteLength(chunk) <= bytesMax || Array.from(chunk).length === 1).toBe(true);
    }),
  );
});
