import { describe, expect, test } from 'vitest';
import type { Json } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { readItems } from './items.ts';

const refusal = (input: Json): unknown => {
  try {
    return readItems(input);
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

const call = (call_id: string): Json => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' });
const output = (call_id: string, value: Json = 'x'): Json => ({ type: 'function_call_output', call_id, output: value });
const user = (content: Json): Json => ({ role: 'user', content });

describe('input items', () => {
  test('a string is a user message', () => {
    expect(readItems('hi')).toEqual([{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hi' }] }]);
  });

  test('the parts of every dialect become the type that the role calls for', () => {
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'input_text', text: 'b' },
      { type: 'output_text', text: 'c' },
      'd',
      { text: 'e' },
    ];
    const [asked, said] = readItems([
      user(parts),
      { role: 'assistant', content: [...parts, { type: 'refusal', refusal: 'no' }] },
    ]);
    const typed = (type: string, texts: string): Json => texts.split('').map((text) => ({ type, text }));
    expect(asked?.['content']).toEqual(typed('input_text', 'abcde'));
    expect(said?.['content']).toEqual([
      ...(typed('output_text', 'abcde') as Json[]),
      { type: 'output_text', text: 'no' },
    ]);
  });

  test('ids are stripped, phase and status stay on assistant messages only', () => {
    const item = { type: 'message', id: 'x', status: 'completed', phase: 'final_answer', content: 'a' };
    expect(
      readItems([
        { ...item, role: 'assistant' },
        { ...item, role: 'user' },
      ]),
    ).toEqual([
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: 'a' }],
        phase: 'final_answer',
        status: 'completed',
      },
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'a' }] },
    ]);
  });

  test('annotations of an echoed answer stay, empty ones go', () => {
    const note = { type: 'url_citation', url: 'u', title: 't', start_index: 0, end_index: 1 };
    const part = { type: 'output_text', text: 'a', annotations: [note], logprobs: [] };
    expect(readItems([{ role: 'assistant', content: [part] }])[0]?.['content']).toEqual([
      { type: 'output_text', text: 'a', annotations: [note] },
    ]);
  });

  test('reasoning passes with its encrypted content and is left out without', () => {
    const summary = [{ type: 'summary_text', text: 'T' }];
    const kept = {
      id: 'rs_1',
      type: 'reasoning',
      summary,
      content: [],
      encrypted_content: 'gAAA',
      status: 'completed',
    };
    expect(
      readItems([kept, { type: 'reasoning', encrypted_content: 'gBBB' }, { ...kept, encrypted_content: null }]),
    ).toEqual([
      { type: 'reasoning', summary, encrypted_content: 'gAAA' },
      { type: 'reasoning', summary: [], encrypted_content: 'gBBB' },
    ]);
  });

  test('a custom call is told as a function call with one input', () => {
    const custom = { type: 'custom_tool_call', call_id: 'c', name: 'sh', input: 'ls "x"' };
    expect(readItems([custom, { type: 'custom_tool_call_output', call_id: 'c', output: 'y' }])).toEqual([
      { type: 'function_call', call_id: 'c', name: 'sh', arguments: '{"input":"ls \\"x\\""}' },
      { type: 'function_call_output', call_id: 'c', output: 'y' },
    ]);
  });

  test('an output may be text parts; arguments are not parsed', () => {
    const broken = { type: 'function_call', call_id: 'c', name: 'any name', arguments: '{not json' };
    expect(readItems([broken, output('c', [{ type: 'output_text', text: 'y' }])])).toEqual([
      broken,
      { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'y' }] },
    ]);
  });

  test('an output without parts is empty text', () => {
    expect(readItems([call('c'), output('c', [])])).toEqual([call('c'), output('c', '')]);
  });

  test('a call id may be used again once it has been answered', () => {
    expect(readItems([call('c'), output('c'), call('c'), output('c')])).toHaveLength(4);
  });
});

