/** The rows of the anomaly catalogue that are about tool calls, and about text that looks like one. */

import fc from 'fast-check';
import type { Step } from '../app-server/script.ts';
import {
  chain,
  close,
  completed,
  cut,
  end,
  message,
  open,
  pause,
  reasoning,
  sampled,
  saying,
  settle,
  sprinkled,
  type Steps,
} from './blocks.ts';
import { nameMark } from './session.ts';
import { ends, ok, type Sketch } from './sketch.ts';

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

export const callRows: Readonly<Record<string, fc.Arbitrary<Sketch>>> = {
  'A-48': ends(
    'ok',
    chain(
      prelude,
      sprinkled(calls(known, json), pause),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
  ),
  'A-49': ends(
    'ok',
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
  'A-50': ends(
    'ok',
    chain(
      prelude,
      fc.tuple(call(known, json), call(known, json), call(known, json)),
      sampled.map((step) => [step]),
      [settle, completed],
    ),
    { reorder: true },
  ),
  'A-60': ends(
    'ok',
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
