/** Streams that a gateway must not send, and what the tool-call smoke says of them. */

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { type ToolSmoke, toolCalls } from './tools.ts';

const options: ToolSmoke = {
  model: 'codex-5',
  tool: 'exec_command',
  command: 'echo smoke',
  timeoutMs: 5000,
  responses: false,
  includeUsage: false,
  expectXml: false,
  disconnect: false,
  allowSingle: true,
  allowMissing: false,
};

async function checked(body: string, more: Partial<ToolSmoke> = {}): Promise<string | void> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') response.writeHead(503);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const base = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return toolCalls({ label: 'test', base }, { ...options, ...more }).run();
}

const chunk = (delta: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const role = chunk({ role: 'assistant' });
const call = (id: string, args = '{}', index = 0): string =>
  chunk({ tool_calls: [{ index, id, function: { name: 'exec_command', arguments: args } }] });
const finish = chunk({}, 'tool_calls');
const end = 'data: [DONE]\n\n';

test('a good stream passes', async () => {
  expect(await checked(role + call('a') + call('b', '{"cmd":"x"}', 1) + finish + end, { allowSingle: false })).toBe(
    'exec_command, exec_command',
  );
});

test('one call must be allowed, and so must none', async () => {
  const one = role + call('a') + finish + end;
  await expect(checked(one, { allowSingle: false })).rejects.toThrow(
    '1 tool calls, expected at least 2 (--allow-single accepts one)',
  );
  expect(await checked(one)).toBe('exec_command');
  expect(await checked(role + chunk({}, 'stop') + end, { allowMissing: true })).toMatch(/^the model called no tool/);
});

test.each([
  ['the role comes late', call('a') + role + finish + end, 'choice 0 does not begin with the role'],
  ['no finish', role + call('a') + end, 'no finish_reason'],
  ['the wrong finish', role + call('a') + chunk({}, 'stop') + end, 'no finish_reason tool_calls'],
  [
    'text behind the finish',
    role + call('a') + finish + chunk({ content: 'x' }) + end,
    'choice 0 goes on behind its finish',
  ],
  ['no end', role + call('a') + finish, 'the stream does not end with [DONE]'],
  ['no calls', role + chunk({ content: 'no' }) + chunk({}, 'stop') + end, '0 tool calls, expected at least 1'],
  ['an id twice', role + call('a') + call('a', '{}', 1) + finish + end, 'two calls have the same id'],
  ['no id', role + call('') + finish + end, 'a call has no id'],
  ['arguments cut', role + call('a', '{"cmd":') + finish + end, 'arguments that are no JSON object: {"cmd":'],
  ['a secret', role + call('a', '{"k":"sk-0123456789abcdef0123"}') + finish + end, 'what looks like a secret'],
  ['an error', `${role}data: {"error":{"message":"broken"}}\n\n${end}`, 'the stream says: broken'],
])('%s', async (_, body, message) => {
  await expect(checked(body)).rejects.toThrow(message);
});

test.each([
  ['no block', 'text', 'no <use_tool> block'],
  ['an open block', '<use_tool>', 'is not closed'],
  ['a tail', '<use_tool></use_tool> and more', 'text behind the <use_tool> block'],
])('as text: %s', async (_, content, message) => {
  const body = role + chunk({ content }) + chunk({}, 'stop') + end;
  await expect(checked(body, { expectXml: true })).rejects.toThrow(message);
});

test('a gateway that is not ready behind a disconnect is noticed', async () => {
  await expect(checked(role + call('a'), { disconnect: true })).rejects.toThrow('/readyz is 503 behind the disconnect');
});
