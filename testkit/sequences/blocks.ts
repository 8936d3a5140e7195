/**
 * The building blocks of generated turns: texts, deltas, noise, pauses, ends. Invariant: whatever is sprinkled into a turn
 * from here means nothing to the answer.
 */

import fc from 'fast-check';
import type { Step } from '../app-server/script.ts';
import type { Usage } from '../app-server/usage.ts';
import { nameMark, pauseMsMax } from './session.ts';

export type Steps = readonly Step[];

/** Words that have hurt: repeats, halves of tags, whitespace, emoji sequences, escapes, bidirectional text, lone halves. */
const words = [
  'ha',
  'bal',
  'loon ',
  ' is 1',
  '100',
  '\n',
  '\n\n',
  '- a',
  '<use_to',
  'ol>',
  '</use_tool>',
  '"\\',
  'data: [DONE]\n\n',
  'event: error\n',
  '\u0000\u001f',
  '\u2028',
  'été',
  '👩‍👧',
  '👨‍👩‍👧‍👦',
  '🇳🇴',
  'e\u0301',
  'שלום',
  '漢字',
  ' ',
  '{"id":"42"}',
  'session_id: x\n',
];
const word = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...words) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: fc.array(fc.nat({ max: 0x10ffff }), { maxLength: 6 }).map((points) => String.fromCodePoint(...points)),
  },
  { weight: 2, arbitrary: fc.constant(nameMark) },
);

/** A text in the pieces in which it is said; never empty as a whole. */
export const pieces: fc.Arbitrary<readonly string[]> = fc
  .tuple(fc.array(word, { maxLength: 6 }), fc.nat({ max: 6 }))
  .map(([said, at]) => said.toSpliced(at, 0, nameMark));

/** The same text, cut anywhere, be it within a character. */
export const cut = (text: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> =>
  fc.tuple(text, fc.array(fc.nat({ max: 200 }), { maxLength: 5 })).map(([whole, places]) => {
    const at = [...new Set(places.map((place) => place % (whole.length + 1)))].toSorted((a, b) => a - b);
    return [0, ...at].map((start, index) => whole.slice(start, at[index])).filter((piece) => piece !== '');
  });

export const saying = (texts: readonly string[]): Steps => texts.map((text) => ({ do: 'delta', text }));
export const deltas: fc.Arbitrary<Steps> = pieces.map(saying);

export const open: Step = { do: 'open' };
export const close: Step = { do: 'close' };
export const settle: Step = { do: 'settle' };
export const hang: Step = { do: 'hang' };
export const completed: Step = { do: 'complete', status: 'completed' };

export const usage: fc.Arbitrary<Usage> = fc.record({
  input: fc.integer({ min: 10, max: 1_000 }),
  cached: fc.nat({ max: 10 }),
  output: fc.integer({ min: 10, max: 1_000 }),
  reasoning: fc.nat({ max: 10 }),
});
export const sampled: fc.Arbitrary<Step> = fc
  .option(usage, { freq: 6 })
  .map((told): Step => ({ do: 'sampled', usage: told }));

/** The usual end of a turn. */
export const end: fc.Arbitrary<Steps> = sampled.map((sampling) => [sampling, settle, completed]);

export const message: fc.Arbitrary<Steps> = fc
  .tuple(deltas, fc.constantFrom('commentary', 'final_answer', undefined))
  .map(([said, phase]) => [phase === undefined ? open : { do: 'open', phase }, ...said, close]);

const thinking = fc.oneof(
  pieces.map((texts): Steps => texts.map((text) => ({ do: 'thought', text }))),
  pieces.map((texts): Steps => [{ do: 'part' }, ...texts.map((text): Step => ({ do: 'summary', text }))]),
);
export const reasoning: fc.Arbitrary<Steps> = fc
  .array(thinking, { minLength: 1, maxLength: 3 })
  .map((parts) => [{ do: 'reason' }, ...parts.flat(), { do: 'reasoned', encrypted: null }]);

export const pause: fc.Arbitrary<Step> = fc
  .oneof({ weight: 4, arbitrary: fc.nat({ max: 5 }) }, { weight: 1, arbitrary: fc.nat({ max: pauseMsMax }) })
  .map((ms): Step => ({ do: 'sleep', ms }));

const note = (method: string, params: Record<string, never> | object, scope: 'turn' | 'thread' | 'none'): Step => ({
  do: 'notify',
  method,
  params: params as never,
  scope,
});

/** Lines that are no messages, and bytes that are no text. */
export const garbage: fc.Arbitrary<Step> = fc.oneof(
  fc
    .constantFrom('{not json', 'plain text', '', '[]', '42', '"x"', 'null', '{"method":7}', '{}', '\r', '{"id":null}')
    .map((text): Step => ({ do: 'line', text })),
  fc
    .array(fc.integer({ min: 0x80, max: 0xff }), { maxLength: 6 })
    .map((bytes): Step => ({ do: 'bytes', bytes: [0x7b, 0x22, ...bytes, 0x22, 0x7d, 0x0a] })),
);

/** Messages that mean nothing to an answer. */
export const noise: fc.Arbitrary<Step> = fc.constantFrom(
  note('fake/heartbeat', { at: 1 }, 'none'),
  note('configWarning', { summary: 'nothing', details: null }, 'none'),
  note('warning', { threadId: null, message: 'a warning without a thread' }, 'none'),
  note('warning', { message: 'a warning with a thread' }, 'thread'),
  note('deprecationNotice', { summary: 'old', details: null }, 'none'),
  note('item/fromTheFuture/delta', { itemId: 'x', delta: 'never seen' }, 'turn'),
  note('item/started', { item: { type: 'fromTheFuture', id: 'x' } }, 'turn'),
  note('item/completed', { item: { type: 'fromTheFuture', id: 'x' } }, 'turn'),
  note('turn/plan/updated', { plan: [] }, 'turn'),
  note('turn/diff/updated', { diff: '' }, 'turn'),
  note('serverRequest/resolved', { requestId: 1 }, 'thread'),
  { do: 'raw', item: { type: 'other' } },
  { do: 'raw', item: { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'a note' }] } },
  { do: 'limits' },
  { do: 'search', query: 'weather' },
);

