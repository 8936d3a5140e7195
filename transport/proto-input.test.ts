import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject, Turn } from '../actors/turn.ts';
import { protoArguments, protoLine, protoRefusal, type ProtoSettings, protoTranscript } from './proto-input.ts';

const settings: ProtoSettings = {
  preferredAuthMethod: 'chatgpt',
  sandbox: 'read-only',
  approvalPolicy: 'never',
  webSearch: false,
  modelProvider: null,
};
const said = (role: string, ...content: readonly JsonObject[]): JsonObject => ({ type: 'message', role, content });
const text = (words: string): JsonObject => ({ type: 'input_text', text: words });
const turn = (...items: readonly JsonObject[]): Turn => ({ model: 'gpt-5.2', items });

test('P-176 arguments are pairs, and only what is known is among them', () => {
  const args = protoArguments(turn(), settings);
  expect(args[0]).toBe('proto');
  expect(args.slice(1).filter((_, at) => at % 2 === 0)).toEqual(args.slice(1).filter((arg) => arg === '--config'));
  expect(args.join(' ')).not.toMatch(/effort|provider|parallel/u);
  const more = protoArguments({ ...turn(), effort: 'high', parallelCalls: true }, { ...settings, modelProvider: 'p' });
  expect(more).toEqual(
    expect.arrayContaining([
      'model_reasoning_effort="high"',
      'reasoning.effort="high"',
      'parallel_tool_calls=true',
      'model_provider="p"',
    ]),
  );
});

test.each([
  ['minimal', 'minimal'],
  ['high', 'high'],
  ['none', 'minimal'],
  ['xhigh', 'high'],
  ['ultra', 'high'],
])('P-70 effort %s is %s there, by both names', (effort, known) => {
  const args = protoArguments({ ...turn(), effort }, settings);
  expect(args.filter((arg) => arg.includes('effort'))).toEqual([
    `model_reasoning_effort="${known}"`,
    `reasoning.effort="${known}"`,
  ]);
});

test('any text is one argument, and reads as that text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (model) => {
      const given = protoArguments({ ...turn(), model }, settings).find((arg) => arg.startsWith('model='));
      expect(JSON.parse(given?.slice('model='.length) ?? '')).toBe(model.replaceAll('\0', ''));
      expect(given).not.toContain('\0');
    }),
  );
});

describe('the line', () => {
  test('is one, whatever the conversation', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('user', 'assistant'), fc.string({ unit: 'binary' }))),
        (messages) => {
          const line = protoLine(turn(...messages.map(([role, words]) => said(role, text(words)))));
          expect(line.indexOf('\n')).toBe(line.length - 1);
          const whole = messages.map(([role, words]) => `[${role}] ${words.toWellFormed()}`).join('\n');
          expect(JSON.parse(line)).toEqual({
            id: '1',
            op: { type: 'user_input', items: [{ type: 'text', text: whole }] },
          });
        },
      ),
    );
  });

  test('keeps calls and their outputs in their place', () => {
    const items = [
      said('user', text('Who?')),
      { type: 'reasoning', summary: [] },
      { type: 'function_call', call_id: 'c1', name: 'lookup', arguments: '{"id":1}' },
      { type: 'function_call_output', call_id: 'c1', output: 'Ann' },
      { type: 'something_else', x: 1 },
    ];
    expect(protoTranscript(turn(...items))).toBe(
      '[user] Who?\n[assistant] c1: lookup {"id":1}\n[tool] c1: Ann\n[assistant] {"type":"something_else","x":1}',
    );
  });

  test('has images beside the text, and says where they were', () => {
    const image = { type: 'input_image', image_url: 'data:image/png;base64,AAAA' };
    const far = { type: 'input_image', image_url: 'https://example.com/a.png' };
    const { op } = JSON.parse(protoLine(turn(said('user', text('See '), image, far))));
    expect(op.items).toEqual([
      { type: 'text', text: '[user] See [image][image:https://example.com/a.png]' },
      { type: 'image', image_url: image.image_url },
      { type: 'image', image_url: far.image_url },
    ]);
  });

  test('says what the answer has to look like', () => {
    expect(protoTranscript({ ...turn(said('user', text('x'))), outputSchema: { type: 'object' } })).toMatch(
      /^\[user\] x\n\[developer\] .*\{"type":"object"\}$/u,
    );
  });
});

test('every question is answered with no', () => {
  expect(JSON.parse(protoRefusal('exec_approval_request', '7') ?? '').op).toEqual({
    type: 'exec_approval',
    id: '7',
    decision: 'denied',
  });
  expect(JSON.parse(protoRefusal('apply_patch_approval_request', '7') ?? '').op.type).toBe('patch_approval');
  expect(protoRefusal('agent_message', '7')).toBeNull();
});
