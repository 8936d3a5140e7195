/**
 * One answer, four ways to read it: Chat and Responses, as a stream and whole. Whatever the model does, however its output is
 * cut into chunks and whatever bounds the request sets, the four tell the same; each is judged from its bytes.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noTerms, type OutputTerms, plainOutput, type Terms, type TextTool } from '../actors/terms.ts';
import { canonicalBlock } from '../actors/tool-block.ts';
import type { TurnEvent, Usage } from '../actors/turn.ts';
import { House, nodeLimits, poolLimits, silent } from '../testkit/house.ts';
import { type Received, receive } from '../testkit/sequences/received.ts';
import { type Json, objectOf } from '../testkit/validator/json.ts';
import { validateChatObject, validateChatStream } from '../testkit/validator/chat.ts';
import { validateErrorBody } from '../testkit/validator/error-body.ts';
import { validateResponseObject, validateResponsesStream } from '../testkit/validator/responses.ts';
import { isChat, isStream, type Mode, type ModeClient, Modes, modes } from '../testkit/world/modes.ts';

/** `batches`: sizes of the chunks, by turns. */
interface Script {
  readonly events: readonly TurnEvent[];
  readonly exits: boolean;
  readonly terms: Terms;
  readonly batches: Readonly<Record<Mode, readonly number[]>>;
}

const block = canonicalBlock('f', '{"a":"1"}');
const word = fc.constantFrom(
  block,
  '<tool_call>{"name":"g","arguments":{}}</tool_call>',
  '<use_tool>',
  'a',
  'b',
  'ab',
  'ba',
  ' ',
  '\n',
  '"',
  'é',
  '😀',
  '\ud83d',
  '{"a":1}',
  '{',
  '}',
);
const words = fc.array(word, { maxLength: 8 });

const message = (id: string) =>
  fc
    .record({ said: words, closed: fc.boolean(), more: fc.option(word) })
    .map(({ said, closed, more }): TurnEvent[] => [
      { type: 'item.opened', item: id, kind: 'message' },
      ...said.map((delta): TurnEvent => ({ type: 'text.delta', item: id, delta })),
      ...(closed || more !== null
        ? [
            { type: 'item.closed', item: id, kind: 'message', text: said.join('') + (more ?? '') } as const,
            { type: 'item.final', item: id, kind: 'message', annotations: [] } as const,
          ]
        : []),
    ]);

const reasoning = (id: string) =>
  fc
    .array(words, { maxLength: 3 })
    .map((parts): TurnEvent[] => [
      { type: 'item.opened', item: id, kind: 'reasoning' },
      ...parts.flatMap((said, index): TurnEvent[] => [
        { type: 'summary.opened', item: id, index },
        ...said.map((delta): TurnEvent => ({ type: 'summary.delta', item: id, index, delta })),
      ]),
      { type: 'item.final', item: id, kind: 'reasoning', annotations: [], encrypted: 'gAAA' },
    ]);

const call = (id: string) =>
  fc
    .tuple(fc.constantFrom('f', 'g'), fc.constantFrom('', '{}', '{"a":"😀"}', '{"n":1.0}'))
    .map(([name, text]): TurnEvent[] => [
      { type: 'call.requested', item: id, kind: 'function_call', callId: `call_${id}`, name, arguments: text },
    ]);

const items = fc
  .array(fc.constantFrom(message, message, reasoning, call), { maxLength: 5 })
  .chain((makers) => fc.tuple(...makers.map((make, index) => make(`it${index}`))))
  .map((made) => made.flat());

const usage: fc.Arbitrary<Usage | null> = fc.option(
  fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })).map(([input, output]) => ({
    inputTokens: input,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens: output,
    reasoningOutputTokens: Math.min(1, output),
    totalTokens: input + output,
  })),
);

const ending = fc.oneof(
  { weight: 4, arbitrary: usage.map((used): TurnEvent[] => [{ type: 'sampling.completed', usage: used }, ended]) },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('max_output_tokens' as const, 'content_filter' as const)
      .map((reason): TurnEvent[] => [{ type: 'turn.ended', outcome: { type: 'incomplete', reason } }]),
  },
  {
    weight: 1,
    arbitrary: fc.constant<TurnEvent[]>([
      { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } },
    ]),
  },
);
const ended: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };

const demand = fc.constantFrom(
  { kind: 'call', param: 'tool_choice' } as const,
  { kind: 'call', param: 'tool_choice', names: ['g'] } as const,
  { kind: 'json_object', param: 'text.format' } as const,
);

const textTool = (name: string): readonly [string, TextTool] => [
  name,
  { tool: { kind: 'function_call', name }, strict: false, schema: {} },
];
const someOutput: fc.Arbitrary<OutputTerms> = fc.record({
  mode: fc.constantFrom('openai-json' as const, 'obsidian-xml' as const),
  textCalls: fc.boolean(),
  textTools: fc.constantFrom(new Map<string, TextTool>(), new Map([textTool('f'), textTool('g')])),
  stopAfterCalls: fc.boolean(),
  stopMode: fc.constantFrom('first' as const, 'burst' as const),
  stopGraceMs: fc.constant(300),
  blocksMax: fc.constantFrom(null, 1, 2),
  suppressTail: fc.boolean(),
  dedup: fc.boolean(),
  delimiter: fc.constantFrom('', '\n'),
  stripAnsi: fc.boolean(),
  sanitize: fc.boolean(),
});
const output = fc.oneof(fc.constant(plainOutput), someOutput);

