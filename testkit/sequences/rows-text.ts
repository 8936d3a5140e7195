/** The rows of the anomaly catalogue that are about what is said: deltas, items, samplings. */

import fc from 'fast-check';
import type { Step } from '../app-server/script.ts';
import {
  chain,
  close,
  completed,
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
import { ends, ok, type Sketch } from './sketch.ts';

const torn = fc
  .tuple(fc.constantFrom('a👩‍👧b', '🇳🇴🇸🇪', 'x\ud83d\ude80', '👨‍👩‍👧‍👦', 'e\u0301\ud834\udd1e'), pieces)
  .map(([text, rest]) => saying([nameMark, ...text.split(''), ...rest.join('').split('')]));

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
  'A-02': ends(
    'ok',
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
  'A-07': ends('ok', chain([open], deltas, [{ do: 'duplicate' }, { do: 'close', raw: false }], end)),
  'A-08': ends(
    'ok',
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
  'A-12': ends('ok', chain(sprinkled(chain([open], deltas), oddDelta, 6), [close], end)),
  'A-13': ok(chain([open], torn, [close], end)),
  'A-15': ends(
    'ok',
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
  'A-16': ends(
    'ok',
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
  'A-17': ends(
    'ok',
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
  'A-20': ends('ok', chain(sprinkled(chain([open], deltas, [close]), foreign, 6), end)),
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
  'A-40': ends('ok', chain(sprinkled(chain([open], deltas, [close]), garbage, 8), end)),
  'A-42': ends(
    'ok',
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
  'A-44': ends('ok', sprinkled(chain(message, end), noise, 10)),
  'A-46': ends('ok', chain(sprinkled(chain([open], deltas, [close]), question, 4), end)),
  'A-47': ends(
    'ok',
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
  'A-51': sprinkled(chain([open], deltas, deltas, deltas, [close], end), pause, 8).map((steps) => ({
    steps,
    ends: 'ok',
    beside: true,
  })),
  'A-52': ends(
    'ok',
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
};