const refused: readonly (readonly [what: string, input: Json, code: string, param: string])[] = [
  ['a number', 42, 'invalid_request_error', 'input'],
  ['an object', {}, 'invalid_request_error', 'input'],
  ['a bare string inside', ['hi'], 'invalid_request_error', 'input[0]'],
  ['an unknown role', [{ role: 'critic', content: 'x' }], 'invalid_request_error', 'input[0].role'],
  ['a missing role', [{ content: 'x' }], 'invalid_request_error', 'input[0].role'],
  ['content of another type', [user(3)], 'invalid_request_error', 'input[0].content'],
  ['a part of another type', [user([3])], 'invalid_request_error', 'input[0].content[0]'],
  ['a part without its text', [user([{ type: 'input_text' }])], 'invalid_request_error', 'input[0].content[0].text'],
  [
    'an image',
    [user(['x', { type: 'input_image', image_url: 'data:' }])],
    'invalid_image_url',
    'input[0].content[1].image_url',
  ],
  [
    'a chat image',
    [user([{ type: 'image_url', image_url: {} }])],
    'invalid_request_error',
    'input[0].content[0].image_url.url',
  ],
  ['a file', [user([{ type: 'input_file', file_id: 'f' }])], 'unsupported_value', 'input[0].content[0].file_id'],
  ['audio', [user([{ type: 'input_audio' }])], 'unsupported_value', 'input[0].content[0].type'],
  ['an unknown part', [user([{ type: 'hologram' }])], 'unsupported_value', 'input[0].content[0].type'],
  [
    'an image as output',
    [call('c'), output('c', [{ type: 'input_image' }])],
    'invalid_request_error',
    'input[1].output[0].image_url',
  ],
  ['an item reference', ['', 1, 2].map((id) => ({ type: 'item_reference', id })), 'unsupported_value', 'input[0].type'],
  ['an item reference without a type', [{ type: null, id: 'msg_1' }], 'unsupported_value', 'input[0].type'],
  [
    'a message whose content has another name',
    [{ role: 'user', text: 'x' }],
    'invalid_request_error',
    'input[0].content',
  ],
  ['a hosted call', [{ type: 'web_search_call', id: 'ws_1' }], 'unsupported_value', 'input[0].type'],
  ['a foreign compaction', [{ type: 'compaction', encrypted_content: 'x' }], 'unsupported_value', 'input[0].type'],
  ['a type that is no string', [{ type: 3, role: 'user' }], 'invalid_request_error', 'input[0].type'],
  ['an unknown phase', [{ role: 'assistant', content: 'x', phase: 'odd' }], 'invalid_request_error', 'input[0].phase'],
  [
    'a call without an id',
    [{ type: 'function_call', name: 'f', arguments: '' }],
    'invalid_request_error',
    'input[0].call_id',
  ],
  [
    'a call without arguments',
    [{ type: 'function_call', call_id: 'c', name: 'f' }],
    'invalid_request_error',
    'input[0].arguments',
  ],
  [
    'an output without content',
    [call('c'), { type: 'function_call_output', call_id: 'c' }],
    'invalid_request_error',
    'input[1].output',
  ],
  ['an output without its call', [output('c')], 'invalid_function_call_output', 'input[0].call_id'],
  ['an output before its call', [output('c'), call('c')], 'invalid_function_call_output', 'input[0].call_id'],
  ['a second output', [call('c'), output('c'), output('c')], 'invalid_function_call_output', 'input[2].call_id'],
  ['a call without an output', [call('c'), user('x')], 'invalid_function_call_output', 'input[0]'],
  ['a call made twice', [call('c'), call('c'), output('c')], 'invalid_function_call_output', 'input[1]'],
  [
    'an odd summary',
    [{ type: 'reasoning', summary: [{ type: 'x' }] }],
    'invalid_request_error',
    'input[0].summary[0].type',
  ],
];

describe('of an earlier response, which has no path in the body but previous_response_id', () => {
  const field = 'previous_response_id';

  test.each<[string, Json, string, string]>([
    ['a part', user([{ type: 'input_image', image_url: 'x' }]), 'invalid_image_url', `${field}: send a data URL`],
    ['an item', { type: 'compaction' }, 'unsupported_value', `${field} names an item`],
    ['an output', output('c'), 'invalid_function_call_output', 'No tool call found'],
    ['a call', call('c'), 'invalid_function_call_output', 'No tool output found'],
  ])('%s is refused there', (_what, item, code, message) => {
    const expected = { code, param: field, message: expect.stringContaining(message) };
    expect(() => readItems([], 'input', [item])).toThrow(expect.objectContaining(expected));
  });

  test('pictures that are still to be downloaded are there', () => {
    const picture = { type: 'input_image', image_url: 'https://h/a.png' };
    const items = readItems([user([picture])], 'input', [user([picture]), call('c'), output('c', [picture])]);
    const at = items.flatMap((item) => item['content'] ?? item['output'] ?? []);
    const places = [field, field, 'input[0].content[0].image_url'];
    expect(at).toEqual(places.map((place) => ({ type: 'remote_picture', url: picture.image_url, at: place })));
  });
});

describe('P-116: never dropped, but refused with the exact path', () => {
  test.each(refused)('%s', (_what, input, code, param) => {
    expect(refusal(input)).toEqual([code, param]);
  });

  test('the message says which call is meant, and not what was said', () => {
    expect(() => readItems([user('secret'), output('call_9')])).toThrow(
      'No tool call found for function call output with call_id call_9.',
    );
    expect(() => readItems([call('call_9')])).toThrow('No tool output found for function call call_9.');
  });
});
