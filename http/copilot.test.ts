import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../actors/turn.ts';
import { copilotTrace, detectCopilot } from './copilot.ts';

type Headers = Readonly<Record<string, string>>;

const headerOf =
  (headers: Headers) =>
  (name: string): string =>
    headers[name] ?? '';
const verdict = (headers: Headers, body: JsonObject) => detectCopilot(headerOf(headers), body);
const said = (content: string): JsonObject => ({ messages: [{ role: 'user', content }] });
const obsidian = { 'user-agent': 'Mozilla/5.0 obsidian/1.9.7' };
const introduced = { 'http-referer': 'https://obsidiancopilot.com', 'x-title': 'Obsidian Copilot' };
const plain: JsonObject = { input: [{ type: 'message', role: 'user', content: 'hi' }] };
const toolResult = "Tool 'webSearch' result: []";

describe('who is Obsidian Copilot', () => {
  test.each<[string, Headers, JsonObject, string | null, readonly string[]]>([
    ['its trace id', { 'x-copilot-trace-id': 't' }, said('hi'), 'high', ['header_x_copilot_trace_id']],
    ['its two headers', introduced, said('hi'), 'high', ['header_openrouter_pair']],
    ['one of them', { 'x-title': 'Obsidian Copilot' }, said('hi'), null, []],
    ['other conversations', {}, said('<recent_conversations n="2">'), 'high', ['marker_recent_conversations']],
    ['memories', {}, said('a <Saved_Memories>'), 'high', ['marker_saved_memories']],
    ['its place and its tools', obsidian, said('<use_tool>'), 'suspected', ['marker_use_tool', 'ua_obsidian']],
    [
      'its place and what tools said',
      { 'user-agent': 'un/js 1' },
      said(toolResult),
      'suspected',
      ['marker_tool_result', 'ua_unjs'],
    ],
    ['its place and its plain shape', obsidian, plain, 'suspected', ['ua_obsidian', 'shape_responses_basic']],
    ['its place alone', obsidian, said('hi'), null, ['ua_obsidian']],
    ['its looks alone', {}, said(`<use_tool> ${toolResult}`), null, ['marker_use_tool', 'marker_tool_result']],
    ['its shape with tools', obsidian, { ...plain, tools: [] }, null, ['ua_obsidian']],
    [
      'its shape with another role',
      obsidian,
      { input: [{ type: 'message', role: 'system', content: '' }] },
      null,
      ['ua_obsidian'],
    ],
    ['its shape without a type', obsidian, { input: [{ role: 'user', content: 'hi' }] }, null, ['ua_obsidian']],
    ['an SDK', { 'user-agent': 'OpenAI/JS 6' }, said('What is a recent_conversations table?'), null, []],
  ])('P-216 %s', (_, headers, body, tier, reasons) => {
    expect(verdict(headers, body)).toEqual({ tier, reasons });
  });

  test('P-216 signs are found in every form of content, of a history as well as of a result', () => {
    const forms: readonly JsonObject[] = [
      { input: '<saved_memories>' },
      {
        input: [
          {
            role: 'user',
            content: [
              { type: 'input_text', text: 'a' },
              { type: 'input_text', text: '<saved_memories>' },
            ],
          },
        ],
      },
      { input: [{ type: 'function_call_output', call_id: 'c', output: '<saved_memories>' }] },
      { messages: [{ role: 'user', content: ['<saved_memories>'] }] },
      {
        messages: [
          { role: 'system', content: { text: '<saved_memories>' } },
          { role: 'user', content: 'hi' },
        ],
      },
    ];
    for (const body of forms) expect(verdict({}, body).tier).toBe('high');
  });

  test('P-216 whatever comes, there is a verdict of at most six reasons that quotes nothing', () => {
    const text = fc.constantFrom('<recent_conversations', '<saved_memories', '<use_tool', "tool 'x' result:", 'secret');
    const headers = fc.dictionary(
      fc.constantFrom('user-agent', 'x-copilot-trace-id', 'http-referer', 'x-title'),
      fc.constantFrom('', 'obsidian/1', 'un/js', ...Object.values(introduced)),
    );
    const body = fc.dictionary(
      fc.constantFrom('input', 'messages', 'tools'),
      fc.oneof(text, fc.array(text), fc.jsonValue()),
    );
    fc.assert(
      fc.property(headers, body, (some, given) => {
        const { tier, reasons } = verdict(some, given as JsonObject);
        expect(reasons.length).toBeLessThanOrEqual(6);
        expect(new Set(reasons).size).toBe(reasons.length);
        for (const reason of reasons) expect(reason).toMatch(/^(header|marker|ua|shape)_[a-z_]+$/);
        if (tier !== null) expect(reasons).not.toEqual([]);
      }),
    );
  });
});

test.each<[string, Headers, string]>([
  ['Copilot says', { 'x-copilot-trace-id': 'c', 'x-trace-id': 't', 'x-request-id': 'r' }, 'c'],
  ['a proxy says', { 'x-trace-id': ' t ', 'x-request-id': 'r' }, 't'],
  ['the client says', { 'x-copilot-trace-id': ' ', 'x-request-id': 'r' }, 'r'],
  ['nobody says', {}, 'own'],
  [
    'what is too long is not taken',
    { 'x-copilot-trace-id': 'c'.repeat(257), 'x-trace-id': 't'.repeat(256) },
    't'.repeat(256),
  ],
  ['what would break a line is not taken', { 'x-trace-id': 'a b' }, 'own'],
])('P-218 %s', (_, headers, id) => {
  expect(copilotTrace(headerOf(headers), 'own').copilot_trace_id).toBe(id);
});
