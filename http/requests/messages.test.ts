import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { readMessages } from './messages.ts';

const refusal = (messages: Json, mode: 'lenient' | 'strict' = 'lenient'): unknown => {
  try {
    return readMessages(messages, mode);
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

const read = (...messages: JsonObject[]): readonly JsonObject[] => readMessages(messages, 'lenient');
const message = (role: string, text: string, type = 'input_text'): JsonObject => ({
  type: 'message',
  role,
  content: [{ type, text }],
});
const call = (id: string, name = 'f'): JsonObject => ({ id, type: 'function', function: { name, arguments: '{}' } });
const item = (call_id: string, name = 'f'): JsonObject => ({ type: 'function_call', call_id, name, arguments: '{}' });
const answer = (call_id: string, output: string): JsonObject => ({ type: 'function_call_output', call_id, output });

describe('chat messages', () => {
  test('P-85: each becomes one item in order; system is developer', () => {
    const roles = ['system', 'developer', 'user', 'assistant', 'user'];
    expect(read(...roles.map((role) => ({ role, content: role })))).toEqual([
      message('developer', 'system'),
      message('developer', 'developer'),
      message('user', 'user'),
      message('assistant', 'assistant', 'output_text'),
      message('user', 'user'),
    ]);
  });

  test('P-85: text, calls and results of one round keep their order and ids', () => {
    const asked = { role: 'assistant', content: 'wait', tool_calls: [call('a'), call('b', 'g')] };
    const results = ['b', 'a'].map((id) => ({ role: 'tool', tool_call_id: id, content: [{ type: 'text', text: id }] }));
    expect(read({ role: 'user', content: 'x' }, asked, ...results)).toEqual([
      message('user', 'x'),
      message('assistant', 'wait', 'output_text'),
      item('a'),
      item('b', 'g'),
      { type: 'function_call_output', call_id: 'b', output: [{ type: 'input_text', text: 'b' }] },
      { type: 'function_call_output', call_id: 'a', output: [{ type: 'input_text', text: 'a' }] },
    ]);
  });

  test('a result without content is an empty output', () => {
    const asked = { role: 'assistant', tool_calls: [call('a')] };
    for (const content of [null, [], '']) {
      expect(read(asked, { role: 'tool', tool_call_id: 'a', content })).toEqual([item('a'), answer('a', '')]);
    }
  });

  test('a legacy call is answered by its name', () => {
    const asked = { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{}' } };
    const result = { role: 'function', name: 'f', content: 'y' };
    const id = 'call_messages_0_function_call';
    expect(read(asked, result)).toEqual([item(id), answer(id, 'y')]);
    expect(read({ ...asked, tool_calls: [] }, result)).toEqual([item(id), answer(id, 'y')]);
  });

  test('P-106: an answer with both forms is one call, whichever role answers it', () => {
    const both = { role: 'assistant', tool_calls: [call('a')], function_call: { name: 'f', arguments: '{}' } };
    expect(read(both, { role: 'function', name: 'f', content: 'y' })).toEqual([item('a'), answer('a', 'y')]);
    expect(read(both, { role: 'tool', tool_call_id: 'a', content: 'y' })).toEqual([item('a'), answer('a', 'y')]);
  });

  test('a custom call becomes a function call with one input', () => {
    const asked = { role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'sh', input: 'ls' } }] };
    const [first] = read(asked, { role: 'tool', tool_call_id: 'a', content: 'y' });
    expect(first).toEqual({ type: 'function_call', call_id: 'a', name: 'sh', arguments: '{"input":"ls"}' });
  });

  test('a refusal was said, reasoning was not', () => {
    const said = { role: 'assistant', content: null, refusal: 'no', reasoning_content: 'hm', reasoning: 'hm' };
    expect(read(said, { role: 'user', content: 'x' })).toEqual([
      message('assistant', 'no', 'output_text'),
      message('user', 'x'),
    ]);
  });

  test('audio next to its words is left out', () => {
    const said = { role: 'assistant', content: 'no', audio: { id: 'a' } };
    expect(read(said, { role: 'assistant', content: 'yes', audio: null })).toEqual([
      message('assistant', 'no', 'output_text'),
      message('assistant', 'yes', 'output_text'),
    ]);
  });

  test('P-84: an unknown part reaches the model as its JSON', () => {
    const part = { type: 'odd', data: 1 };
    expect(read({ role: 'user', content: [part] })).toEqual([message('user', JSON.stringify(part))]);
    expect(refusal([{ role: 'user', content: [part] }], 'strict')).toEqual([
      'unsupported_value',
      'messages[0].content[0].type',
    ]);
  });
});

const user = (content: Json): JsonObject => ({ role: 'user', content });
const bare = (tool_call: Json): Json => [{ role: 'assistant', tool_calls: [tool_call] }];
const refused: readonly (readonly [what: string, messages: Json, code: string, param: string])[] = [
  ['none', [], 'invalid_request_error', 'messages'],
  ['text', 'not-an-array', 'invalid_request_error', 'messages'],
  ['a bare string', ['x'], 'invalid_request_error', 'messages[0]'],
  ['an unknown role', [user('x'), { role: 'alien' }], 'invalid_request_error', 'messages[1].role'],
  ['content under another name', [{ role: 'system', contents: 'x' }], 'invalid_request_error', 'messages[0].content'],
  ['an assistant without a word', [{ role: 'assistant' }], 'invalid_request_error', 'messages[0].content'],
  ['no word and no call', [{ role: 'assistant', tool_calls: [] }], 'invalid_request_error', 'messages[0].content'],
  ['an image', [user([{ type: 'image_url' }])], 'invalid_request_error', 'messages[0].content[0].image_url'],
  ['audio', [user([{ type: 'input_audio' }])], 'unsupported_value', 'messages[0].content[0].type'],
  ['spoken words alone', [{ role: 'assistant', audio: { id: 'a' } }], 'unsupported_parameter', 'messages[0].audio'],
  ['calls of another type', [{ role: 'assistant', tool_calls: {} }], 'invalid_request_error', 'messages[0].tool_calls'],
  ['a call without an id', bare({ function: {} }), 'invalid_request_error', 'messages[0].tool_calls[0].id'],
  ['a call without a function', bare({ id: 'a' }), 'invalid_request_error', 'messages[0].tool_calls[0].function'],
  [
    'a call without arguments',
    bare({ id: 'a', function: { name: 'f' } }),
    'invalid_request_error',
    'messages[0].tool_calls[0].function.arguments',
  ],
  ['a call without a result', bare(call('a')), 'invalid_function_call_output', 'messages[0].tool_calls[0]'],
  ['a result without an id', [{ role: 'tool', content: 'x' }], 'invalid_request_error', 'messages[0].tool_call_id'],
  [
    'a result without its call',
    [{ role: 'tool', tool_call_id: 'a', content: 'x' }],
    'invalid_function_call_output',
    'messages[0].tool_call_id',
  ],
  [
    'a legacy result without its call',
    [{ role: 'function', name: 'f', content: 'x' }],
    'invalid_function_call_output',
    'messages[0].name',
  ],
];

describe('messages that are refused with the exact path', () => {
  test.each(refused)('%s', (_what, messages, code, param) => {
    expect(refusal(messages)).toEqual([code, param]);
  });

  test('P-82, P-83: the messages name what is expected', () => {
    expect(() => readMessages([], 'lenient')).toThrow('messages[] required');
    expect(() => readMessages([{ role: 'alien' }], 'lenient')).toThrow(
      'messages[0].role must be one of system, developer, user, assistant, tool, function.',
    );
  });
});
