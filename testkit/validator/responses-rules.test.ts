import { describe, expect, test } from 'vitest';
import {
  bytesOf,
  type Frame,
  framesOf,
  renumbered,
  responsesFixtures,
  responsesText,
  streamFixture,
} from '../fixtures/fixture.ts';
import { drop, every, insert, judged, last, type Row, ruleOf, set, terminal } from './mutation.ts';
import { validateResponsesStream } from './responses.ts';
import type { JsonObject } from './json.ts';

const done = 'response.output_item.done';
const delta = 'response.output_text.delta';
const argsDelta = 'response.function_call_arguments.delta';
const [a, b, c, d, e] = responsesFixtures;

const further: readonly Row[] = [
  ['an echo field changes', a, 4, last('response.temperature', 0.5)],
  ['created_at changes', a, 4, last('response.created_at', 1790000001)],
  ['a 34th key', a, 4, set('response.created', 'response.created', 1790000000)],
  [
    'output before the end',
    a,
    4,
    set('response.in_progress', 'response.output', [
      { id: 'msg_a1', type: 'message', status: 'completed', role: 'assistant', content: [] },
    ]),
  ],
  [
    'usage before the end',
    a,
    4,
    (frames) => set('response.in_progress', 'response.usage', terminal(frames)['usage'])(frames),
  ],
  ['an item before in_progress', a, 3, drop('response.in_progress')],
  ['an event between error and failed', d, 3, insert(6, { type: 'response.in_progress', response: {} })],
  ['a second terminal event', a, 3, (frames) => renumbered([...frames, frames.at(-1) as Frame])],
  [
    'an empty delta',
    a,
    6,
    insert(5, { type: delta, item_id: 'msg_a1', output_index: 0, content_index: 0, delta: '', logprobs: [] }),
  ],
  ['a delta lost', a, 6, drop(delta)],
  ['text done differs', a, 6, set('response.output_text.done', 'text', 'Hello')],
  ['part done differs', a, 6, set('response.content_part.done', 'part.text', 'Hello')],
  ['item done differs', a, 6, set(done, 'item.content.0.text', 'Hello')],
  ['final output differs', a, 6, last('response.output.0.content.0.text', 'Hello')],
  ['arguments differ', c, 6, set('response.function_call_arguments.done', 'arguments', '{}')],
  ['summary differs', b, 6, set('response.reasoning_summary_text.done', 'text', 'x')],
  [
    'a call without a delta',
    c,
    6,
    every(drop(argsDelta), drop(argsDelta), set('response.function_call_arguments.done', 'arguments', '')),
  ],
  ['a name on arguments.done', c, 2, set('response.function_call_arguments.done', 'name', 'get_weather')],
  ['obfuscation', a, 2, set(delta, 'obfuscation', 'x')],
  ['usage does not add up', a, 7, last('response.usage.total_tokens', 16)],
  ['more reasoning than output', a, 7, last('response.usage.output_tokens_details.reasoning_tokens', 5)],
  [
    'invented zero usage',
    a,
    7,
    last('response.usage', {
      input_tokens: 0,
      input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
      output_tokens: 0,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: 0,
    }),
  ],
  ['completed without completed_at', a, 7, last('response.completed_at', null)],
  ['completed with status incomplete', a, 7, last('response.status', 'incomplete')],
  [
    'an incomplete item in a completed response',
    a,
    7,
    every(set(done, 'item.status', 'incomplete'), last('response.output.0.status', 'incomplete')),
  ],
  ['an incomplete item that is not the last', c, 7, set(done, 'item.status', 'incomplete')],
  ['incomplete without details', e, 7, last('response.incomplete_details', null)],
  ['incomplete for an unknown reason', e, 4, last('response.incomplete_details.reason', 'bored')],
  ['failed with a two-key error', d, 4, last('response.error', { code: 'worker_exited', message: 'x' })],
  ['failed with another code than the error', d, 7, last('response.error.code', 'idle_timeout')],
  ['flat and nested error differ', d, 7, set('error', 'message', 'x')],
  [
    'failed with the open item in output',
    d,
    6,
    last('response.output', [{ id: 'msg_d1', type: 'message', status: 'completed', role: 'assistant', content: [] }]),
  ],
  ['a delta that ends in half a pair', a, 8, set(delta, 'delta', 'x\uD83D')],
  [
    'a key order of its own in the final item',
    a,
    6,
    (frames) => {
      const { id, ...rest } = (terminal(frames)['output'] as Frame[])[0] ?? {};
      return last('response.output', [{ ...rest, id }])(frames);
    },
  ],
];

describe('the other ways to break a rule', () => {
  test.each(further)('%s (%s) is refused by rule %i', (_, name, rule, edit) => {
    expect(judged(edit(framesOf(name)))).toBe(rule);
  });

  test('an event line that names another type is refused by rule 2', () => {
    const text = responsesText(framesOf('responses-a')).replace(
      'event: response.in_progress',
      'event: response.queued',
    );
    expect(ruleOf(() => validateResponsesStream(bytesOf(text)))).toBe(2);
  });

  test('a body that differs from the stream is refused by rule 9', () => {
    const body = framesOf('responses-a').at(-1)?.['response'] as JsonObject;
    expect(ruleOf(() => validateResponsesStream(streamFixture('responses-a'), { body: { ...body, user: 'x' } }))).toBe(
      9,
    );
  });

  test('a frame over the maximum is refused by rule 8', () => {
    expect(ruleOf(() => validateResponsesStream(streamFixture('responses-a'), { frameBytesMax: 500 }))).toBe(8);
  });
});
