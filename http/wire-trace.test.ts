import { expect, test } from 'vitest';
import type { JsonObject } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { headOf, Watchers } from '../testkit/watchers.ts';
import type { HttpHappenings } from './happenings.ts';
import type { WireView } from './shown-wire.ts';
import { WireTrace } from './wire-trace.ts';

const view: WireView = {
  value: (value) => value,
  text: (text) => text,
  headers: (headers) => Object.fromEntries(headers),
};
const [slot, epoch, response] = [0 as Slot, 1 as Epoch, 'resp_1' as ResponseId];

const begin = (bodyBytesMax = 4_096) => {
  const { watch, tell } = new Watchers<HttpHappenings>();
  const records: JsonObject[] = [];
  new WireTrace({ watch, view, bodyBytesMax, now: () => 1_000, write: (record) => records.push(record) });
  const line = (direction: 'in' | 'out', text: string): void =>
    tell('worker.line', { slot, epoch, response: null, direction, line: text });
  return { records, tell, line };
};

const request = { id: 'req_1', at: 0, head: headOf({ accept: '*/*' }), route: '/v1/responses', traceId: null };

test('P-206 one request is told from its head to its end, each record with its id', () => {
  const { records, tell, line } = begin();
  tell('request.begun', request);
  tell('request.read', { request: 'req_1', endpoint: 'responses', head: request.head, bytes: Buffer.from('{"a":1}') });
  tell('response.opened', { request: 'req_1', response, choice: 0 });
  tell('lease.granted', { response, slot, epoch, waitedMs: 1 });
  tell('rpc.sent', { slot, epoch, id: 4, response });
  line('out', '{"method":"thread/start","id":4,"params":{}}\n');
  line('in', '{"id":4,"result":{"thread":{"id":"t-1"}}}');
  tell('turn.bound', { response, threadId: 't-1', turnId: null, upstreamId: null });
  line('in', '{"method":"item/started","params":{"threadId":"t-1"}}');
  tell('answer.begun', {
    request: 'req_1',
    status: 200,
    headers: [['content-type', 'text/event-stream; charset=utf-8']],
  });
  tell('answer.written', { request: 'req_1', bytes: Buffer.from('data: {"x":1}\n\n') });
  tell('answer.written', { request: 'req_1', bytes: new Uint8Array(0) });
  tell('answer.accounted', {
    requestId: 'req_1',
    mode: 'responses_stream',
    toolCalls: 2,
    toolCallsTruncated: 0,
    finishReason: 'tool_calls',
    outputMode: null,
  } as HttpHappenings['answer.accounted']);
  tell('request.over', {
    ...request,
    status: 200,
    by: 'answer',
    errorCode: null,
    authorized: true,
    durationMs: 5,
  } as HttpHappenings['request.over']);
  expect(records.map(({ phase, kind }) => `${phase as string} ${kind as string}`)).toEqual([
    'http_ingress http_request',
    'http_ingress http_body',
    'lifecycle lease_granted',
    'backend_submission rpc_request',
    'backend_io rpc_response',
    'backend_io rpc_notification',
    'client_egress client_head',
    'client_egress client_sse',
    'tool_summary tool_calls',
    'lifecycle request_over',
  ]);
  for (const record of records) expect(record).toMatchObject({ req_id: 'req_1', ts: 1_000, component: 'trace' });
  expect(records[7]).toMatchObject({ route: '/v1/responses', bytes: 15, frames: [{ data: { x: 1 } }] });
});

test('P-206 an answer in one piece is JSON, and several lines of one write are several records', () => {
  const { records, tell, line } = begin();
  tell('answer.begun', { request: 'req_1', status: 404, headers: [['content-type', 'application/json']] });
  tell('answer.written', { request: 'req_1', bytes: '{"error":{}}' });
  line('out', '{"method":"initialized"}\n{"method":"model/list","id":3,"params":{}}\n');
  expect(records.map(({ kind, method }) => [kind, method])).toEqual([
    ['client_head', undefined],
    ['client_json', undefined],
    ['rpc_notification', 'initialized'],
    ['rpc_request', 'model/list'],
  ]);
});

test('P-206 what becomes of workers is told; other lines of the log are not', () => {
  const { records, tell } = begin();
  for (const event of ['worker_ready', 'config']) {
    tell('event.logged', { level: 'info', event, facts: { slot: 0 } } as unknown as HttpHappenings['event.logged']);
  }
  expect(records.map(({ event, slot: of }) => [event, of])).toEqual([['worker_ready', 0]]);
});

test('P-206 a record is bounded by the limit on bodies, whatever comes', () => {
  const { records, tell, line } = begin(64);
  const long = `{"method":"x","params":{"text":"${'x'.repeat(1_000_000)}"}}`;
  line('in', long);
  tell('answer.begun', { request: 'req_1', status: 200, headers: [['content-type', 'text/event-stream']] });
  tell('answer.written', { request: 'req_1', bytes: Buffer.from(`data: ${long}\n\n`.repeat(3)) });
  tell('request.read', { request: 'req_1', endpoint: 'chat', head: request.head, bytes: Buffer.from(long) });
  for (const record of records) expect(JSON.stringify(record).length).toBeLessThan(700);
});
