/** The turn is sent together with its conversation: what is told of it, whichever answer comes first. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { r1, ScriptedWorker as Bench, someTurn as turn } from '../testkit/scripted-worker.ts';
import { transportLimits } from '../testkit/transport-limits.ts';

const about = { threadId: 'T1', turnId: 'U1' };
const said = [
  { method: 'turn/started', params: { threadId: 'T1', turn: { id: 'U1' } } },
  { method: 'item/agentMessage/delta', params: { ...about, itemId: 'msg', delta: 'a' } },
  { method: 'thread/tokenUsage/updated', params: { ...about, tokenUsage: { total: { totalTokens: 1 } } } },
  { method: 'turn/completed', params: { threadId: 'T1', turn: { id: 'U1', status: 'completed', error: null } } },
];

const asked = (): Bench => {
  const bench = new Bench();
  bench.channel.send({ type: 'turn.start', response: r1, turn });
  bench.answer('thread/start', { thread: { id: 'T1' } });
  return bench;
};

/** `injected` and `started` anywhere among what is said of the turn, in chunks of any size. */
const arrivals = (first: object, second: object) =>
  fc
    .record({
      at: fc.tuple(fc.nat(said.length), fc.nat(said.length)),
      cuts: fc.array(fc.boolean(), { minLength: said.length + 2, maxLength: said.length + 2 }),
      swapped: fc.boolean(),
    })
    .map(({ at: [one, other], cuts, swapped }) => {
      const lines: object[] = [...said];
      for (const [line, at] of swapped
        ? ([
            [second, other],
            [first, one],
          ] as const)
        : ([
            [first, one],
            [second, other],
          ] as const))
        lines.splice(at, 0, line);
      const chunks: object[][] = [[]];
      for (const [i, line] of lines.entries()) {
        chunks.at(-1)?.push(line);
        if (cuts[i] === true) chunks.push([]);
      }
      return chunks.filter((chunk) => chunk.length > 0);
    });

const injection = 2;
const start = 3;

