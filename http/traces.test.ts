import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Diagnostics, Happenings } from '../actors/diagnostics.ts';
import type { Span } from '../actors/span.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { failed, type Outcome } from '../machines/outcome.ts';
import { closeFronts, startFront, testKey, withKey } from '../testkit/front-end.ts';
import { accountedExample, happeningsHub } from '../testkit/happenings.ts';
import { ask } from '../testkit/raw-client.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { createRedactor } from '../transport/redact.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { HttpHappenings, RequestTold } from './happenings.ts';
import { createServer } from './server.ts';
import { Traces } from './traces.ts';
import { loadUws } from './uws.ts';

const redact = createRedactor({ secrets: [testKey] }).object;

function traced() {
  const { watch, publish } = happeningsHub();
  const clock = new VirtualClock(50_000);
  const spans: Span[] = [];
  let dropped = 0;
  let count = 0;
  const traces = new Traces({
    clock,
    watch,
    told: (span) => spans.push(span),
    dropped: () => {
      dropped += 1;
    },
    spanId: () => String((count += 1)).padStart(16, '0'),
    backendMode: 'app-server',
    redact,
  });
  return { clock, spans, traces, publish, dropped: () => dropped };
}

const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
const parent = '00f067aa0ba902b7';

const request = (id: string, headers: Readonly<Record<string, string>> = {}, route = '/v1/responses'): RequestTold => ({
  id,
  at: 1_000,
  route,
  traceId: headers['traceparent']?.split('-')[1] ?? 'a'.repeat(32),
  head: {
    method: 'POST',
    path: route,
    query: 'key=secret',
    peerIsLoopback: true,
    client: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7),
    lengthsDiffer: false,
    headers: new Map(Object.entries(headers)),
    header: (name) => headers[name] ?? '',
  },
});

const over = (told: RequestTold, more: Partial<HttpHappenings['request.over']> = {}) => ({
  ...told,
  status: 200,
  by: 'answer' as const,
  errorCode: null,
  authorized: true,
  durationMs: 70,
  ...more,
});

const response = 'resp_1' as ResponseId;
const usage = {
  inputTokens: 9,
  cachedInputTokens: 2,
  cacheWriteInputTokens: 0,
  outputTokens: 4,
  reasoningOutputTokens: 1,
  totalTokens: 13,
};
const ended = (outcome: Outcome = { type: 'completed' }): Happenings['response.ended'] => ({
  response,
  slot: 1 as Slot,
  outcome,
  durationMs: 60,
  usage,
  calls: 0,
  gaps: null,
});
const lease = { response, slot: 1 as Slot, epoch: 2 as Epoch, waitedMs: 3 };
const names = { response, threadId: 'T1', turnId: 'U1', upstreamId: 'resp_up' };

