/** Whatever a worker says in whatever order, and whatever is switched on: no stage breaks, and nothing is left behind. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { House } from '../testkit/house.ts';
import { accepted, code, ended, gone, sampled } from '../testkit/words.ts';
import { noTerms, plainOutput, type TextTool } from './terms.ts';
import { canonicalBlock } from './tool-block.ts';
import type { TurnEvent } from './turn.ts';

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
const events: fc.Arbitrary<TurnEvent | number> = fc.oneof(
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
const outputs = fc.record({
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
const terms = fc.record({
  stop: fc.constantFrom([], ['STOP']),
  tokensMax: fc.constantFrom(null, 1, 30),
  callsMax: fc.constantFrom(null, 1),
});
const ends = fc.constantFrom<'ended' | 'exit' | 'leave' | 'curtail'>('ended', 'exit', 'leave', 'curtail');

test('I-8 each answer ends once, and nothing of it is left', () => {
  fc.assert(
    fc.property(fc.array(events, { maxLength: 14 }), outputs, terms, ends, (steps, output, bounds, end) => {
      const house = new House({ curtailMs: 60_000 }).rise();
      const before = house.clock.pending;
      const handle = house.open({
        streaming: end !== 'curtail',
        terms: { ...noTerms, ...bounds, output: { ...plainOutput, ...output } },
      });
      const leave = handle.read(() => {});
      const worker = house.launcher.worker(0);
      worker.say(handle.id, accepted);
      for (const step of steps) {
        if (typeof step === 'number') house.clock.advance(step);
        else worker.say(handle.id, step);
      }
      if (end === 'ended') worker.say(handle.id, ended);
      else if (end === 'exit') worker.exit();
      else if (end === 'leave') leave();
      else house.clock.advance(60_000);
      worker.say(handle.id, gone);
      expect(house.bugs).toEqual([]);
      expect(handle.log.ending).not.toBeNull();
      expect(code(handle)).not.toBe('internal_error');
      const calls = handle.log.items.filter(({ kind }) => kind === 'function_call').length;
      if (output.blocksMax !== null) expect(calls).toBeLessThanOrEqual(output.blocksMax);
      if (bounds.callsMax !== null) expect(calls).toBeLessThanOrEqual(bounds.callsMax);
      if (end !== 'exit') expect(house.clock.pending).toBeLessThanOrEqual(before);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 200) },
  );
});
