/** Traces over OTLP before a toy receiver: the spans of a request, how they join up, and what traces may cost anybody: nothing. */

import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadedMark } from '../module-watch.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../otlp-receiver.ts';
import type { GatewayEnv } from '../gateway.ts';
import { read, readAll, ways } from './ways.ts';
import { serve, type Server } from './server.ts';

const trace = (digit: string): string => digit.repeat(32);
const caller = '00f067aa0ba902b7';
const traced = (id: string, flags = '01') => ({ traceparent: `00-${id}-${caller}-${flags}`, tracestate: 'vendor=x' });

async function receiving(answer?: (response: ServerResponse) => void): Promise<OtlpReceiver> {
  const receiver = await startOtlpReceiver(answer);
  onTestFinished(() => receiver.close());
  return receiver;
}

const wanted = (url: string): GatewayEnv => ({
  PROXY_ENABLE_OTEL: 'true',
  PROXY_OTEL_EXPORTER_URL: url,
  OTEL_EXPORTER_OTLP_HEADERS: 'x-receiver-key=rk-secret',
  PROXY_OTEL_SERVICE_NAME: 'my-gateway',
});

const inTrace = (spans: readonly ReceivedSpan[], id: string): readonly ReceivedSpan[] =>
  spans.filter(({ traceId }) => traceId === id);
const called = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const found = spans.filter((span) => span.name === name);
  expect(found).toHaveLength(1);
  return found[0] as ReceivedSpan;
};

const secret = 'The secret word of the prompt is xylophone.';

test('P-200 the spans of a request join up, in all four ways, and arrive before the end', async () => {
  const receiver = await receiving();
  const server = await serve({ ...wanted(receiver.url), FAKE_CODEX_SCENARIO: 'text text=zebra' });
  for (const [at, way] of ways.entries())
    await read(server, way, { prompt: secret, headers: traced(trace(`${at + 1}`)) });
  await server.chat({ n: 2 }, traced(trace('5')));
  const own = await server.resp({ input: secret });
  await server.get(`/v1/models/none?key=${server.key}`, traced(trace('6')));
  await server.post('/v1/responses?key=hidden', '{bad', traced(trace('7')));
  await server.resp({}, traced(trace('8'), '00'));
  await server.resp({}, { traceparent: `00-${trace('9')}-${caller}-01-more` });
  // What has not been sent is sent now.
  await server.gateway.stop();

  const modes = ['chat_nonstream', 'chat_stream', 'responses_nonstream', 'responses_stream'];
  for (const [at, mode] of modes.entries()) {
    const spans = inTrace(receiver.spans, trace(`${at + 1}`));
    expect(spans).toHaveLength(2);
    const [http, backend] = [called(spans, 'http.server'), called(spans, 'backend.invoke')];
    const route = mode.startsWith('chat') ? '/v1/chat/completions' : '/v1/responses';
    expect(http).toMatchObject({ parentSpanId: caller, kind: 2, traceState: 'vendor=x', failed: false });
    expect(http.facts).toMatchObject({
      'http.method': 'POST',
      'http.route': route,
      'http.target': route,
      'http.status_code': 200,
      'net.peer.ip': '127.0.0.1',
    });
    expect(backend).toMatchObject({ parentSpanId: http.spanId, kind: 3, failed: false, events: ['lease.granted'] });
    expect(backend.facts).toMatchObject({
      'proxy.route': route,
      'proxy.mode': mode,
      'proxy.backend_mode': 'app-server',
      'proxy.model.effective': expect.stringMatching(/^gpt-/),
      'proxy.backend.outcome': 'completed',
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'codex-5',
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.usage.input_tokens': expect.any(Number),
      'gen_ai.usage.output_tokens': expect.any(Number),
      'codex.request.id': http.facts['codex.request.id'],
      'codex.response.id': expect.stringMatching(/^resp_/),
      'codex.thread.id': expect.stringMatching(/./),
      'codex.turn.id': expect.stringMatching(/./),
      'codex.upstream.id': expect.stringMatching(/^resp_\d{6}$/),
      'codex.worker.slot': 0,
      'codex.worker.epoch': 1,
    });
    expect(backend.startNs).toBeGreaterThanOrEqual(http.startNs);
    expect(backend.endNs).toBeGreaterThanOrEqual(backend.startNs);
    expect(http.resource['service.name']).toBe('my-gateway');
  }

  // Each choice is an invocation of its own.
  const choices = inTrace(receiver.spans, trace('5')).filter(({ name }) => name === 'backend.invoke');
  expect(new Set(choices.map(({ facts }) => facts['proxy.choice']))).toEqual(new Set([0, 1]));
  expect(new Set(choices.map(({ facts }) => facts['codex.response.id'])).size).toBe(2);
  // A request that brings no trace has the one of its id, which its answer tells.
  const id = String(own.headers['x-request-id']);
  expect(
    inTrace(receiver.spans, id.replace('req_', ''))
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['backend.invoke', 'http.server']);
  // Templates, and no query.
  const [unknown, bad] = ['6', '7'].map((digit) => called(inTrace(receiver.spans, trace(digit)), 'http.server'));
  expect(unknown?.facts).toMatchObject({ 'http.route': '/v1/models/{id}', 'http.target': '/v1/models/none' });
  expect(bad?.facts).toMatchObject({ 'http.status_code': 400, 'error.type': 'invalid_json' });
  // Whose caller does not record, and whose caller says it wrongly.
  expect([...inTrace(receiver.spans, trace('8')), ...inTrace(receiver.spans, trace('9'))]).toEqual([]);
  // Probes are not traced.
  expect(receiver.spans.map(({ facts }) => facts['http.route'])).not.toContain('/readyz');

  const wire = receiver.bodies.join('\n');
  for (const word of ['xylophone', 'zebra', server.key, 'hidden', 'rk-secret']) expect(wire).not.toContain(word);
  expect(receiver.requests.every(({ headers }) => headers['x-receiver-key'] === 'rk-secret')).toBe(true);
  expect(server.gateway.lines.all.join('\n')).not.toContain('rk-secret');
});

