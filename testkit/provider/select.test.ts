import { describe, expect, test } from 'vitest';
import { requestOf, userMessage } from './scene.ts';
import { nameFor, select } from './select.ts';

const options = { defaultScenario: 'default', modelScenarios: { slow: 'text delay=5' } };
const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };
const output = { type: 'function_call_output', call_id: 'c', output: 'ok' };

function chosen(body: Record<string, unknown>, attempt = 1): string {
  return nameFor(select(requestOf(body), options), attempt);
}

describe('choice of a scenario', () => {
  test('the model slug comes before any marker', () => {
    expect(chosen({ model: 'test-refusal', input: [userMessage('[[sc:hang]]')] })).toBe('refusal');
  });

  test('a configured slug carries parameters', () => {
    expect(select(requestOf({ model: 'slow' }), options).spec.params.int('delay')).toBe(5);
  });

  test('the last user item that has a marker decides, its last marker wins', () => {
    const input = [userMessage('[[sc:empty]]'), userMessage('[[sc:hang]] [[sc:cut]]'), userMessage('go on')];
    expect(chosen({ input })).toBe('cut');
  });

  test('markers of other roles do not count', () => {
    const developer = { type: 'message', role: 'developer', content: [{ type: 'input_text', text: '[[sc:hang]]' }] };
    expect(chosen({ input: [developer, userMessage('hi')] })).toBe('default');
  });

  test('after tool outputs `then` goes on, one entry a round, at last text', () => {
    const input: unknown[] = [userMessage('[[sc:tool then=tool,refusal]]')];
    const names = [chosen({ input })];
    for (let round = 0; round < 3; round += 1) {
      input.push(call, output, output);
      names.push(chosen({ input }));
    }
    expect(names).toEqual(['tool', 'tool', 'refusal', 'text']);
  });

  test('a user message after the outputs starts over', () => {
    expect(chosen({ input: [userMessage('[[sc:tool]]'), call, output, userMessage('again')] })).toBe('tool');
  });

  test('`times` misbehaves for so many attempts, then `then`', () => {
    const input = [userMessage('[[sc:status times=2 then=empty]]')];
    expect([1, 2, 3, 4].map((attempt) => chosen({ input }, attempt))).toEqual(['status', 'status', 'empty', 'empty']);
  });

  test('any body at all is answered', () => {
    for (const body of [{ input: null }, { input: [1, null, [], { role: 'user' }] }, { model: 7, tools: 'x' }]) {
      expect(chosen(body)).toBe('default');
    }
  });
});
