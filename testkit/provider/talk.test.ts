import { describe, expect, test } from 'vitest';
import { eventsOf, textOf, userMessage } from './scene.ts';

function said(input: readonly unknown[], more: Record<string, unknown> = {}): string {
  return textOf(eventsOf('default', { input, ...more }));
}

const assistant = { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Hello!' }] };

describe('the default talker', () => {
  test('quotes the user, in several deltas', () => {
    expect(said([userMessage('Good morning')])).toContain('“Good morning”');
    expect(eventsOf('default').filter((one) => one.type.endsWith('text.delta')).length).toBeGreaterThan(3);
  });

  test('recalls the first message', () => {
    const input = [
      userMessage('The sky is green.'),
      assistant,
      userMessage('ok'),
      userMessage('What did I say first?'),
    ];
    expect(said(input)).toContain('The sky is green.');
  });

  test('recalls a fact by shared words', () => {
    const input = [
      userMessage('My name is Alice.'),
      assistant,
      userMessage('I like tea.'),
      userMessage('What is my name?'),
    ];
    expect(said(input)).toContain('Alice');
  });

  test('quotes tool outputs', () => {
    const output = { type: 'function_call_output', call_id: 'c', output: '20C' };
    expect(said([userMessage('weather?'), { type: 'function_call', call_id: 'c' }, output])).toContain('20C');
  });

  test('calls a tool whose name is mentioned, with arguments from the prompt', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const tools = [{ type: 'function', name: 'get_weather', parameters }];
    const events = eventsOf('default', { tools, input: [userMessage('What is the weather in Rome?')] });
    const done = events.find((one) => one.type === 'response.function_call_arguments.done');
    expect(JSON.parse(String(done?.['arguments']))).toEqual({ city: 'Rome' });
  });

  test('fills a requested schema, even a recursive one', () => {
    const node = { type: 'object', properties: { child: { $ref: '#/$defs/node' } }, required: ['child'] };
    const schema = {
      $defs: { node },
      type: 'object',
      properties: { n: { type: 'integer' }, node },
      required: ['n', 'node'],
    };
    const text = { format: { type: 'json_schema', schema } };
    expect(JSON.parse(said([userMessage('go')], { text }))).toMatchObject({ n: 42, node: { child: {} } });
  });

  describe('told to call a tool', () => {
    const must = {
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text: 'In this answer you must call at least one of the tools.' }],
    };
    const tools = ['get_weather', 'read_clock'].map((name) => ({ type: 'function', name, parameters: {} }));
    const called = (text: string, told: readonly unknown[]): readonly unknown[] =>
      eventsOf('default', { tools, input: [...told, userMessage(text)] })
        .filter((one) => one.type === 'response.output_item.done')
        .map((one) => (one['item'] as Record<string, unknown>)['name']);

    test('it calls one even when none is mentioned', () => {
      expect(called('hello', [must])).toEqual(['get_weather']);
      expect(called('hello', [])).toEqual([undefined]);
    });

    test('it calls several when it is asked for several', () => {
      expect(called('The weather and the clock, both.', [must])).toEqual(['get_weather', 'read_clock']);
      expect(called('The weather and the clock.', [must])).toEqual(['get_weather']);
    });
  });

  test('goes on at length', () => {
    expect(said([userMessage('Write a long essay about the sea.')]).length).toBeGreaterThan(2000);
  });
});
