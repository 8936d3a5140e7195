import { describe, expect, test } from 'vitest';
import { createTestClient } from './client.ts';
import type { Json, JsonObject } from './lines.ts';

const none = '00000000-0000-7000-8000-000000000000';
const user = (text: string): JsonObject => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] });
const part = (piece: JsonObject): JsonObject => ({ type: 'message', role: 'user', content: [piece] });

const complaint = (answer: JsonObject | undefined): unknown =>
  (answer?.['error'] as JsonObject | undefined)?.['message'];

describe('refused requests, in the words of 0.169.0', () => {
  const badUuid =
    'invalid thread id: invalid character: expected an optional prefix of `urn:uuid:` followed by [0-9a-fA-F-], found `z` at 1';
  test.each<[string, Json | undefined, string]>([
    ['foo/bar', {}, 'Invalid request: unknown variant `foo/bar`, expected one of `initialize`, '],
    ['thread/start', undefined, 'Invalid request: missing field `params`'],
    ['thread/start', { ephemeral: 'x' }, 'Invalid request: invalid type: string "x", expected a boolean'],
    ['thread/start', { model: 3 }, 'Invalid request: invalid type: integer `3`, expected a string'],
    ['thread/start', { sandbox: 'q' }, 'Invalid request: unknown variant `q`, expected one of `read-only`, '],
    ['thread/start', { config: { zzz: 1 } }, 'failed to load configuration: unknown configuration field `zzz`'],
    ['thread/inject_items', {}, 'Invalid request: missing field `threadId`'],
    ['thread/inject_items', { threadId: none }, 'Invalid request: missing field `items`'],
    ['thread/inject_items', { threadId: none, items: [] }, `thread not found: ${none}`],
    ['thread/inject_items', { threadId: 'zzz', items: [user('x')] }, badUuid],
    ['turn/start', { threadId: none }, 'Invalid request: missing field `input`'],
    ['turn/start', { threadId: none, input: [] }, `thread not found: ${none}`],
    [
      'turn/start',
      { threadId: none, input: [], summary: 'z' },
      'Invalid request: unknown variant `z`, expected one of `auto`',
    ],
    ['turn/interrupt', { threadId: none }, 'Invalid request: missing field `turnId`'],
    ['turn/interrupt', { threadId: none, turnId: '' }, `thread not found: ${none}`],
    ['thread/unsubscribe', { threadId: 'zzz' }, badUuid],
    ['model/list', { cursor: 'zzz' }, 'invalid cursor: zzz'],
    ['account/login/cancel', { loginId: 'zzz' }, 'invalid login id: zzz'],
    ['account/login/start', { type: 'zz' }, 'Invalid request: unknown variant `zz`, expected one of `apiKey`, '],
    ['initialize', { clientInfo: { name: 'x', version: '1' } }, 'Already initialized'],
  ])('%s %j', (method, params, message) => {
    const client = createTestClient();
    client.initialize();
    expect(String(complaint(client.ask(method, params))).startsWith(message)).toBe(true);
  });

  test('an input of more than a million characters', () => {
    const client = createTestClient();
    client.initialize();
    const input = [{ type: 'text', text: 'x'.repeat(1_048_577) }];
    const answer = client.ask('turn/start', { threadId: client.thread('hi'), input });
    expect(answer?.['error']).toMatchObject({
      code: -32602,
      message: 'Input exceeds the maximum length of 1048576 characters.',
    });
  });

  test.each<[Json[], string]>([
    [[], 'items must not be empty'],
    [
      [3],
      'items[0] is not a valid response item: invalid type: integer `3`, expected internally tagged enum ResponseItem',
    ],
    [[{}], 'items[0] is not a valid response item: missing field `type`'],
    [[{ type: 'message' }], 'items[0] is not a valid response item: missing field `role`'],
    [[user('a'), { type: 'message', role: 'user' }], 'items[1] is not a valid response item: missing field `content`'],
    [
      [{ type: 'message', role: 'user', content: 'x' }],
      'items[0] is not a valid response item: invalid type: string "x", expected a sequence',
    ],
    [
      [part({ type: 'text', text: 'x' })],
      'items[0] is not a valid response item: unknown variant `text`, expected one of `input_text`, `input_image`, `input_audio`, `output_text`',
    ],
    [
      [part({ type: 'input_image' })],
      'items[0] is not a valid response item: data did not match any variant of untagged enum ImageReference',
    ],
    [
      [part({ type: 'input_image', image_url: 'https://example.com/a' })],
      'remote image URLs are not supported; use an inline data URL instead',
    ],
    [[{ type: 'reasoning' }], 'items[0] is not a valid response item: missing field `summary`'],
    [
      [{ type: 'function_call', name: 'x', call_id: 'y' }],
      'items[0] is not a valid response item: missing field `arguments`',
    ],
    [
      [{ type: 'function_call_output', call_id: 'y', output: 3 }],
      'items[0] is not a valid response item: data did not match any variant of untagged enum FunctionCallOutputBody',
    ],
  ])('items %j', (items, message) => {
    const client = createTestClient();
    client.initialize();
    const threadId = client.thread('hi');
    expect(complaint(client.ask('thread/inject_items', { threadId, items }))).toBe(message);
  });

  const tool = (more: JsonObject): JsonObject => ({
    type: 'function',
    name: 'a',
    description: 'd',
    inputSchema: {},
    ...more,
  });
  test.each<[JsonObject[], string]>([
    [[tool({ name: 'bad name' })], 'dynamic tool name must match ^[a-zA-Z0-9_-]+$ to match Responses API: bad name'],
    [[tool({ name: '' })], 'dynamic tool name must not be empty'],
    [[tool({ name: 'mcp__x' })], 'dynamic tool name is reserved: mcp__x'],
    [[tool({}), tool({})], 'duplicate dynamic tool name: a'],
    [
      [tool({ inputSchema: null })],
      'dynamic tool input schema is not supported for a: invalid type: null, expected struct JsonSchema',
    ],
    [[tool({ deferLoading: true })], 'deferred dynamic tool must include a namespace: a'],
    [
      [{ type: 'custom', name: 'a', description: 'd' }],
      'Invalid request: unknown variant `custom`, expected `function` or `namespace`',
    ],
    [[{ type: 'function', name: 'a', inputSchema: {} }], 'Invalid request: missing field `description`'],
  ])('tools %j', (dynamicTools, message) => {
    const client = createTestClient();
    client.initialize();
    expect(complaint(client.ask('thread/start', { dynamicTools }))).toBe(message);
  });
});

describe('the handshake', () => {
  test('nothing is served before it', () => {
    expect(complaint(createTestClient().ask('thread/start', {}))).toBe('Not initialized');
  });
  test.each(['dynamicTools', 'environments'])('%s needs the capability', (field) => {
    const client = createTestClient();
    client.initialize([], false);
    expect(complaint(client.ask('thread/start', { [field]: [] }))).toBe(
      `thread/start.${field} requires experimentalApi capability`,
    );
  });
  test('a lone surrogate, a batch and a fractional id are lost without an answer', () => {
    const client = createTestClient();
    client.initialize([]);
    const before = client.lines.length;
    client.server.receive('{"method":"account/read","id":5,"params":{"x":"\\ud800"}}');
    client.server.receive('[]');
    client.server.receive('{"method":"account/read","id":1.5,"params":{}}');
    client.clock.drain();
    expect(client.lines.length).toBe(before);
  });
  test('the opt-out list silences exactly its methods', () => {
    const client = createTestClient();
    client.initialize(['item/agentMessage/delta']);
    const methods = client.play('hi').map((line) => line['method']);
    expect(methods).not.toContain('item/agentMessage/delta');
    expect(methods).toContain('thread/status/changed');
  });
});
