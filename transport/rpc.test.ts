import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Ids } from '../actors/seams.ts';
import type { ResponseId } from '../machines/ids.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import type { Anomaly } from './counters.ts';
import type { Members } from './json.ts';
import { transportLimits } from '../testkit/transport-limits.ts';
import type { TransportLimits } from './limits.ts';
import { RpcPeer } from './rpc.ts';
import type { RpcReply, RpcRequest } from './rpc-request.ts';

const ids: Ids = { response: () => '' as ResponseId, request: () => '', jitter: () => 0.5 };

const bench = (limits: Partial<TransportLimits> = {}) => {
  const clock = new VirtualClock();
  const writes: string[] = [];
  const counts: Anomaly[] = [];
  const notified: string[] = [];
  let room = true;
  const rpc = new RpcPeer({
    clock,
    ids,
    limits: { ...transportLimits, ...limits },
    count: (anomaly) => counts.push(anomaly),
    write: (text) => {
      writes.push(text);
      return room;
    },
    notified: (method) => notified.push(method),
    requested: (method) => method === 'mine',
  });
  const replies: [string, RpcReply][] = [];
  const call = (method: string, more: Partial<RpcRequest> = {}) =>
    rpc.request({ method, params: {}, deadlineMs: 1_000, settle: (reply) => replies.push([method, reply]), ...more });
  const sent = (): Members[] =>
    writes.flatMap((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Members),
    );
  const fill = (full: boolean): void => {
    room = !full;
  };
  return { clock, writes, counts, notified, rpc, replies, call, sent, fill };
};

const overload = (id: unknown): string => JSON.stringify({ error: { code: -32001, message: 'Server overloaded' }, id });

