/** The rows of the anomaly catalogue that are about what is said: deltas, items, samplings, calls. */

import fc from 'fast-check';
import type { Step } from '../app-server/script.ts';
import {
  anything,
  chain,
  close,
  completed,
  cut,
  deltas,
  end,
  foreign,
  garbage,
  hang,
  message,
  noise,
  oddDelta,
  open,
  pause,
  pieces,
  question,
  reasoning,
  sampled,
  saying,
  settle,
  sprinkled,
  type Steps,
  usage,
} from './blocks.ts';
import { nameMark, strayText } from './session.ts';
import type { Sketch } from './sketch.ts';

const ok = (steps: fc.Arbitrary<Steps>): fc.Arbitrary<Sketch> =>
  sprinkled(steps).map((mixed) => ({ steps: mixed, ends: 'ok' }));
const plain = (steps: fc.Arbitrary<Steps>, more: Partial<Sketch> = {}): fc.Arbitrary<Sketch> =>
  steps.map((said) => ({ steps: said, ends: 'ok', ...more }));

const torn = fc
  .tuple(fc.constantFrom('a👩‍👧b', '🇳🇴🇸🇪', 'x\ud83d\ude80', '👨‍👩‍👧‍👦', 'e\u0301\ud834\udd1e'), pieces)
  .map(([text, rest]) => saying([nameMark, ...text.split(''), ...rest.join('').split('')]));

/** What a model writes that calls tools in its text; today it is text like any other. */
const block = fc
  .constantFrom('query', 'wéb.search', 'read_file')
  .map((name) => `<use_tool>\n<name>${name}</name>\n<path>${nameMark}</path>\n</use_tool>`);
const metadata = fc
  .constantFrom('session_id: abc\n', 'model: gpt\nprovider: x\n', 'Approval policy: never\n')
  .map((line) => `${nameMark}\n${line}Hello\n${line}`);

const known = fc.constantFrom('lookup_user', 'get_weather');
const json = fc
  .oneof(
    { weight: 3, arbitrary: fc.json({ maxDepth: 1 }) },
    { weight: 1, arbitrary: fc.constantFrom('', '{}', '{"id":"42"}', `{"who":"${nameMark}"}`) },
  )
  .map((text) => (text.startsWith('{') || text === '' ? text : `{"value":${text}}`));
const call = (name: fc.Arbitrary<string>, args: fc.Arbitrary<string>): fc.Arbitrary<Step> =>
  fc.tuple(name, args).map(([named, given]): Step => ({ do: 'call', name: named, arguments: given }));
const calls = (name: fc.Arbitrary<string>, args: fc.Arbitrary<string>, most = 3): fc.Arbitrary<Steps> =>
  fc.array(call(name, args), { minLength: 1, maxLength: most });
const prelude = fc.oneof(fc.constant<Steps>([]), message, reasoning);
/** One long argument in many alphabets. */
const longArguments = fc
  .tuple(fc.constantFrom('é', '漢', '🚀', '\\"', 'x'), fc.integer({ min: 100, max: 2_000 }))
  .map(([unit, times]) => JSON.stringify({ path: nameMark, text: unit.repeat(times) }));

const compaction: Steps = [
  {
    do: 'notify',
    method: 'item/started',
    scope: 'turn',
    params: { item: { type: 'contextCompaction', id: 'cc_1', startedAtMs: 0, completedAtMs: null } },
  },
];
const sampling = (id: string): fc.Arbitrary<Step> => usage.map((told): Step => ({ do: 'sampled', usage: told, id }));