describe('a turn that is sent with its conversation', () => {
  test('leaves in one write', () => {
    const bench = asked();
    expect(bench.methods).toEqual(['thread/start', 'thread/inject_items', 'turn/start']);
    expect(bench.writes).toHaveLength(2);
  });

  test('is told the same, whenever its requests are answered', () => {
    const answers = [
      { id: injection, result: {} },
      { id: start, result: { turn: { id: 'U1' } } },
    ] as const;
    fc.assert(
      fc.property(arrivals(...answers), (chunks) => {
        const bench = asked();
        for (const chunk of chunks) bench.say(...chunk);
        expect(bench.types()).toEqual(['turn.accepted', 'text.delta', 'usage.observed', 'turn.ended']);
        expect(bench.counts).toEqual([]);
      }),
    );
  });

  test('whose conversation is refused is refused, whatever is said of it, and is interrupted', async () => {
    const refusal = { error: { code: -32600, message: 'items[0] is not a valid response item: x' }, id: injection };
    await fc.assert(
      fc.asyncProperty(arrivals(refusal, { id: start, result: { turn: { id: 'U1' } } }), async (chunks) => {
        const bench = asked();
        for (const chunk of chunks) {
          bench.say(...chunk);
          // As the runtime does it.
          if (bench.types().includes('turn.refused')) await bench.stop();
        }
        expect(bench.events()).toMatchObject([{ type: 'turn.refused', failure: { code: 'bad_request' } }]);
        expect(bench.methods.slice(3)).toEqual(['turn/interrupt', 'thread/unsubscribe']);
        expect(bench.counts).toEqual([]);
        bench.say({ method: 'thread/closed', params: { threadId: 'T1' } });
        expect(bench.types()).toEqual(['turn.refused', 'turn.closed']);
      }),
    );
  });

  test('tells the failure of the first step, whichever is answered first', () => {
    for (const order of [
      [injection, start],
      [start, injection],
    ]) {
      const bench = asked();
      for (const id of order) {
        const code = id === injection ? -32600 : -32603;
        bench.say({ error: { code, message: `step ${id}` }, id });
      }
      expect(bench.events()).toEqual([
        { type: 'turn.refused', failure: { code: 'bad_request', message: `step ${injection}` } },
      ]);
    }
  });

  test.for([
    [injection, start],
    [start, injection],
  ])('is begun on another thread, step by step, when the worker had no time for its conversation', async (order) => {
    const bench = asked();
    for (const id of order) bench.say({ error: { code: -32001, message: 'Server overloaded; retry later.' }, id });
    bench.say({ id: bench.idOf('thread/start'), result: { thread: { id: 'T2' } } });
    bench.answer('thread/unsubscribe', { status: 'unsubscribed' });
    bench.say({ method: 'thread/closed', params: { threadId: 'T1' } });
    expect(bench.methods.at(-1)).toBe('thread/inject_items');
    bench.refuse('thread/inject_items', -32001, 'Server overloaded; retry later.');
    bench.clock.advance(100);
    bench.answer('thread/inject_items', {});
    expect(bench.sent.at(-1)).toMatchObject({ method: 'turn/start', params: { threadId: 'T2' } });
    bench.answer('turn/start', { turn: { id: 'U2' } });
    bench.clock.advance(60_000);
    // The first of these was sent along.
    expect(bench.methods.filter((method) => method === 'turn/start')).toHaveLength(2);
    expect(bench.types()).toEqual(['turn.accepted']);
    await bench.stop();
    bench.say({ method: 'thread/closed', params: { threadId: 'T2' } });
    expect(bench.types()).toEqual(['turn.accepted', 'turn.closed']);
  });

  test('that goes on without its conversation is interrupted, and never heard', () => {
    const bench = asked();
    bench.say({ error: { code: -32001, message: 'Server overloaded; retry later.' }, id: injection });
    expect(bench.sent.slice(3)).toMatchObject([
      { method: 'thread/start' },
      { method: 'turn/interrupt', params: { threadId: 'T1', turnId: '' } },
      { method: 'thread/unsubscribe', params: { threadId: 'T1' } },
    ]);
    bench.say({ id: start, result: { turn: { id: 'U1' } } }, ...said);
    bench.say({ method: 'thread/closed', params: { threadId: 'T1' } });
    expect([bench.types(), bench.counts]).toEqual([[], []]);
  });

  test('has its own time, which begins when its conversation has arrived', () => {
    const bench = asked();
    bench.clock.advance(9_000);
    bench.answer('thread/inject_items', {});
    bench.clock.advance(9_990);
    expect(bench.types()).toEqual([]);
    bench.clock.advance(20);
    expect(bench.types()).toEqual(['turn.refused']);
  });

  test('that is stopped meanwhile loses nothing of what was held, and says nothing after its end', async () => {
    const bench = asked();
    bench.say(...said.slice(0, 2));
    await bench.stop();
    bench.say({ method: 'thread/closed', params: { threadId: 'T1' } });
    bench.say({ id: injection, result: {} }, { id: start, result: { turn: { id: 'U1' } } });
    expect(bench.types()).toEqual(['turn.closed']);
    expect(bench.sent.at(-2)).toMatchObject({ method: 'turn/interrupt', params: { turnId: 'U1' } });
  });

  test('is given up in time, also when its conversation found no time and nobody wants it any more', async () => {
    for (const isStopped of [false, true]) {
      const bench = asked();
      if (isStopped) await bench.stop();
      bench.say({ error: { code: -32001, message: 'Server overloaded; retry later.' }, id: injection });
      bench.answer('thread/unsubscribe', { status: 'notSubscribed' });
      bench.answer('turn/interrupt', {});
      if (!isStopped) bench.answer('thread/start', { thread: { id: 'T2' } });
      if (!isStopped) bench.answer('thread/inject_items', {});
      if (!isStopped) bench.answer('turn/start', { turn: { id: 'U2' } });
      expect(bench.counts).toEqual([]);
      bench.clock.advance(10_001);
      expect([isStopped, bench.counts]).toEqual([isStopped, ['request.expired']]);
    }
  });

  test('is not sent any more when its conversation found no time before it was', () => {
    const bench = new Bench({ limits: { ...transportLimits, requestsInFlightMax: 1 } });
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.refuse('thread/inject_items', -32001, 'Server overloaded; retry later.');
    bench.answer('thread/start', { thread: { id: 'T2' } });
    expect(bench.methods.slice(2)).toEqual(['thread/start', 'thread/unsubscribe']);
  });

  test('is not sent without it when that finds no room', () => {
    const bench = new Bench({ limits: { ...transportLimits, requestsQueuedBytesMax: 10_000 } });
    const items = [{ type: 'message', role: 'user', content: 'x'.repeat(20_000) }];
    bench.channel.send({ type: 'turn.start', response: r1, turn: { ...turn, items } });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.clock.advance(1);
    expect(bench.methods).toEqual(['thread/start']);
    expect(bench.types()).toEqual(['turn.refused']);
  });

  test('leaves nothing behind when the process ends while its first thread is being closed', () => {
    const bench = asked();
    bench.say({ error: { code: -32001, message: 'Server overloaded; retry later.' }, id: injection });
    bench.answer('thread/unsubscribe', { status: 'unsubscribed' });
    bench.process.exited({ code: 0, signal: null, reason: 'exit code 0' });
    expect(bench.clock.pending).toBe(0);
    bench.clock.advance(60_000);
    expect(bench.facts.map(({ type }) => type)).toEqual(['process.exited']);
  });
});
