import { describe, expect, test } from 'vitest';
import {
  bodyFixture,
  bytesOf,
  type ChatFixture,
  chatFixtures,
  chatText,
  type Frame,
  framesOf,
  streamFixture,
} from '../fixtures/fixture.ts';
import { type ChatOptions, validateChatObject, validateChatStream } from './chat.ts';
import type { Json } from './json.ts';
import { ruleOf } from './mutation.ts';

const optionsOf = (name: ChatFixture): ChatOptions => ({ includeUsage: name === 'chat-text' });
const judged = (frames: readonly Frame[], options: ChatOptions = {}): unknown =>
  ruleOf(() => validateChatStream(bytesOf(chatText(frames)), options));

describe('worked examples', () => {
  test('text with usage', () => {
    const { id, model, choices, usage, error } = validateChatStream(streamFixture('chat-text'), { includeUsage: true });
    expect({ id, model, error, total: usage?.['total_tokens'] }).toEqual({
      id: 'chatcmpl-a1',
      model: 'gpt-5.4',
      error: null,
      total: 15,
    });
    expect(choices).toEqual([
      { index: 0, content: 'Hello wörld 🚀', reasoning: '', refusal: null, toolCalls: [], finishReason: 'stop' },
    ]);
  });

  test('reasoning, then text', () => {
    const [choice] = validateChatStream(streamFixture('chat-reasoning')).choices;
    expect(choice).toMatchObject({ reasoning: '**Checking the units**', content: '42 km' });
  });

  test('two parallel calls', () => {
    const [choice] = validateChatStream(streamFixture('chat-calls')).choices;
    expect(choice).toMatchObject({ content: null, finishReason: 'tool_calls' });
    expect(choice?.toolCalls.map((call) => [call.id, call.arguments])).toEqual([
      ['call_c1', '{"city":"Oslo"}'],
      ['call_c2', '{"city":"Rome"}'],
    ]);
  });

  test('failure after the first byte', () => {
    const { error, choices } = validateChatStream(streamFixture('chat-failure'));
    expect(error).toMatchObject({ code: 'worker_exited', type: 'backend_unavailable' });
    expect(choices[0]).toMatchObject({ content: 'The answer', finishReason: null });
  });

  test.each(chatFixtures)('%s truncated at any byte is refused', (name) => {
    const bytes = streamFixture(name);
    const accepted = [...bytes.keys()].filter(
      (end) => ruleOf(() => validateChatStream(bytes.subarray(0, end), optionsOf(name))) !== 1,
    );
    expect(accepted).toEqual([]);
  });

  test.each(chatFixtures)('%s without any one member of any frame is refused', (name) => {
    const frames = framesOf(name);
    const without = (at: number, key: string): Frame[] =>
      frames.with(at, Object.fromEntries(Object.entries(frames[at] ?? {}).filter(([member]) => member !== key)));
    const places = frames.flatMap((frame, at) => Object.keys(frame).map((key) => [at, key] as const));
    expect(places.filter(([at, key]) => judged(without(at, key), optionsOf(name)) === 'accepted')).toEqual([]);
  });

  test('n choices are folded apart', () => {
    const second = framesOf('chat-calls').map((frame) => ({
      ...frame,
      choices: (frame['choices'] as Frame[]).map((choice) => ({ ...choice, index: 1 })),
    }));
    const frames = [...framesOf('chat-reasoning'), ...second];
    const verdict = validateChatStream(bytesOf(chatText(frames)), { n: 2 });
    expect(verdict.choices.map((choice) => choice.finishReason)).toEqual(['stop', 'tool_calls']);
    expect(judged(frames)).toBe('chat.identity');
    expect(judged(framesOf('chat-reasoning'), { n: 2 })).toBe('chat.finish');
  });
});

describe('whole completions', () => {
  const body = (name: 'chat-text' | 'chat-call'): Frame =>
    JSON.parse(new TextDecoder().decode(bodyFixture(name))) as Frame;
  const wholeRule = (object: unknown): unknown => ruleOf(() => validateChatObject(object as Json));

  test('4.1 is accepted', () => {
    expect(validateChatObject(body('chat-text') as Json as never).choices[0]?.content).toBe('Hello wörld 🚀');
    expect(validateChatObject(body('chat-call') as Json as never).choices[0]?.toolCalls).toHaveLength(1);
  });

  test.each([
    ['empty choices', { choices: [] }, 'chat.shape'],
    ['an error body', { error: { message: 'x' } }, 'chat.shape'],
    ['zero usage', { usage: undefined }, 'chat.shape'],
  ])('%s is refused', (_, change, rule) => {
    expect(wholeRule({ ...body('chat-text'), ...change })).toBe(rule);
  });

  test('empty tool_calls are refused', () => {
    const text = JSON.stringify(body('chat-text')).replace('"annotations":[]', '"annotations":[],"tool_calls":[]');
    expect(wholeRule(JSON.parse(text))).toBe('chat.shape');
  });
});

test('only an answer that the filter swallowed may be without words for no other reason', () => {
  const silent = (reason: string): unknown =>
    ruleOf(() => {
      const text = new TextDecoder().decode(bodyFixture('chat-text'));
      const body = JSON.parse(text) as { choices: { message: object; finish_reason: string }[] };
      for (const choice of body.choices)
        Object.assign(choice, { finish_reason: reason }).message = { ...choice.message, content: null };
      validateChatObject(body as unknown as Json);
    });
  expect(['content_filter', 'stop'].map(silent)).toEqual(['accepted', 'chat.shape']);
});
