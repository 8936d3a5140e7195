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

  test('calls a tool whose name is mentioned, with fitting arguments', () => {
    const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
    const tools = [{ type: 'function', name: 'get_weather', parameters }];
    const events = eventsOf('default', { tools, input: [userMessage('What is the weather in Rome?')] });
    const done = events.find((one) => one.type === 'response.function_call_arguments.done');
    expect(JSON.parse(String(done?.['arguments']))).toEqual({ city: 'city' });
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
});
