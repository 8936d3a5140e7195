/** A turn on a worker that says what the test puts into its mouth. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { r1, r2, ScriptedWorker as Bench, someTurn as turn } from '../testkit/scripted-worker.ts';

const delta = (text: string, threadId = 'T1', turnId = 'U1') => ({
  method: 'item/agentMessage/delta',
  params: { threadId, turnId, itemId: 'msg', delta: text },
});
const closed = (threadId = 'T1') => ({ method: 'thread/closed', params: { threadId } });
const completed = { method: 'turn/completed', params: { threadId: 'T1', turn: { id: 'U1', status: 'completed' } } };
const echo = (turnId = 'auto-compact-0') => ({
  method: 'rawResponseItem/completed',
  params: { threadId: 'T1', turnId, item: { type: 'message', role: 'assistant', content: [] } },
});

describe('a turn', () => {
  test('is a thread, its items and a start; one chunk is one batch, in the order of its lines', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.answer('thread/inject_items', {});
    bench.say({ id: bench.idOf('turn/start'), result: { turn: { id: 'U1' } } }, delta('a'), delta('b'), completed);
    expect(bench.methods).toEqual(['thread/start', 'thread/inject_items', 'turn/start']);
    expect(bench.batches).toHaveLength(1);
    expect(bench.types()).toEqual(['turn.accepted', 'text.delta', 'text.delta', 'turn.ended']);
  });

  test('that speaks before it was answered is accepted by that', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.answer('thread/inject_items', {});
    bench.say(echo(), delta('a'));
    bench.answer('turn/start', { turn: { id: 'U1' } });
    expect(bench.types()).toEqual(['turn.accepted', 'text.delta']);
  });

  test('hears nothing of echoes, of other turns and of other threads', () => {
    const bench = new Bench();
    bench.start();
    bench.say(
      echo(),
      delta('x', 'T1', 'U0'),
      delta('x', 'T9'),
      { method: 'item/agentMessage/delta', params: { delta: 'x' } },
      delta('a'),
    );
    expect(bench.types()).toEqual(['turn.accepted', 'text.delta']);
    expect(bench.counts).toEqual(['turn.foreign', 'thread.unknown', 'notification.unknown']);
  });

  test('ends once, and says nothing afterwards', () => {
    const bench = new Bench();
    bench.start();
    const error = { message: 'x', codexErrorInfo: 'serverOverloaded' };
    bench.say({ method: 'error', params: { error, willRetry: false, threadId: 'T1', turnId: 'U1' } });
    bench.say({ method: 'turn/completed', params: { threadId: 'T1', turn: { id: 'U1', status: 'failed', error } } });
    bench.say(delta('late'), completed);
    expect(bench.types()).toEqual(['turn.accepted', 'turn.ended']);
    expect(bench.counts).toEqual(['turn.late', 'turn.late']);
  });

  test('that fails at a step is refused; once it has spoken it ends instead', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.refuse('thread/inject_items', -32600, 'items[0] is not a valid response item: x');
    expect(bench.events()).toMatchObject([{ type: 'turn.refused', failure: { code: 'bad_request' } }]);
    bench.channel.send({ type: 'turn.start', response: r2, turn });
    bench.answer('thread/start', { thread: { id: 'T2' } });
    bench.answer('thread/inject_items', {});
    bench.say(delta('a', 'T2', 'U2'));
    bench.refuse('turn/start', -32603, 'broken');
    expect(bench.events(r2).at(-1)).toMatchObject({
      type: 'turn.ended',
      outcome: { failure: { code: 'worker_error' } },
    });
  });

  test.for(['thread/start', 'thread/inject_items', 'turn/start'])(
    'without an answer to %s is refused in time',
    (step) => {
      const bench = new Bench();
      bench.channel.send({ type: 'turn.start', response: r1, turn });
      if (step !== 'thread/start') bench.answer('thread/start', { thread: { id: 'T1' } });
      if (step === 'turn/start') bench.answer('thread/inject_items', {});
      bench.clock.advance(9_999);
      expect(bench.types()).toEqual([]);
      bench.clock.advance(2);
      expect(bench.events()).toEqual([{ type: 'turn.refused', failure: { code: 'worker_request_timeout' } }]);
    },
  );

  test('with images has longer to tell what was said before', () => {
    const bench = new Bench();
    const image = { type: 'input_image', image_url: 'data:image/png;base64,' };
    const items = [
      { type: 'message', role: 'user', content: [image, { type: 'input_text', text: 'x' }] },
      { type: 'function_call_output', call_id: 'c', output: [image] },
      { type: 'function_call_output', call_id: 'd', output: 'input_image' },
    ];
    bench.channel.send({ type: 'turn.start', response: r1, turn: { ...turn, items } });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.clock.advance(17_990);
    expect(bench.events()).toEqual([]);
    bench.clock.advance(20);
    expect(bench.events()).toEqual([{ type: 'turn.refused', failure: { code: 'worker_request_timeout' } }]);
  });

  test('on an overloaded worker is refused as busy', () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    for (let tries = 0; tries < 6; tries += 1) {
      bench.refuse('thread/start', -32001, 'Server overloaded; retry later.');
      bench.clock.advance(2_000);
    }
    expect(bench.events()).toEqual([{ type: 'turn.refused', failure: { code: 'worker_busy' } }]);
  });

  test('that the system refuses something to is no fault of the client, and the worker is worn', async () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    const reason = 'Failed to read requirements file /etc/x.toml: No file descriptors available (os error 24)';
    bench.refuse('thread/start', -32600, `failed to load configuration: ${reason}`);
    expect(bench.events()).toEqual([{ type: 'turn.refused', failure: { code: 'worker_not_ready' } }]);
    expect(bench.facts).toMatchObject([{ type: 'wear.observed' }]);
  });

  test('leaves calls of its tools open; calls for nobody are refused', () => {
    const bench = new Bench();
    bench.start();
    const { length } = bench.sent;
    bench.say({ method: 'item/tool/call', id: 0, params: { threadId: 'T1', callId: 'c' } });
    bench.say({ method: 'item/tool/call', id: 1, params: { threadId: 'T9', callId: 'c' } });
    expect(bench.sent.slice(length)).toEqual([{ id: 1, error: { code: -32601, message: 'method not found' } }]);
  });

  test('whose thread vanishes has failed, and is closed only when it is stopped', async () => {
    const bench = new Bench();
    bench.start();
    bench.say(closed());
    expect(bench.events().at(-1)).toMatchObject({ type: 'turn.ended', outcome: { failure: { code: 'worker_error' } } });
    expect(bench.types()).not.toContain('turn.closed');
    await bench.stop();
    expect(bench.types().at(-1)).toBe('turn.closed');
  });
});

describe('a stop', () => {
  test('of a running turn interrupts and unsubscribes in one write', async () => {
    const bench = new Bench();
    bench.start();
    const { length } = bench.writes;
    await bench.stop();
    expect(bench.writes).toHaveLength(length + 1);
    expect(bench.sent.slice(-2)).toMatchObject([
      { method: 'turn/interrupt', params: { threadId: 'T1', turnId: 'U1' } },
      { method: 'thread/unsubscribe', params: { threadId: 'T1' } },
    ]);
    bench.answer('thread/unsubscribe', { status: 'unsubscribed' });
    bench.say(delta('late'), closed());
    expect(bench.types()).toEqual(['turn.accepted', 'turn.closed']);
  });

  test('of a turn whose id is not known yet interrupts whatever is active', async () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.answer('thread/start', { thread: { id: 'T1' } });
    bench.answer('thread/inject_items', {});
    await bench.stop();
    expect(bench.sent.at(-2)).toMatchObject({ method: 'turn/interrupt', params: { turnId: '' } });
    bench.answer('turn/start', { turn: { id: 'U1' } });
    bench.say(closed());
    expect(bench.types()).toEqual(['turn.closed']);
  });

  test('makes the end a cancellation, however the turn ends', async () => {
    const bench = new Bench();
    bench.start();
    await bench.stop();
    bench.say(delta('lost'), completed);
    expect(bench.events().slice(1)).toEqual([{ type: 'turn.ended', outcome: { type: 'cancelled' } }]);
  });

  test('of a turn that has ended only unsubscribes', async () => {
    const bench = new Bench();
    bench.start();
    bench.say(completed);
    await bench.stop();
    expect(bench.methods.slice(3)).toEqual(['thread/unsubscribe']);
  });

  test('before there is a thread waits for it, or for its failure', async () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.channel.send({ type: 'turn.start', response: r2, turn });
    await bench.stop(r1);
    await bench.stop(r2);
    bench.refuse('thread/start', -32603, 'x');
    expect(bench.types(r2)).toEqual(['turn.closed']);
    bench.say({ id: 1, result: { thread: { id: 'T1' } } });
    expect(bench.methods.at(-1)).toBe('thread/unsubscribe');
    bench.answer('thread/unsubscribe', { status: 'unsubscribed' });
    bench.say(closed());
    expect(bench.types(r1)).toEqual(['turn.closed']);
  });

  test('of a thread that comes to life too late still lets it go', async () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.start', response: r1, turn });
    bench.clock.advance(10_001);
    await bench.stop();
    expect(bench.types()).toEqual(['turn.refused', 'turn.closed']);
    bench.say({ id: 1, result: { thread: { id: 'T1' } } });
    expect(bench.sent.at(-1)).toMatchObject({ method: 'thread/unsubscribe', params: { threadId: 'T1' } });
  });

  test('of a response that is not known is answered, but not from within send', async () => {
    const bench = new Bench();
    bench.channel.send({ type: 'turn.stop', response: r1 });
    expect(bench.types()).toEqual([]);
    await Promise.resolve();
    expect(bench.types()).toEqual(['turn.closed']);
  });

  test.for(['notSubscribed', 'notLoaded'])('of a thread that is %s closes the turn', async (status) => {
    const bench = new Bench();
    bench.start();
    await bench.stop();
    bench.answer('thread/unsubscribe', { status });
    bench.say(closed());
    expect(bench.types()).toEqual(['turn.accepted', 'turn.closed']);
  });

  test('survives the races of the protocol', async () => {
    const bench = new Bench();
    bench.start();
    await bench.stop();
    bench.refuse('turn/interrupt', -32600, 'no active turn to interrupt');
    bench.refuse('thread/unsubscribe', -32600, 'thread not found: T1');
    expect(bench.types()).toEqual(['turn.accepted', 'turn.closed']);
    expect(bench.counts).toEqual([]);
  });

  test('that is never completed wears the worker out', async () => {
    const bench = new Bench();
    bench.start();
    await bench.stop();
    bench.answer('thread/unsubscribe', { status: 'unsubscribed' });
    bench.clock.advance(5_001);
    expect(bench.facts).toMatchObject([{ type: 'wear.observed' }]);
    expect(bench.types()).not.toContain('turn.closed');
  });

  test('at any moment is answered by exactly one turn.closed, with a thread that is let go', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(7), fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), async (stopAt, joined) => {
        const bench = new Bench();
        let stopped = false;
        const open = new Map<string, (id: unknown) => object[]>([
          ['thread/start', (id) => [{ id, result: { thread: { id: 'T1' } } }]],
          ['thread/inject_items', (id) => [echo(), { id, result: {} }]],
          ['turn/start', (id) => [{ id, result: { turn: { id: 'U1' } } }, delta('a')]],
          ['turn/interrupt', (id) => [{ id, result: {} }]],
          ['thread/unsubscribe', (id) => [{ id, result: { status: 'unsubscribed' } }, closed()]],
        ]);
        bench.channel.send({ type: 'turn.start', response: r1, turn });
        let answered = 0;
        let held: object[] = [];
        for (let step = 0; step < 12; step += 1) {
          if (step === stopAt) {
            stopped = true;
            await bench.stop();
          }
          const request = bench.sent[answered];
          if (request !== undefined) {
            answered += 1;
            held.push(...(open.get(String(request['method']))?.(request['id']) ?? []));
          }
          // Answers may come together or apart.
          if (joined[step] === true) continue;
          bench.say(...held);
          held = [];
        }
        bench.say(...held);
        expect(stopped).toBe(true);
        expect(bench.types().filter((type) => type === 'turn.closed')).toHaveLength(1);
        expect(bench.types().at(-1)).toBe('turn.closed');
        expect(bench.methods.filter((method) => method === 'thread/unsubscribe')).toHaveLength(1);
        expect(bench.methods.filter((method) => method === 'turn/interrupt').length).toBe(
          bench.methods.includes('turn/start') ? 1 : 0,
        );
      }),
    );
  });
});
