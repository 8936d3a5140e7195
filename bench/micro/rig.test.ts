/** The whole way of a delta, from a chunk of a worker to the answers of clients. */

import { afterEach, describe, expect, test } from 'vitest';
import { Rig } from './rig.ts';

const rigs: Rig[] = [];
const started = async (): Promise<Rig> => {
  const rig = await Rig.start();
  rigs.push(rig);
  return rig;
};
afterEach(() => {
  for (const rig of rigs.splice(0)) rig.stop();
});

test('everybody who keeps records of a response has done so when it is over', async () => {
  const rig = await started();
  const before = rig.records.lines();
  const { response, lines } = await rig.ask('/v1/responses');
  rig.worker.say(Buffer.from(lines.opened() + lines.delta('text') + lines.closed('text')));
  await rig.settle();
  expect(response.ended).toBe(true);
  expect(rig.records.lines() - before).toBeGreaterThanOrEqual(3);
  const [line = ''] = await rig.records.usage.book.latest(1);
  expect(JSON.parse(line)).toMatchObject({ event: 'usage_summary', outcome: 'ok', prompt_tokens: 10 });
  expect(rig.records.store.has('resp_000000000000000000000002')).toBe(true);
});

describe('what a worker writes', () => {
  test('is read whatever its clients do: one that reads nothing holds up neither the worker nor its neighbours', async () => {
    const rig = await started();
    const slow = await rig.ask('/v1/responses');
    const fast = await rig.ask('/v1/responses');
    for (const { lines } of [slow, fast]) rig.worker.say(Buffer.from(lines.opened() + lines.delta('a')));
    slow.response.blocked = true;
    for (let at = 0; at < 500; at += 1)
      rig.worker.say(Buffer.from(slow.lines.delta('some') + fast.lines.delta('some')));
    const text = `a${'some'.repeat(500)}`;
    rig.worker.say(Buffer.from(slow.lines.closed(text) + fast.lines.closed(text)));
    await rig.settle();
    expect(fast.response.ended).toBe(true);
    expect(slow.response.ended).toBe(false);
    expect(slow.response.writes).toBeLessThan(10);
    for (let at = 0; at < 50 && !slow.response.ended; at += 1) slow.response.drain();
    // All of it, and in few writes: its cursor catches up.
    expect([slow.response.ended, slow.response.bytes]).toEqual([true, fast.response.bytes]);
    expect(slow.response.writes).toBeLessThan(fast.response.writes / 10);
  });

  test('at once is written at once: one write for each answer, however many deltas it was', async () => {
    const rig = await started();
    const asked = [await rig.ask('/v1/responses'), await rig.ask('/v1/chat/completions')];
    for (const { lines } of asked) rig.worker.say(Buffer.from(lines.opened() + lines.delta('a')));
    const before = asked.map(({ response }) => response.writes);
    rig.worker.say(
      Buffer.from(
        asked
          .map(({ lines }) => lines.delta('b').repeat(100))
          .join('')
          .repeat(2),
      ),
    );
    expect(asked.map(({ response }, at) => response.writes - (before[at] ?? 0))).toEqual([1, 1]);
  });
});