const silent = (): void => {};
const failing = (response: ServerResponse): void => void response.writeHead(500).end('no');

test('P-200 a receiver that is silent, broken or gone changes no answer, and no end', async () => {
  const [mute, broken] = await Promise.all([receiving(silent), receiving(failing)]);
  const urls = [mute.url, broken.url, 'http://127.0.0.1:9/v1/traces'];
  const servers = await Promise.all([serve(), ...urls.map((url) => serve(wanted(url)))]);
  const [plain, ...others] = await Promise.all(servers.map((server) => readAll(server)));
  for (const readings of others) expect(readings).toEqual(plain);
  await Promise.all([mute, broken].map(({ spans }) => until(() => spans.length > 0)));
  // That spans are lost is told, without a word of the receiver's.
  await servers[2]?.gateway.until((line) => line.includes('spans_lost') && line.includes('HTTP 500'));
  await Promise.all(servers.map((server) => server.gateway.stop()));
});

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

const watch = join(import.meta.dirname, '../module-watch.ts');
const loaded = ({ gateway }: Server): readonly string[] =>
  gateway.lines.all.filter((line) => line.includes(loadedMark));

test('P-200 OpenTelemetry is loaded when traces are on and have somewhere to go, and not before', async () => {
  const receiver = await receiving();
  const watched = { MODULE_WATCH: '1', NODE_OPTIONS: `--import=${watch}` };
  const { PROXY_ENABLE_OTEL, PROXY_OTEL_EXPORTER_URL } = wanted(receiver.url) as Record<string, string>;
  const aliases = { OTEL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: `${PROXY_OTEL_EXPORTER_URL}/` };
  const [off, counting, nowhere, unwanted, on] = await Promise.all([
    serve(watched),
    serve({ ...watched, PROXY_ENABLE_METRICS: 'true' }),
    serve({ ...watched, PROXY_ENABLE_OTEL: `${PROXY_ENABLE_OTEL}` }),
    serve({ ...watched, PROXY_OTEL_EXPORTER_URL: `${PROXY_OTEL_EXPORTER_URL}` }),
    serve({ ...watched, ...aliases }),
  ]);
  const all = [off, counting, nowhere, unwanted, on];
  await Promise.all(all.map((server) => server.resp()));
  await Promise.all(all.map((server) => server.gateway.stop()));
  for (const server of [off, nowhere, unwanted]) expect(loaded(server)).toEqual([]);
  // The library for metrics names it.
  expect(loaded(counting)).toEqual([`${loadedMark}api`]);
  expect(loaded(on).length).toBeGreaterThan(2);
  expect(receiver.spans.map(({ name }) => name).toSorted()).toEqual(['backend.invoke', 'http.server']);
  expect(receiver.requests[0]?.path).toBe('/v1/traces');
  expect(nowhere.gateway.lines.all.join('\n')).toContain('has no effect without PROXY_OTEL_EXPORTER_URL');
});
