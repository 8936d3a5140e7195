/** The shim says what `testkit/app-server` says: line for line, but for ids, texts, times and usage. */

import { expect, test } from 'vitest';
import { createManualClock } from '../../testkit/app-server/clock.ts';
import { createAppServer } from '../../testkit/app-server/core.ts';
import type { JsonObject } from '../../testkit/app-server/lines.ts';
import { asString } from '../../testkit/app-server/serde.ts';
import { playText } from '../play.ts';
import { createPacer } from './pacer.ts';
import { createShim } from './shim.ts';

const initialize = {
  clientInfo: { name: 'test', title: null, version: '1' },
  capabilities: { experimentalApi: true, optOutNotificationMethods: ['turn/started', 'thread/started'] },
};
const play = { deltas: 3, bytes: 20, everyMs: 0, batch: 2, delayMs: 0 };
const items = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: playText(play) }] }];

type Line = { readonly [member: string]: unknown };

/** One plain turn, and how a turn is interrupted; what was said after each request. */
function talk(
  start: (emit: (line: string) => void, clock: ReturnType<typeof createManualClock>) => (line: string) => void,
) {
  const clock = createManualClock();
  let said: Line[] = [];
  const receive = start((lines) => {
    for (const line of lines.split('\n')) if (line !== '') said.push(JSON.parse(line) as Line);
  }, clock);
  let id = 0;
  const ask = (method: string, params: JsonObject): readonly Line[] => {
    said = [];
    id += 1;
    receive(JSON.stringify({ method, id, params }));
    clock.drain();
    return said;
  };
  const steps: (readonly Line[])[] = [ask('initialize', initialize), ask('account/read', {}), ask('model/list', {})];
  const answer = ask('thread/start', { ephemeral: true, environments: [], experimentalRawEvents: true });
  const { thread } = (answer[0] as { result: { thread: { id: string } } }).result;
  steps.push(
    answer,
    ask('thread/inject_items', { threadId: thread.id, items }),
    ask('turn/start', { threadId: thread.id, input: [] }),
    ask('turn/interrupt', { threadId: thread.id, turnId: '' }),
    ask('thread/unsubscribe', { threadId: thread.id }),
    ask('server/diagnostics', {}),
    ask('thread/unsubscribe', { threadId: thread.id }),
  );
  return steps;
}

const shim = () =>
  talk((emit, clock) => {
    const pacer = createPacer({ now: clock.now, after: clock.schedule });
    const { receive } = createShim({ clock, pacer, emit, exit: () => {}, pid: 1, codexHome: '/codex-home' });
    return receive;
  });
const fake = () =>
  talk((emit, clock) => {
    const sink = { emit, bytes: () => {}, exit: () => {}, closeStdout: () => {} };
    return createAppServer({ clock, sink, defaultScenario: 'burst n=3 size=20' }).receive;
  });

/** Members in their order, and values where they are no id, no time, no text and no count. */
const shape = (value: unknown, name = ''): unknown => {
  if (Array.isArray(value)) return value.map((one) => shape(one));
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).map(([member, inner]) => [member, shape(inner, member)]);
  if (/id$|text|Bytes$|delta|At$|Ms$|Tokens|_tokens|create_time|userAgent/i.test(name)) return typeof value;
  return value;
};

test('line for line', () => {
  const [mine, theirs] = [shim(), fake()];
  expect(mine.map((lines) => lines.map((line) => shape(line)))).toEqual(
    theirs.map((lines) => lines.map((line) => shape(line))),
  );
});

test('ids are the same within a turn, and different between turns; the text is the sum of the deltas', () => {
  const turn = shim()[5] ?? [];
  const params = turn.slice(1).map((line) => line['params'] as JsonObject);
  const ended = params.at(-1)?.['turn'] as { id: string; items: readonly { id: string; text: string }[] };
  const deltas = params.filter((one) => typeof one['delta'] === 'string');
  expect(deltas.map((one) => [one['turnId'], one['itemId']])).toEqual(deltas.map(() => [ended.id, ended.items[0]?.id]));
  const texts = deltas.map((one) => asString(one['delta']));
  expect([deltas.length, texts.join('')]).toEqual([3, ended.items[0]?.text]);
});