const terms: fc.Arbitrary<Terms> = fc
  .record({
    output,
    callsMax: fc.option(fc.constant(1)),
    tokensMax: fc.option(fc.integer({ min: 1, max: 6 })),
    stop: fc.array(fc.constantFrom('ab', 'b', 'aba', '😀', '\n', '"a":'), { maxLength: 3 }),
    demands: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: fc.tuple(demand) }),
    strict: fc.boolean(),
  })
  .map((some) => ({ ...noTerms, ...some }));

const chunks = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
const script: fc.Arbitrary<Script> = fc.record({
  events: fc.tuple(items, ending).map(([said, end]) => [...said, ...end]),
  exits: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  terms,
  batches: fc.record({ cs: chunks, cn: chunks, rs: chunks, rn: chunks }),
});

/** Everything that arrives at a client in each way. */
const play = ({ events, exits, terms: asked, batches }: Script): ReadonlyMap<Mode, ModeClient> => {
  const house = new House({ ...nodeLimits, pool: { ...poolLimits, turnsPerWorkerMax: modes.length } }).rise();
  const { clock } = house;
  const front = new Modes({ service: house.node, clock, journal: silent, keepaliveMs: 0, silenceMs: 0, blankMs: 0 });
  const clients = new Map<Mode, ModeClient>();
  const worker = house.launcher.worker(0);
  for (const mode of modes) {
    const handle = house.open({ terms: asked });
    clients.set(mode, front.read(mode, handle, true));
    const rest: TurnEvent[] = [{ type: 'turn.accepted' }, ...(exits ? events.slice(0, -1) : events)];
    for (let turn = 0; rest.length > 0; turn += 1) {
      worker.say(handle.id, ...rest.splice(0, batches[mode][turn % batches[mode].length]));
    }
  }
  if (exits) worker.exit();
  clock.advance(1_000_000);
  expect(house.bugs).toEqual([]);
  return clients;
};

/** Ids are made from the response's own. A stream may have to say that there is no text before it can know it: null is "". */
/** Members of a usage chunk that a body does not have. */
const streamOnly: ReadonlySet<string> = new Set([
  'time_to_first_token_ms',
  'total_duration_ms',
  'time_to_first_token',
  'throughput_after_first_token',
  'emission_trigger',
]);

const anonymous = (value: Json): Json =>
  JSON.parse(
    JSON.stringify(value)
      .replaceAll('"content":null', '"content":""')
      .replaceAll(/(?<=(resp|msg|rs|fc|ctc|call)_)0+\d+/g, 'X'),
    (key, member: Json) => (key === 'created' || streamOnly.has(key) ? undefined : member),
  ) as Json;

/** By the strict validators: the object that a stream adds up to, and the one that a body is. */
const judged = ({ mode, socket }: ModeClient, includeUsage: boolean): Json => {
  const { body, status, headers } = socket;
  if (status !== 200) return objectOf({ failed: validateErrorBody(status, Object.fromEntries(headers), body).code });
  if (mode === 'rs') return validateResponsesStream(body).response;
  if (mode === 'rn') return validateResponseObject(JSON.parse(body.toString()) as Json);
  const chat =
    mode === 'cs'
      ? validateChatStream(body, { includeUsage })
      : validateChatObject(JSON.parse(body.toString()) as Json);
  return { choices: JSON.parse(JSON.stringify(chat.choices)) as Json, usage: chat.usage };
};

/** A message that a call has parted is one text in chat, two items on Responses, between which a client sees a blank line. */
const comparable = <T extends Pick<Received, 'text'>>(read: T, { output: { textCalls, mode } }: Terms): T =>
  textCalls || mode === 'obsidian-xml' ? { ...read, text: read.text.replaceAll('\n', '') } : read;

test('streamed and whole, Chat and Responses tell the same', () => {
  fc.assert(
    fc.property(script, (one) => {
      const clients = [...play(one).values()];
      const told = clients.map((client) => {
        expect(client.failures).toEqual([]);
        const { mode, socket } = client;
        const { events: _, ...read } = receive(mode, socket.status, socket.body, socket.complete);
        return { mode, read, json: anonymous(judged(client, read.usage !== null)) };
      });
      const [first] = told;
      for (const { mode, read } of told) {
        expect([mode, read.end, read.code, read.finish]).toEqual([
          mode,
          first?.read.end,
          first?.read.code,
          first?.read.finish,
        ]);
        // Of a failure a stream has told the beginning, a body nothing; its tokens have a place on Responses alone.
        if (read.end === 'answer')
          expect(comparable(read, one.terms)).toEqual(first && comparable(first.read, one.terms));
      }
      if (first?.read.end !== 'answer') return;
      for (const isOfChat of [true, false]) {
        const [streamed, whole] = [true, false].map(
          (live) => told.find(({ mode }) => isChat(mode) === isOfChat && isStream(mode) === live)?.json,
        );
        expect(streamed).toEqual(whole);
      }
    }),
    { numRuns: 120 },
  );
});