export const textRows: Readonly<Record<string, fc.Arbitrary<Sketch>>> = {
  'A-01': ok(chain([open], deltas, [close], end)),
  'A-02': plain(
    sprinkled(chain(message, end), pause).map((steps) => [...steps, { do: 'answer' }]),
    { answered: 'scripted' },
  ),
  'A-03': ok(chain([open], deltas, end)),
  'A-04': ok(
    chain(
      message,
      sampled.map((step) => [step]),
      [settle, hang],
    ),
  ),
  'A-05': ok(
    fc
      .tuple(fc.boolean(), pieces, end)
      .map(
        ([opened, texts, last]): Steps => [...(opened ? [open] : []), { do: 'close', text: texts.join('') }, ...last],
      ),
  ),
  'A-06': ok(fc.oneof(fc.constant<Steps>([completed]), end)),
  'A-07': plain(chain([open], deltas, [{ do: 'duplicate' }, { do: 'close', raw: false }], end)),
  'A-08': plain(
    fc
      .tuple(pieces, end)
      .map(
        ([texts, last]): Steps => [
          { do: 'open', id: 'msg_early' },
          { do: 'close', text: texts.join(''), raw: false },
          { do: 'open', id: 'msg_early' },
          ...saying(texts),
          ...last,
        ],
      ),
  ),
  'A-09': ok(
    chain(
      [open],
      deltas,
      pieces.map((texts) => [{ do: 'close', text: `Goodbye ${texts.join('')}` }]),
      end,
    ),
  ),
  'A-10': ok(
    fc
      .tuple(pieces, pieces, end)
      .map(
        ([said, rest, last]): Steps => [
          open,
          ...saying(said),
          { do: 'close', text: [...said, ...rest].join('') },
          ...last,
        ],
      ),
  ),
  'A-11': ok(
    fc
      .tuple(fc.array(fc.tuple(fc.boolean(), pieces), { minLength: 2, maxLength: 4 }), end)
      .map(
        ([messages, last]): Steps => [
          ...messages.flatMap(
            ([spoken, texts]): Steps =>
              spoken ? [open, ...saying(texts), close] : [open, { do: 'close', text: texts.join('') }],
          ),
          ...last,
        ],
      ),
  ),
  'A-12': plain(chain(sprinkled(chain([open], deltas), oddDelta, 6), [close], end)),
  'A-13': ok(chain([open], torn, [close], end)),
  'A-15': plain(
    fc
      .tuple(message, fc.nat({ max: 50 }), usage)
      .map(
        ([said, ms, told]): Steps => [
          ...said,
          completed,
          { do: 'sleep', ms },
          { do: 'sampled', usage: told },
          { do: 'usage', usage: told, last: 'same' },
        ],
      ),
  ),
  'A-16': plain(
    chain(
      message,
      fc.oneof(
        fc.tuple(sampling('resp_1'), sampling('resp_1')),
        fc.tuple(sampling('resp_1'), sampling('resp_2')),
        fc.tuple(sampling('resp_1'), sampling('resp_2'), sampling('resp_1')),
        fc.constant<Steps>([{ do: 'sampled', usage: null }]),
        fc.constant<Steps>([]),
      ),
      [settle, completed],
    ),
  ),
  'A-17': plain(
    chain(message, [{ do: 'answer' }, { do: 'line', text: '{"id":987654321,"result":{}}' }], end, [
      completed,
      { do: 'answer' },
      { do: 'complete', status: 'interrupted' },
    ]),
  ),
  'A-18': ok(chain(message, end, [{ do: 'stray', thread: 'own', text: strayText }])),
  'A-19': fc
    .tuple(chain(message, end), fc.array(fc.nat({ max: 3_000 }), { minLength: 1, maxLength: 3 }))
    .map(([steps, waits]) => ({
      ends: 'ok',
      beside: true,
      steps: [
        ...steps,
        ...waits.flatMap(
          (ms): Steps => [
            { do: 'sleep', ms },
            { do: 'stray', thread: 'own', text: strayText },
          ],
        ),
      ],
    })),
  'A-20': plain(chain(sprinkled(chain([open], deltas, [close]), foreign, 6), end)),
  'A-21': ok(
    chain(
      fc.tuple(reasoning, fc.integer({ min: 3, max: 6 })).map(
        ([thoughts, times]): Steps => [
          ...thoughts.slice(0, -1),
          ...Array.from(
            { length: times },
            (): Steps => [
              { do: 'sleep', ms: 4_000 },
              { do: 'thought', text: strayText },
            ],
          ).flat(),
          ...thoughts.slice(-1),
        ],
      ),
      message,
      end,
    ),
  ),
  'A-40': plain(chain(sprinkled(chain([open], deltas, [close]), garbage, 8), end)),
  'A-42': plain(
    chain(
      [open],
      deltas,
      fc
        .uint8Array({ maxLength: 20 })
        .map((bytes): Steps => [{ do: 'bytes', bytes: [...bytes.filter((byte) => byte !== 0x0a), 0xff, 0x0a] }]),
      deltas,
      [close],
      end,
    ),
  ),
  'A-44': plain(sprinkled(chain(message, end), noise, 10)),
  'A-46': plain(chain(sprinkled(chain([open], deltas, [close]), question, 4), end)),
  'A-47': plain(
    chain(
      [open],
      deltas,
      fc
        .array(fc.tuple(fc.nat({ max: 12 }), fc.constantFrom('fake/unknown', 'item/tool/call', 'turn/start')), {
          minLength: 1,
          maxLength: 3,
        })
        .map((asked) => asked.map(([id, method]): Step => ({ do: 'ask', method, params: {}, id }))),
      deltas,
      [close],
      end,
    ),
  ),
  'A-48': plain(
    chain(
      prelude,
      sprinkled(calls(known, json), pause),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
  ),
  'A-49': plain(
    chain(
      prelude,
      fc.oneof(
        calls(fc.constant('unknown_tool'), json),
        calls(known, fc.constantFrom('{', '[1', '{"a":}', 'nonsense'), 1),
      ),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
  ),
  'A-50': plain(
    chain(
      prelude,
      fc.tuple(call(known, json), call(known, json), call(known, json)),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
    { reorder: true },
  ),
  'A-51': sprinkled(chain([open], deltas, deltas, deltas, [close], end), pause, 8).map((steps) => ({
    steps,
    ends: 'ok',
    beside: true,
  })),
  'A-52': plain(
    chain(
      [{ do: 'notify', method: 'turn/started', params: { turn: { status: 'inProgress' } }, scope: 'thread' }, open],
      sprinkled(deltas, pause),
      [
        { do: 'answer' },
        { do: 'notify', method: 'thread/started', params: { thread: { id: 'late' } }, scope: 'thread' },
        close,
      ],
      end,
    ),
    { answered: 'scripted', reorder: true },
  ),
  'A-56': ok(fc.oneof(fc.constant<Steps>([open, completed]), chain([open], end))),
  'A-57': ok(chain(fc.oneof(fc.constant<Steps>([]), message, reasoning), [open], deltas, end)),
  'A-58': ok(
    fc
      .tuple(fc.oneof(message, fc.constant(compaction)), sampling('resp_1'), message, sampling('resp_2'))
      .map(([first, one, second, two]): Steps => [...first, one, settle, ...second, two, settle, completed]),
  ),
  'A-60': plain(
    chain(
      prelude,
      calls(known, longArguments, 1),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
    {
      shredded: true,
    },
  ),
  // Calls in the text and lines of metadata are not looked for: the text has to come as it was said.
  'A-61': ok(
    chain(
      [open],
      fc.tuple(cut(block), cut(block)).map(([one, two]) => saying([...one, ...two, ...one])),
      [close],
      fc.oneof(fc.constant<Steps>([]), calls(known, json, 1)),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
  ),
  'A-62': sprinkled(
    chain([open], cut(block.map((text) => text.slice(0, -7))).map(saying), [{ do: 'exit', code: 1, signal: null }]),
    pause,
  ).map((steps) => ({ steps, ends: 'worker_exited' })),
  'A-63': ok(chain([open], cut(metadata).map(saying), [close], end)),
};

export { anything };
