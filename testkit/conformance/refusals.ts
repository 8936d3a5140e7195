/**
 * Requests that the real CLI refuses, for the fake to refuse in the same words. `thread` in the parameters stands for a
 * thread that is loaded and idle. What comes behind "expected one of" lists what a version knows, and is no part of it.
 */

import { type Members, membersOf, textOf } from './entry.ts';
import type { Stage } from './scenarios.ts';

type Row = readonly [method: string, params?: unknown];

const none = '00000000-0000-7000-8000-000000000000';
const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gu;
const user = { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'x' }] };
const part = (piece: unknown) => ({ type: 'message', role: 'user', content: [piece] });
const tool = (more: object) => ({ type: 'function', name: 'a', description: 'd', inputSchema: {}, ...more });

const items: readonly (readonly unknown[])[] = [
  [],
  [3],
  [{}],
  [{ type: 'message' }],
  [user, { type: 'message', role: 'user' }],
  [{ type: 'message', role: 'user', content: 'x' }],
  [{ ...user, phase: 'middle' }],
  [part({ type: 'text', text: 'x' })],
  [part({ type: 'input_text' })],
  [part({ type: 'input_image' })],
  [part({ type: 'input_image', image_url: 'https://example.com/a' })],
  [{ type: 'reasoning' }],
  [{ type: 'function_call', name: 'x', call_id: 'y' }],
  [{ type: 'function_call_output', call_id: 'y', output: 3 }],
  [{ type: 'function_call_output', call_id: 'y', output: [{ type: 'output_text', text: 'x' }] }],
  [{ type: 'function_call_output', call_id: 'y', output: [{ type: 'input_file', file_id: 'x' }] }],
  [{ type: 'custom_tool_call', call_id: 'y', name: 'x' }],
  [part({ type: 'input_file', file_id: 'x' })],
  [part({ type: 'refusal', refusal: 'x' })],
  [part({ type: 'input_audio', input_audio: { data: 'x', format: 'wav' } })],
  [{ role: 'user', content: [] }],
];

const tools: readonly (readonly unknown[])[] = [
  [tool({ name: 'bad name' })],
  [tool({ name: '' })],
  [tool({ name: 'a'.repeat(129) })],
  [tool({ name: 'mcp' })],
  [tool({ name: 'mcp__x' })],
  [tool({}), tool({})],
  [tool({ inputSchema: null })],
  [tool({ deferLoading: true })],
  [{ type: 'custom', name: 'a', description: 'd' }],
  [{ type: 'function', name: 'a', inputSchema: {} }],
];

export const refusals: readonly Row[] = [
  ['foo/bar', {}],
  ['initialize', { clientInfo: { name: 'x', version: '1' } }],
  ['thread/start'],
  ['thread/start', { ephemeral: 'x' }],
  ['thread/start', { model: 3 }],
  ['thread/start', { sandbox: 'q' }],
  ['thread/start', { config: { zzz: 1 } }],
  ...tools.map((dynamicTools): Row => ['thread/start', { dynamicTools }]),
  ['thread/inject_items', {}],
  ['thread/inject_items', { threadId: none }],
  ['thread/inject_items', { threadId: none, items: [] }],
  ['thread/inject_items', { threadId: 'zzz', items: [user] }],
  ...items.map((given): Row => ['thread/inject_items', { threadId: 'thread', items: given }]),
  ['turn/start', { threadId: none }],
  ['turn/start', { threadId: none, input: [] }],
  ['turn/start', { threadId: none, input: [], summary: 'z' }],
  ['turn/start', { threadId: none, input: [{ type: 'text', text: 'x'.repeat(1_048_577) }] }],
  ['turn/start', { threadId: 'thread', input: [{ type: 'text', text: 'x'.repeat(1_048_577) }] }],
  ['turn/interrupt', { threadId: none }],
  ['turn/interrupt', { threadId: none, turnId: '' }],
  ['turn/interrupt', { threadId: 'thread', turnId: none }],
  ['thread/unsubscribe', { threadId: 'zzz' }],
  ['thread/unsubscribe', {}],
  ['model/list', { cursor: 'zzz' }],
  ['account/login/cancel', { loginId: 'zzz' }],
  ['account/login/start', { type: 'zz' }],
  ['account/rateLimits/read'],
];

export const races = 4;
/** The races of an interrupt, in a turn that never ends by itself. */
const raced = async ({ ask, heard }: Stage, threadId: string): Promise<readonly Members[]> => {
  const items = [part({ type: 'input_text', text: '[[sc:hangmid n=1]]' })];
  await ask('thread/inject_items', { threadId, items });
  const started = membersOf((await ask('turn/start', { threadId, input: [] }))['result']);
  const turnId = textOf(membersOf(started['turn'])['id']);
  // Before its first output a turn may not be active yet, and then any id will do.
  await heard('item/agentMessage/delta');
  const wrong = await ask('turn/interrupt', { threadId, turnId: none });
  await ask('turn/interrupt', { threadId, turnId });
  await heard('turn/completed');
  const late = await ask('turn/interrupt', { threadId, turnId });
  await ask('thread/unsubscribe', { threadId });
  await heard('thread/closed');
  return [
    wrong,
    late,
    await ask('turn/interrupt', { threadId, turnId }),
    await ask('turn/start', { threadId, input: [] }),
  ];
};

/** Code and words of each refusal, in order. */
export const refused = async (stage: Stage): Promise<readonly string[]> => {
  const { ask } = stage;
  const opening = { model: 'gpt-6.1-sol', ephemeral: true, baseInstructions: '', environments: [] };
  const started = membersOf((await ask('thread/start', opening))['result']);
  const threadId = textOf(membersOf(started['thread'])['id']);
  const found: string[] = [];
  const note = (what: string, answer: Members): void => {
    const { code, message } = membersOf(answer['error']);
    const words = textOf(message).split(', expected one of')[0] ?? '';
    found.push(`${what}: ${JSON.stringify(code)} ${words.replaceAll(uuid, 'id')}`);
  };
  for (const [method, params] of refusals) {
    const { threadId: named } = membersOf(params);
    const answer = await ask(method, named === 'thread' ? { ...membersOf(params), threadId } : params);
    note(`${method} ${JSON.stringify(params)?.slice(0, 100)}`, answer);
  }
  for (const answer of await raced(stage, threadId)) note('a race', answer);
  return found;
};
