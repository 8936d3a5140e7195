import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clientCall } from './client-call.ts';
import type { ClientTool } from './terms.ts';

const tools = new Map<string, ClientTool>([
  ['t0_exec_command', { kind: 'function_call', name: 'exec_command', schemaName: 'tools[0].parameters' }],
  ['t1_n_f', { kind: 'function_call', name: 'f', namespace: 'n' }],
  ['sh', { kind: 'custom_tool_call', name: 'sh' }],
]);
const call = (name: string, text: string, kind: ClientTool['kind'] = 'function_call') =>
  clientCall({ type: 'call.requested', item: 'i', callId: 'c', kind, name, arguments: text }, tools);

describe('a call as its client knows it', () => {
  test('by its own name and namespace', () => {
    expect(call('t0_exec_command', '{"a":1}')).toEqual({
      kind: 'function_call',
      name: 'exec_command',
      text: '{"a":1}',
    });
    expect(call('t1_n_f', '')).toEqual({ kind: 'function_call', name: 'f', namespace: 'n', text: '{}' });
  });

  test('a name that no tool has stays', () => {
    expect(call('invented', '{"a":')).toEqual({ kind: 'function_call', name: 'invented', text: '{"a":' });
    expect(call('invented', 'raw', 'custom_tool_call')).toEqual({
      kind: 'custom_tool_call',
      name: 'invented',
      text: 'raw',
    });
  });

  test('of a custom tool, the input that was put into the one argument', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (input) => {
        expect(call('sh', JSON.stringify({ input })).text).toBe(input);
        expect(call('sh', input, 'custom_tool_call').text).toBe(input);
      }),
    );
  });

  test.each(['', 'ls', '{"input":1}', '{"input":"a","b":2}', '{"other":"a"}', '["input"]', 'null', '"x"', '{"input":'])(
    'of a custom tool, %j as it is',
    (text) => {
      expect(call('sh', text)).toEqual({ kind: 'custom_tool_call', name: 'sh', text });
    },
  );

  test('arguments of a function are never changed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (text) => {
        expect(call('f', text).text).toBe(text);
      }),
    );
  });
});
