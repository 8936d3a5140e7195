import { expect, test } from 'vitest';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { Watchers } from '../testkit/watchers.ts';
import type { HttpHappenings } from './happenings.ts';
import { LineOrigins, linesOf, messageOf } from './line-origins.ts';

const [slot, epoch, response] = [0 as Slot, 1 as Epoch, 'resp_1' as ResponseId];

const begin = () => {
  const { watch, tell } = new Watchers<HttpHappenings>();
  const origins = new LineOrigins(watch);
  const of = (direction: 'in' | 'out', message: Parameters<LineOrigins['of']>[1], owner: ResponseId | null = null) =>
    origins.of({ slot, epoch, response: owner, direction, line: '' }, message);
  tell('response.opened', { request: 'req_1', response, choice: 0 });
  return { tell, of };
};

const mine = { request: 'req_1', response };

test('P-206 a request of JSON-RPC, its answer and what is said of its thread belong to the request that they are for', () => {
  const { tell, of } = begin();
  tell('rpc.sent', { slot, epoch, id: 4, response });
  expect(of('out', { method: 'thread/start', id: 4, params: {} })).toMatchObject({ ...mine, kind: 'rpc_request' });
  expect(of('in', { id: 4, result: { thread: { id: 't-1' } } })).toMatchObject({
    ...mine,
    kind: 'rpc_response',
    method: 'thread/start',
    thread: 't-1',
  });
  tell('turn.bound', { response, threadId: 't-1', turnId: null, upstreamId: null });
  const params = { threadId: 't-1' };
  expect(of('in', { method: 'item/started', params })).toMatchObject({ ...mine, kind: 'rpc_notification' });
  expect(of('out', { method: 'thread/unsubscribe', id: 5, params })).toMatchObject(mine);
  expect(of('in', { id: 5, error: { code: 1 } })).toMatchObject({
    ...mine,
    kind: 'rpc_error',
    method: 'thread/unsubscribe',
  });
});

test('P-206 what the worker asks is counted by the worker, and what it says of itself is nobody else’s', () => {
  const { tell, of } = begin();
  tell('rpc.sent', { slot, epoch, id: 4, response });
  const nobody = { request: null, response: null };
  expect(of('in', { method: 'item/tool/call', id: 4, params: { threadId: 'unknown' } })).toMatchObject(nobody);
  expect(of('out', { id: 4, error: {} })).toMatchObject({ ...nobody, method: null });
  expect(of('in', { method: 'account/updated', params: {} })).toMatchObject(nobody);
  expect(of('in', {})).toMatchObject({ ...nobody, kind: 'line' });
});

test('P-206 in a process of its own each line belongs to its response', () => {
  expect(begin().of('in', { msg: { type: 'agent_message' } }, response)).toMatchObject({ ...mine, kind: 'line' });
});

test('what is remembered is bounded: the oldest is forgotten', () => {
  const { tell, of } = begin();
  for (let index = 0; index <= 5_000; index += 1) {
    tell('turn.bound', { response, threadId: `t-${index}`, turnId: null, upstreamId: null });
  }
  const at = (index: number) => of('in', { method: 'x', params: { threadId: `t-${index}` } }).response;
  expect([at(0), at(5_000)]).toEqual([null, response]);
});

test('lines are parsed one by one, and what is no object is nothing', () => {
  expect(linesOf('{"a":1}\n{"b":2}\n')).toEqual(['{"a":1}', '{"b":2}']);
  expect(['{"a":1}', '[1]', '{', '1'].map(messageOf)).toEqual([{ a: 1 }, null, null, null]);
});
