/** What a worker's channel tells to who watches. */

import { expect, test } from 'vitest';
import type { Diagnostics, Happenings } from '../actors/diagnostics.ts';
import { r1, ScriptedWorker, someTurn } from '../testkit/scripted-worker.ts';

type Heard = { [Name in keyof Happenings]: readonly [Name, Happenings[Name]] }[keyof Happenings];

const watching = (watched: boolean) => {
  const heard: Heard[] = [];
  const diagnostics: Diagnostics = {
    watched: () => watched,
    publish: (...told) => heard.push(told as unknown as Heard),
  };
  return { heard, worker: new ScriptedWorker({ diagnostics }) };
};

test('P-206 P-209 each line is told, and before it whose request it is', async () => {
  const { heard, worker } = watching(true);
  await worker.ready();
  heard.length = 0;
  worker.channel.send({ type: 'turn.start', response: r1, turn: someTurn });
  worker.answer('thread/start', { thread: { id: 'thread-1' } });
  const seen = heard.map(([name, told]) =>
    name === 'worker.line' ? [told.direction, told.line.match(/"method":"([^"]+)"/)?.[1] ?? 'answer'] : [name],
  );
  // The turn leaves together with its conversation.
  expect(seen).toEqual([
    ['rpc.sent'],
    ['out', 'thread/start'],
    ['in', 'answer'],
    ['turn.bound'],
    ['rpc.sent'],
    ['rpc.sent'],
    ['out', 'thread/inject_items'],
  ]);
  const [sent] = heard;
  const id = worker.sent.find(({ method }) => method === 'thread/start')?.['id'];
  expect(sent).toEqual(['rpc.sent', { slot: 0, epoch: 1, id, response: r1 }]);
});

test('P-206 where nobody watches, no text is made of a line', async () => {
  const { heard, worker } = watching(false);
  await worker.ready();
  expect(heard.filter(([name]) => name === 'worker.line')).toEqual([]);
});
