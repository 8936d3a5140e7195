// Every complete scenario's events against the order and the mandatory fields of the Responses API.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SseEvent } from './events.ts';
import { isJson, type Json } from './request.ts';
import { eventsOf } from './scene.ts';

const fields: Readonly<Record<string, readonly string[]>> = {
  'response.created': ['response'],
  'response.in_progress': ['response'],
  'response.completed': ['response'],
  'response.output_item.added': ['output_index', 'item'],
  'response.output_item.done': ['output_index', 'item'],
  'response.content_part.added': ['item_id', 'output_index', 'content_index', 'part'],
  'response.content_part.done': ['item_id', 'output_index', 'content_index', 'part'],
  'response.output_text.delta': ['item_id', 'output_index', 'content_index', 'delta', 'logprobs'],
  'response.output_text.done': ['item_id', 'output_index', 'content_index', 'text', 'logprobs'],
  'response.output_text.annotation.added': [
    'item_id',
    'output_index',
    'content_index',
    'annotation_index',
    'annotation',
  ],
  'response.refusal.delta': ['item_id', 'output_index', 'content_index', 'delta'],
  'response.refusal.done': ['item_id', 'output_index', 'content_index', 'refusal'],
  'response.function_call_arguments.delta': ['item_id', 'output_index', 'delta'],
  'response.function_call_arguments.done': ['item_id', 'output_index', 'arguments'],
  'response.custom_tool_call_input.delta': ['item_id', 'output_index', 'delta'],
  'response.custom_tool_call_input.done': ['item_id', 'output_index', 'input'],
  'response.reasoning_summary_part.added': ['item_id', 'output_index', 'summary_index', 'part'],
  'response.reasoning_summary_part.done': ['item_id', 'output_index', 'summary_index', 'part'],
  'response.reasoning_summary_text.delta': ['item_id', 'output_index', 'summary_index', 'delta'],
  'response.reasoning_summary_text.done': ['item_id', 'output_index', 'summary_index', 'text'],
  'response.reasoning_text.delta': ['item_id', 'output_index', 'content_index', 'delta'],
  'response.reasoning_text.done': ['item_id', 'output_index', 'content_index', 'text'],
  'response.web_search_call.in_progress': ['item_id', 'output_index'],
  'response.web_search_call.searching': ['item_id', 'output_index'],
  'response.web_search_call.completed': ['item_id', 'output_index'],
};

function part(value: unknown, name: string): unknown {
  return isJson(value) ? value[name] : undefined;
}

// What the deltas of one item add up to must be repeated by each closing form of that item.
function checkClosed(events: readonly SseEvent[]): void {
  const sums = new Map<string, string>();
  for (const one of events) {
    const place = [one.type.replace(/\.(delta|done)$/, ''), one['item_id'], one['summary_index']].join('/');
    if (one.type.endsWith('.delta')) sums.set(place, (sums.get(place) ?? '') + String(one['delta']));
    const closing = one['text'] ?? one['arguments'] ?? one['input'] ?? one['refusal'];
    if (closing !== undefined) expect(closing).toBe(sums.get(place) ?? '');
  }
}

function checkComplete(events: readonly SseEvent[]): void {
  expect(events.map((one) => one.sequence_number)).toEqual(events.map((_, index) => index));
  expect(events.slice(0, 2).map((one) => one.type)).toEqual(['response.created', 'response.in_progress']);
  expect(events.filter((one) => one.type === 'response.completed')).toEqual([events.at(-1)]);
  let open: string | undefined;
  const done: Json[] = [];
  for (const one of events) {
    for (const name of fields[one.type] ?? [`no entry for ${one.type}`]) expect(one).toHaveProperty(name);
    if (one.type === 'response.output_item.added') {
      expect(open).toBeUndefined();
      expect(one['output_index']).toBe(done.length);
      open = String(part(one['item'], 'id'));
    } else if (one.type === 'response.output_item.done') {
      expect(part(one['item'], 'id')).toBe(open);
      open = undefined;
      if (isJson(one['item'])) done.push(one['item']);
    } else if ('item_id' in one) {
      expect(one['item_id']).toBe(open);
    }
  }
  expect(open).toBeUndefined();
  expect(part(events.at(-1)?.['response'], 'output')).toEqual(done);
  checkClosed(events);
}

const tools = [
  {
    type: 'function',
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  },
];
const body = { tools, reasoning: { summary: 'auto' } };

describe('complete scenarios', () => {
  test.each([
    'default',
    'text',
    'text msgs=commentary,none,final_answer',
    'text text=""',
    'signed n=3',
    'reason',
    'reason parts=3 raw',
    'reason parts=0 enc=none',
    'tool',
    'tool calls=3 say="One moment."',
    'tool name=nope args="{oops"',
    'tool args=""',
    'customtool',
    'websearch',
    'refusal',
    'empty',
    'nousage',
    'headers',
    'slowheaders',
    'echo n=3',
    'big size=1000',
    'big check',
  ])('%s has the canonical order and all fields', (spec) => {
    checkComplete(eventsOf(spec, body));
  });

  test('any text in any number of deltas has them too', () => {
    const counts = fc.record({ n: fc.nat(40), size: fc.nat(40) });
    fc.assert(
      fc.property(counts, ({ n, size }) => {
        const events = eventsOf(`text n=${n} size=${size}`);
        checkComplete(events);
        expect(part(part(events.at(-1)?.['response'], 'usage'), 'output_tokens')).toBe(n);
      }),
    );
  });

  test('ids follow from the running number and the item index', () => {
    const ids = eventsOf('tool calls=2 say=x', body).flatMap((one) => part(one['item'], 'id') ?? []);
    expect([...new Set(ids)]).toEqual(['msg_1_0', 'fc_1_1', 'fc_1_2']);
    expect(part(eventsOf('text')[0]?.['response'], 'id')).toBe('resp_000001');
  });

  test('usage can be set', () => {
    const last = eventsOf('text in=100 cached=9 out=5 reasoning=2 cachewrite=3').at(-1);
    expect(part(last?.['response'], 'usage')).toEqual({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 9, cache_write_tokens: 3 },
      output_tokens: 5,
      output_tokens_details: { reasoning_tokens: 2 },
      total_tokens: 105,
    });
  });

  test('input tokens do not depend on minted ids', () => {
    const input = (id: string): Json => ({
      input: [{ type: 'message', id, role: 'user', content: [{ type: 'input_text', text: 'hello' }] }],
    });
    expect(eventsOf('text', input('msg_1')).at(-1)).toEqual(eventsOf('text', input('msg_another')).at(-1));
  });

  test('no summary events when none was asked for', () => {
    const types = eventsOf('reason').map((one) => one.type);
    expect(types.some((type) => type.includes('summary'))).toBe(false);
    expect(eventsOf('reason summary=always').some((one) => one.type.includes('summary'))).toBe(true);
  });
});