/** A delta that is none. */
export const oddDelta: fc.Arbitrary<Step> = fc
  .constantFrom({ delta: null }, {}, { delta: 1 }, { delta: { type: 'odd' } }, { delta: [] }, { delta: '' })
  .map((params) => note('item/agentMessage/delta', { itemId: 'msg_odd', ...params }, 'turn'));

export const question: fc.Arbitrary<Step> = fc
  .constantFrom(
    'item/commandExecution/requestApproval',
    'item/fileChange/requestApproval',
    'execCommandApproval',
    'item/tool/requestUserInput',
    'currentTime/read',
  )
  .map((method): Step => ({ do: 'ask', method, params: { itemId: 'x' } }));

/** Words about a thread that is none of ours. */
export const foreign: fc.Arbitrary<Step> = fc
  .constantFrom('unknown' as const, 'none' as const)
  .map((thread): Step => ({ do: 'stray', thread, text: '‡stray‡' }));

export const anything: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: pause },
  { weight: 2, arbitrary: noise },
  { weight: 1, arbitrary: garbage },
  { weight: 1, arbitrary: foreign },
  { weight: 1, arbitrary: question },
);

/** Puts some of `seasoning` between the steps. */
export const sprinkled = (
  steps: fc.Arbitrary<Steps>,
  seasoning: fc.Arbitrary<Step> = anything,
  most = 3,
): fc.Arbitrary<Steps> =>
  fc
    .tuple(steps, fc.array(fc.tuple(fc.nat({ max: 30 }), seasoning), { maxLength: most }))
    .map(([plain, added]) =>
      added.reduce<Steps>((mixed, [at, step]) => mixed.toSpliced(at % (mixed.length + 1), 0, step), plain),
    );

/** One after the other. */
export const chain = (...parts: readonly (fc.Arbitrary<Steps> | Steps)[]): fc.Arbitrary<Steps> =>
  fc
    .tuple(...parts.map((part) => (part instanceof fc.Arbitrary ? part : fc.constant(part))))
    .map((steps) => steps.flat());

export const single = (one: fc.Arbitrary<Step>): fc.Arbitrary<Steps> => one.map((only) => [only]);
/** A message that is not finished. */
export const someText = chain([open], sprinkled(deltas, pause));
export const exit: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { do: 'exit', code: 0, signal: null },
  { do: 'exit', code: 1, signal: null },
  { do: 'exit', code: null, signal: 'SIGKILL' },
  { do: 'exit', code: null, signal: 'SIGSEGV' },
);