describe('one request', () => {
  test.each([true, false])('two spans that join up, whichever is over first: %s', (responseFirst) => {
    const { clock, spans, traces, publish } = traced();
    const told = request('req_1', { traceparent: `00-${trace}-${parent}-01`, tracestate: 'a=1' });
    publish('request.begun', told);
    clock.advance(5);
    publish('response.opened', { request: 'req_1', response, choice: 0 });
    publish('lease.granted', lease);
    publish('turn.bound', { ...names, turnId: null, upstreamId: null });
    publish('turn.bound', names);
    if (responseFirst) publish('response.ended', ended());
    publish('request.over', over(told));
    if (!responseFirst) publish('response.ended', ended());
    expect(traces.open).toBe(0);
    const server = spans.find(({ name }) => name === 'http.server');
    const backend = spans.find(({ name }) => name === 'backend.invoke');
    expect(spans).toHaveLength(2);
    expect(server).toMatchObject({
      kind: 'server',
      traceId: trace,
      parent: { spanId: parent, isRemote: true },
      traceState: 'a=1',
      startedAt: 1_000,
      endedAt: 1_070,
      failed: false,
      facts: {
        'http.method': 'POST',
        'http.route': '/v1/responses',
        'http.target': '/v1/responses',
        'net.peer.ip': '192.0.2.7',
        'http.status_code': 200,
        'codex.request.id': 'req_1',
      },
    });
    expect(backend).toMatchObject({
      kind: 'client',
      traceId: trace,
      parent: { spanId: server?.spanId, isRemote: false },
      startedAt: 1_005,
      endedAt: 1_065,
      failed: false,
      facts: {
        'proxy.route': '/v1/responses',
        'proxy.backend_mode': 'app-server',
        'proxy.backend.outcome': 'completed',
        'gen_ai.operation.name': 'chat',
        'gen_ai.response.id': 'resp_1',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.usage.input_tokens': 9,
        'gen_ai.usage.output_tokens': 4,
        'codex.request.id': 'req_1',
        'codex.response.id': 'resp_1',
        'codex.thread.id': 'T1',
        'codex.turn.id': 'U1',
        'codex.upstream.id': 'resp_up',
        'codex.worker.slot': 1,
        'codex.worker.epoch': 2,
      },
      events: [{ name: 'lease.granted', at: 1_008 }],
    });
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  test('of whom nobody records a trace, none is told; probes only where one brings a trace', () => {
    const { spans, traces, publish } = traced();
    const unwanted = request('req_1', { traceparent: `00-${trace}-${parent}-00` });
    const probe = request('req_2', {}, '/livez');
    const asked = request('req_3', { traceparent: `00-${trace}-${parent}-01` }, '/livez');
    for (const told of [unwanted, probe, asked]) {
      publish('request.begun', told);
      publish('request.over', over(told));
    }
    expect(spans.map(({ facts }) => facts['codex.request.id'])).toEqual(['req_3']);
    expect(traces.open).toBe(0);
  });

  test('a key that a client has put anywhere else is in no span, and what it writes is short', () => {
    const { spans, publish } = traced();
    const told = request('req_1', { 'user-agent': `curl ${testKey}` });
    const head = { ...told.head, method: 'M'.repeat(9_000), path: `/v1/models/${testKey}` };
    publish('request.begun', { ...told, head });
    publish('response.opened', { request: 'req_1', response, choice: 0 });
    publish('response.ended', ended());
    publish('answer.accounted', { ...accountedExample, requestId: 'req_1', requestedModel: testKey });
    publish('request.over', over({ ...told, head }));
    expect(spans.map(({ facts }) => facts['codex.request.id'])).toEqual(['req_1', 'req_1']);
    expect(JSON.stringify(spans)).not.toContain(testKey);
    expect(JSON.stringify(spans).length).toBeLessThan(5_000);
  });

  test('failures are failures of the span where they are ours', () => {
    const { spans, publish } = traced();
    const told = request('req_1');
    publish('request.begun', told);
    publish('response.opened', { request: 'req_1', response, choice: 0 });
    publish('response.ended', ended(failed('worker_exited')));
    publish('request.over', over(told, { status: 503, errorCode: 'worker_not_ready' }));
    const refused = request('req_2');
    publish('request.begun', refused);
    publish('request.over', over(refused, { status: 401, errorCode: 'invalid_api_key' }));
    expect(spans.map((span) => [span.name, span.failed, span.facts['error.type']])).toEqual([
      ['http.server', true, 'worker_not_ready'],
      ['backend.invoke', true, 'worker_exited'],
      ['http.server', false, 'invalid_api_key'],
    ]);
  });
});

test('what is open is bounded, and what finds no room is counted', () => {
  const { spans, traces, publish, dropped } = traced();
  const all = Array.from({ length: 20_010 }, (_, at) => request(`req_${at}`));
  for (const told of all) publish('request.begun', told);
  expect(traces.open).toBe(20_000);
  expect(dropped()).toBe(10);
  for (const told of all) publish('request.over', over(told));
  expect([traces.open, spans.length]).toEqual([0, 20_000]);
});

const { uws } = loadUws();
afterEach(closeFronts);

describe('with the whole front end', () => {
  test('no word of prompt, answer, query or key is in a span', async () => {
    const { spans, publish, traces } = traced();
    const diagnostics: Diagnostics<HttpHappenings> = { publish, watched: () => true };
    const parts = { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint, diagnostics };
    const { port, service } = await startFront(parts, { tracing: true });
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).map((text) => `SECRET ${text}`);
    await fc.assert(
      fc.asyncProperty(words, words, fc.boolean(), fc.boolean(), async (prompt, answer, isChat, stream) => {
        spans.length = 0;
        const path = isChat ? '/v1/chat/completions' : '/v1/responses';
        const said = isChat
          ? { messages: [{ role: 'user', content: prompt }] }
          : { input: prompt, instructions: prompt };
        const traceparent = `00-${trace}-${parent}-01`;
        const headers = { ...withKey, 'content-type': 'application/json', traceparent };
        const body = JSON.stringify({ model: 'codex-5', stream, user: prompt, metadata: { note: prompt }, ...said });
        const asking = ask(port, `${path}?key=SECRET`, { method: 'POST', headers, body });
        const opened = await service.next();
        opened.answer(answer);
        await asking;
        // The fake runtime does not tell its own happenings.
        publish('response.ended', { ...ended(), response: opened.id });
        expect(spans.map(({ name }) => name).toSorted()).toEqual(['backend.invoke', 'http.server']);
        const told = JSON.stringify(spans);
        expect(told).not.toContain('SECRET');
        expect(told).not.toContain(withKey.authorization.slice('Bearer '.length));
        expect(traces.open).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
