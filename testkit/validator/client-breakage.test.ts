import { describe, expect, test } from 'vitest';
import { bodyFixture, bytesOf, type Frame, framesOf, responsesFixtures, responsesText } from '../fixtures/fixture.ts';
import { validateChatObject } from './chat.ts';
import type { JsonObject } from './json.ts';
import { drop, every, insert, judged, last, type Row, ruleOf, set } from './mutation.ts';
import { validateResponseObject, validateResponsesMessages, validateResponsesStream } from './responses.ts';

const added = 'response.output_item.added';
const done = 'response.output_item.done';
const partAdded = 'response.content_part.added';
const delta = 'response.output_text.delta';
const argsDelta = 'response.function_call_arguments.delta';
const [a, b, c, d] = responsesFixtures;

const rows: readonly Row[] = [
  ['1 no terminal event', a, 3, drop('response.completed')],
  ['3 failed without error', d, 3, drop('error')],
  ['4 error without failed', d, 3, drop('response.failed')],
  ['6 starts with in_progress', a, 3, drop('response.created')],
  ['6 starts with queued', a, 3, set('response.created', 'type', 'response.queued')],
  ['6 starts with keepalive', a, 2, insert(0, { type: 'keepalive' })],
  ['7 unknown event', a, 2, insert(4, { type: 'response.heartbeat' })],
  ['7 prefixed event', a, 2, insert(4, { type: 'codex:progress' })],
  [
    '7 event without opt-in',
    b,
    2,
    insert(4, {
      type: 'response.reasoning_text.delta',
      item_id: 'rs_b1',
      output_index: 0,
      content_index: 0,
      delta: 'x',
    }),
  ],
  ['8 other response id at the end', a, 4, last('response.id', 'resp_other')],
  ['8 no response id at the end', a, 4, last('response.id', undefined)],
  ['9 no output_item.added', a, 5, drop(added)],
  ['10 no output_item.done', a, 7, drop(done)],
  ['10 no output_item.done before the next item', c, 5, drop(done)],
  ['11 no content_part.added', a, 5, drop(partAdded)],
  ['11 wrong content_index', a, 5, set(delta, 'content_index', 1)],
  ['11 wrong output_index', a, 5, set(delta, 'output_index', 1)],
  ['11 wrong item_id', a, 5, set(delta, 'item_id', 'msg_other')],
  ['11 missing content_index', a, 5, set(delta, 'content_index', undefined)],
  ['11 missing output_index', c, 5, set(argsDelta, 'output_index', undefined)],
  ['11 missing item_id', a, 5, set(delta, 'item_id', undefined)],
  ['12 gap in content_index', a, 5, set(partAdded, 'content_index', 1)],
  ['12 gap in summary_index', b, 5, set('response.reasoning_summary_part.added', 'summary_index', 1)],
  ['12 gap in output_index', a, 5, set(added, 'output_index', 1)],
  [
    '12 reused output_index',
    c,
    5,
    (frames) => frames.map((frame) => ('output_index' in frame ? { ...frame, output_index: 0 } : frame)),
  ],
  ['12 reused item id', c, 5, (frames) => JSON.parse(JSON.stringify(frames).replaceAll('fc_c2', 'fc_c1')) as Frame[]],
  [
    '12 reused call_id',
    c,
    5,
    (frames) => JSON.parse(JSON.stringify(frames).replaceAll('call_c2', 'call_c1')) as Frame[],
  ],
  ['13 item id changes', a, 5, set(done, 'item.id', 'msg_other')],
  ['13 item type changes', a, 5, set(done, 'item.type', 'reasoning')],
  ['13 call_id changes', c, 5, set(done, 'item.call_id', 'call_other')],
  ['13 item id changes in the final output', a, 6, last('response.output.0.id', 'msg_other')],
  ['13 call_id changes in the final output', c, 6, last('response.output.0.call_id', 'call_other')],
  ['14 empty output at the end', a, 6, last('response.output', [])],
  ['14 null output at the end', a, 4, last('response.output', null)],
  ['15 completes while an item is open', a, 7, every(drop(done), last('response.output', []))],
  ['16 no call_id', c, 5, set(added, 'item.call_id', undefined)],
  ['16 no item id', c, 5, set(added, 'item.id', undefined)],
  ['16 no final status', c, 5, set(done, 'item.status', undefined)],
  ['17 repeated sequence_number', a, 2, set(partAdded, 'sequence_number', 2)],
  ['17 reset sequence_number', a, 2, set(partAdded, 'sequence_number', 0)],
  ['18 usage as strings', a, 4, last('response.usage.input_tokens', '11')],
  ['19 no annotations in the added part', a, 5, set(partAdded, 'part.annotations', undefined)],
  ['19 no annotations in the item', a, 5, set(done, 'item.content.0.annotations', undefined)],
  ['20 encrypted_content null', b, 5, set(done, 'item.encrypted_content', null)],
  ['20 phase null', a, 5, set(done, 'item.phase', null)],
  ['20 verbosity null', a, 4, set('response.created', 'response.text.verbosity', null)],
  ['20 temperature null', a, 4, set('response.created', 'response.temperature', null)],
  ['23 top-level error null', a, 2, set(delta, 'error', null)],
  ['23 top-level error object', a, 2, set('response.completed', 'error', { message: 'x' })],
];

describe('section 7: what breaks which client', () => {
  test.each(rows)('%s (%s) is refused by rule %i', (_, name, rule, edit) => {
    expect(judged(edit(framesOf(name)))).toBe(rule);
  });

  test.each([
    ['21 a byte order mark', (text: string) => `\uFEFF${text}`],
    ['22 CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['22 id lines', (text: string) => text.replaceAll('event:', 'id: 1\nevent:')],
    ['22 a retry line', (text: string) => `retry: 1000\n${text}`],
    ['24 malformed JSON', (text: string) => text.replace('"delta":', '"delta"')],
    ['24 a repeated member', (text: string) => text.replace('"delta":', '"delta":"x","delta":')],
  ])('%s is refused by rule 1', (_, edit) => {
    expect(ruleOf(() => validateResponsesStream(bytesOf(edit(responsesText(framesOf('responses-a'))))))).toBe(1);
  });

  test('5 error and failed for one turn on a WebSocket is refused by rule 3', () => {
    const messages = framesOf('responses-d').map((frame) => JSON.stringify(frame));
    expect(ruleOf(() => validateResponsesMessages(messages))).toBe(3);
  });

  const lone = { error: { message: 'x', type: 'server_error', param: null, code: 'server_error' } };
  test.each([
    ['response', 4, validateResponseObject],
    ['chat completion', 'chat.shape', validateChatObject],
  ] as const)('35 an error in place of a %s is refused by rule %s', (_, rule, validate) => {
    expect(ruleOf(() => validate(lone))).toBe(rule);
  });

  test('35 a chat completion without choices is refused by rule chat.shape', () => {
    const body = JSON.parse(new TextDecoder().decode(bodyFixture('chat-text'))) as JsonObject;
    expect(ruleOf(() => validateChatObject({ ...body, choices: [] }))).toBe('chat.shape');
  });

  test('39 an unrequested stream_id is refused by rule 2', () => {
    const messages = framesOf('responses-a').map((frame) => JSON.stringify({ ...frame, stream_id: null }));
    expect(ruleOf(() => validateResponsesMessages(messages))).toBe(2);
  });
});