describe('rpc', () => {
  test('every request is settled exactly once, by its own answer or its own deadline, and no id is used twice', () => {
    const action = fc.oneof(
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant('call' as const),
          urgent: fc.boolean(),
          deadlineMs: fc.integer({ min: 1, max: 3_000 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constantFrom('answer' as const, 'refuse' as const, 'overload' as const),
          which: fc.nat(),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(800) }) },
      {
        weight: 1,
        arbitrary: fc.record({
          do: fc.constant('junk' as const),
          line: fc.constantFrom(
            'null',
            '42',
            '[]',
            '{}',
            '"x"',
            '{',
            '{"id":999,"result":{}}',
            '{"id":"x","error":{}}',
          ),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const { clock, rpc, call, replies, sent } = bench({ requestsInFlightMax: 3, requestsQueuedMax: 5 });
        const settled: number[] = [];
        let calls = 0;
        for (const step of actions) {
          if (step.do === 'call') {
            const call_ = calls;
            calls += 1;
            settled[call_] = 0;
            call(`m${call_}`, {
              urgent: step.urgent,
              deadlineMs: step.deadlineMs,
              settle: () => (settled[call_] = (settled[call_] ?? 0) + 1),
            });
          } else if (step.do === 'wait') clock.advance(step.ms);
          else if (step.do === 'junk') rpc.receive(step.line);
          else {
            const lines = sent();
            const line = lines[step.which % Math.max(1, lines.length)];
            if (line === undefined) continue;
            if (step.do === 'answer') rpc.receive(JSON.stringify({ id: line['id'], result: {} }));
            else if (step.do === 'refuse')
              rpc.receive(JSON.stringify({ error: { code: -32600, message: 'no' }, id: line['id'] }));
            else rpc.receive(overload(line['id']));
          }
        }
        clock.advance(200_000);
        expect(settled).toEqual(Array.from({ length: calls }, () => 1));
        expect(replies).toEqual([]);
        expect(clock.pending).toBe(0);
        const used = sent().map((line) => line['id']);
        expect(new Set(used).size).toBe(used.length);
      }),
    );
  });

  test('at most so many are in flight; clean-up goes first', () => {
    const { rpc, call, sent } = bench({ requestsInFlightMax: 1 });
    call('a');
    call('b');
    call('c', { urgent: true });
    expect(sent().map((line) => line['method'])).toEqual(['a']);
    rpc.receive('{"id":1,"result":{}}');
    rpc.receive('{"id":2,"result":{}}');
    expect(sent().map((line) => line['method'])).toEqual(['a', 'c', 'b']);
  });

  test('an overloaded request is tried six times, ever later, under a new id each time', () => {
    const { rpc, call, sent, replies, clock } = bench();
    call('a', { deadlineMs: 60_000 });
    const times: number[] = [];
    const start = clock.now();
    while (replies.length === 0) {
      const last = sent().at(-1);
      times.push(clock.now() - start);
      rpc.receive(overload(last?.['id']));
      const { length } = sent();
      while (replies.length === 0 && sent().length === length) clock.advance(10);
    }
    expect(times).toEqual([0, 50, 150, 350, 750, 1_550]);
    expect(replies).toEqual([['a', { ok: false, failure: { kind: 'busy' } }]]);
    expect(sent().map((line) => line['id'])).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('a deadline grows with the size of the parameters and never exceeds the general one', () => {
    const { call, clock, replies } = bench({ requestMs: 5_000 });
    call('small', { msPerMegabyte: 1_000 });
    call('large', { params: { text: 'x'.repeat(2_000_000) }, msPerMegabyte: 1_000 });
    call('huge', { params: { text: 'x'.repeat(9_000_000) }, msPerMegabyte: 1_000 });
    const seen = [1_001, 2_000, 2_100].map((ms) => {
      clock.advance(ms);
      return replies.length;
    });
    expect(seen).toEqual([1, 2, 3]);
    expect(replies.map(([, reply]) => reply.ok || reply.failure.kind)).toEqual(['expired', 'expired', 'expired']);
  });

  test('P-157 P-158 a deadline that is set for one request is not shortened by that for all', () => {
    const { call, clock, replies } = bench({ requestMs: 400 });
    call('own', { deadlineMs: 1_500, deadlineOfItsOwn: true });
    call('other', { deadlineMs: 1_500 });
    clock.advance(401);
    expect(replies.map(([method]) => method)).toEqual(['other']);
    clock.advance(1_100);
    expect(replies.map(([method]) => method)).toEqual(['other', 'own']);
  });

  test('a request that never had its turn was refused for lack of room, not of an answer', () => {
    const { call, clock, replies } = bench({ requestsInFlightMax: 1, requestsQueuedMax: 1 });
    call('a');
    call('b', { deadlineMs: 900 });
    call('c');
    clock.advance(1_000);
    expect(replies.map(([method, reply]) => [method, reply.ok || reply.failure.kind])).toEqual([
      ['c', 'busy'],
      ['b', 'busy'],
      ['a', 'expired'],
    ]);
  });

  test('a late answer is counted, and given to whoever still wants it', () => {
    const { rpc, call, clock, counts } = bench();
    const late: unknown[] = [];
    call('a', { late: (result) => late.push(result) });
    clock.advance(1_000);
    rpc.receive('{"id":1,"result":{"x":1}}');
    rpc.receive('{"id":1,"result":{"x":1}}');
    rpc.receive('{"id":7,"result":{}}');
    expect(late).toEqual([{ x: 1 }]);
    expect(counts).toEqual(['request.expired', 'response.late', 'response.late', 'response.unknown']);
  });

  test('requests of the CLI are refused at once, whatever their id; those taken care of stay open', () => {
    const { rpc, call, sent, replies } = bench();
    call('a');
    rpc.receive('{"method":"item/fileChange/requestApproval","id":1,"params":{}}');
    rpc.receive('{"method":"other","id":"s-1"}');
    rpc.receive('{"method":"mine","id":0,"params":{}}');
    expect(sent().slice(1)).toEqual([
      { id: 1, error: { code: -32601, message: 'method not found' } },
      { id: 's-1', error: { code: -32601, message: 'method not found' } },
    ]);
    expect(replies).toEqual([]);
  });

  test('lines that are no messages are counted and skipped', () => {
    const { rpc, counts, notified } = bench();
    for (const line of ['{not json', 'plain text', 'null', '42', '[]', '"x"']) rpc.receive(line);
    rpc.receive('{"method":"heartbeat"}');
    expect(counts).toEqual(Array.from({ length: 6 }, () => 'line.malformed'));
    expect(notified).toEqual(['heartbeat']);
  });

  test('while the pipe is full nothing is written; then everything, in order', () => {
    const { rpc, call, sent, fill } = bench();
    fill(true);
    call('a');
    call('b');
    rpc.receive('{"method":"x","id":5}');
    expect(sent().map((line) => line['method'])).toEqual(['a']);
    fill(false);
    rpc.drained();
    expect(sent().map((line) => line['method'] ?? line['id'])).toEqual(['a', 5, 'b']);
  });

  test('what is corked leaves in one write', () => {
    const { rpc, call, writes } = bench();
    rpc.corked(() => {
      call('a');
      rpc.corked(() => call('b'));
    });
    expect(writes).toHaveLength(1);
  });

  test('cancelled before it was sent, a request never is; afterwards it is settled as ever', () => {
    const { rpc, call, sent, replies } = bench({ requestsInFlightMax: 1 });
    const a = call('a');
    const b = call('b');
    expect([a.cancel(), b.cancel(), b.cancel()]).toEqual([false, true, false]);
    rpc.receive('{"id":1,"result":{}}');
    expect(sent()).toHaveLength(1);
    expect(replies).toHaveLength(1);
  });

  test('closed, it settles nothing and leaves no timer', () => {
    const { rpc, call, clock, replies } = bench({ requestsInFlightMax: 1 });
    call('a');
    call('b');
    rpc.close();
    rpc.receive('{"id":1,"result":{}}');
    call('c');
    expect(clock.pending).toBe(0);
    expect(replies).toEqual([]);
  });
});
