/** Whatever a worker may say of an answer, and whatever may be asked of it: for properties of the scribe and all below it. */

import fc from 'fast-check';
import { canonicalBlock } from '../actors/tool-block.ts';
import type { TextTool } from '../actors/terms.ts';
import type { TurnEvent } from '../actors/turn.ts';
import { sampled } from './words.ts';

const f = canonicalBlock('f', '{"id":"1"}');
const pieces = fc.constantFrom(
  f,
  '<use_tool>',
  '</use_tool>',
  '<tool_call>{"name":"g"}</tool_call>',
  '<',
  'a',
  ' ',
  '\n',
  'key: 1\n',
  'session_id: 1\n',
  '\u001b[1m',
  '\u001b',
  '\ud83d',
  '\ude00',
  'STOP',
  'ST',
);
const texts = fc.array(pieces, { maxLength: 4 }).map((all) => all.join(''));
const item = fc.constantFrom('a', 'b', 'c');
/** Numbers are milliseconds that pass. */
export const events: fc.Arbitrary<TurnEvent | number> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('text.delta' as const), item, delta: texts }) },
  fc.record({
    type: fc.constant('item.opened' as const),
    item,
    kind: fc.constantFrom('message' as const, 'reasoning' as const),
  }),
  fc.record({
    type: fc.constant('item.closed' as const),
    item,
    kind: fc.constant('message' as const),
    text: texts,
    metadata: fc.constantFrom([], ['key']),
  }),
  fc.record({
    type: fc.constant('item.final' as const),
    item,
    kind: fc.constant('message' as const),
    annotations: fc.constant([{ a: 1 }]),
  }),
  fc.record({ type: fc.constant('summary.delta' as const), item, index: fc.nat(1), delta: fc.constant('so') }),
  fc.record({
    type: fc.constant('call.requested' as const),
    kind: fc.constant('function_call' as const),
    item: fc.constantFrom('x', 'y', 'z'),
    callId: fc.constantFrom('1', '2'),
    name: fc.constantFrom('f', 'g'),
    arguments: fc.constantFrom('{"id":"1"}', '{}', '{'),
  }),
  fc.constant(sampled),
  fc.constant<TurnEvent>({ type: 'upstream.retried' }),
  fc.constantFrom(50, 300, 1_000),
);
export const outputs = fc.record({
  mode: fc.constantFrom('openai-json' as const, 'obsidian-xml' as const),
  textCalls: fc.boolean(),
  textTools: fc.constantFrom(
    new Map<string, TextTool>(),
    new Map([
      [
        'f',
        {
          tool: { kind: 'function_call' as const, name: 'f' },
          strict: true,
          schema: { type: 'object', required: ['id'] },
        },
      ],
    ]),
  ),
  stopAfterCalls: fc.boolean(),
  stopMode: fc.constantFrom('first' as const, 'burst' as const),
  stopGraceMs: fc.constantFrom(0, 300),
  blocksMax: fc.constantFrom(null, 1, 2),
  suppressTail: fc.boolean(),
  dedup: fc.boolean(),
  delimiter: fc.constantFrom('', '\n'),
  stripAnsi: fc.boolean(),
  sanitize: fc.boolean(),
});
export const terms = fc.record({
  stop: fc.constantFrom([], ['STOP']),
  tokensMax: fc.constantFrom(null, 1, 30),
  callsMax: fc.constantFrom(null, 1),
});
