/** The page as a whole: what it tells, and that clients cannot make it grow. */

import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ToolBufferCounts } from '../actors/tool-buffer.ts';
import { readyHealth } from '../testkit/fake-service.ts';
import { accountedExample, happeningsHub, type RequestExample } from '../testkit/happenings.ts';
import { createMetrics } from './metrics.ts';
import { linesMost, ownSeries, withSeries } from './metrics/metrics-page.ts';
import type { MetricFacts } from './metrics/fact-series.ts';
import { routeTemplate } from './routes.ts';

const facts: MetricFacts = {
  health: readyHealth,
  streams: 3,
  connections: { open: 3, refused: 2 },
  lag: { blocked: 1, bytes: 300, bytesMax: 200 },
  maintenance: true,
  toolBuffer: new ToolBufferCounts(() => 0),
  anomalies: { 'response.late': 2 },
  account: { primary: { usedPercent: 25, windowMinutes: null, resetsAt: null }, secondary: null },
};

const start = () => {
  const hub = happeningsHub();
  const capacity = { turnsMax: 8, queueMax: 4, streamsMax: 20 };
  const spelled = (id: string) => (/^gpt-\d{1,3}$/i.test(id) ? id.toLowerCase() : null);
  const metrics = createMetrics({ watch: hub.watch, spelled, capacity, now: () => 0, ofProcess: false });
  const samples = async (found = facts): Promise<readonly string[]> =>
    (await metrics.page(found)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const having = async (part: string, found = facts): Promise<readonly string[]> =>
    (await samples(found)).filter((line) => line.startsWith(part));
  const request = (asked: Omit<RequestExample, 'route'>): void =>
    hub.request({ ...asked, route: routeTemplate(asked.path) });
  return { ...hub, request, metrics, samples, having };
};

test('P-193 P-195 what is known of workers, streams, queue and sign-in', async () => {
  const lines = await start().samples();
  for (const line of [
    'codex_worker_ready 1',
    'codex_workers_configured 2',
    'codex_workers_ready 1',
    'codex_workers{state="ready"} 1',
    'codex_workers{state="resting"} 1',
    'codex_workers{state="open"} 0',
    'codex_worker_restarts_total 4',
    'codex_worker_restarts_inc_total 4',
    'codex_worker_backoff_ms 500',
    'codex_streams_active 3',
    'codex_streams_limit 20',
    'codex_turns_active 2',
    'codex_turns_limit 8',
    'codex_queue_length 0',
    'codex_queue_limit 4',
    'codex_readers_blocked 1',
    'codex_reader_lag_bytes 300',
    'codex_reader_lag_max_bytes 200',
    'codex_login_state{state="signed_in"} 1',
    'codex_login_state{state="signed_out"} 0',
    'codex_account_limit_used_ratio{window="primary"} 0.25',
    'codex_maintenance_mode 1',
    'codex_protocol_anomalies_total{kind="response.late"} 2',
  ])
    expect(lines).toContain(line);
});

test('P-194 what became of text that was held back, and for two minutes that something was aborted', async () => {
  let now = 0;
  const toolBuffer = new ToolBufferCounts(() => now);
  const { having } = start();
  const samples = () => having('codex_tool_buffer_', { ...facts, toolBuffer });
  const news = toolBuffer.of('obsidian-xml');
  news.started('use_tool');
  news.started('use_tool');
  news.flushed('call');
  toolBuffer.of('openai-json').started('tool_call');
  expect(await samples()).toEqual([
    'codex_tool_buffer_started_total{output_mode="obsidian-xml",reason="use_tool"} 2',
    'codex_tool_buffer_started_total{output_mode="openai-json",reason="tool_call"} 1',
    'codex_tool_buffer_flushed_total{output_mode="obsidian-xml",reason="call"} 1',
    'codex_tool_buffer_anomaly 0',
  ]);
  news.aborted('unclosed');
  expect((await samples()).slice(-2)).toEqual([
    'codex_tool_buffer_aborted_total{output_mode="obsidian-xml",reason="unclosed"} 1',
    'codex_tool_buffer_anomaly 1',
  ]);
  now = 120_000;
  expect((await samples()).at(-1)).toBe('codex_tool_buffer_anomaly 0');
});

test('P-190 a request is counted and timed under its route, its method, its status and the model as it is advertised', async () => {
  const { publish, request, having } = start();
  publish('answer.accounted', { ...accountedExample, requestId: 'req_1', model: 'GPT-5', requestedModel: 'GPT-5' });
  request({ id: 'req_1', path: '/v1/responses', method: 'POST', status: 200, authorized: true, durationMs: 150 });
  request({ id: 'req_2', path: '/v1/usage', method: 'GET', status: 503, authorized: true, durationMs: 60_000 });
  const labels = 'route="/v1/responses",method="POST",status_family="2xx",model="gpt-5"';
  expect(await having(`codex_http_requests_total{${labels}`)).toEqual([`codex_http_requests_total{${labels}} 1`]);
  expect(await having('codex_http_latency_ms_bucket{le="200"')).toContain(
    `codex_http_latency_ms_bucket{le="200",${labels}} 1`,
  );
  expect(await having(`codex_http_latency_ms_sum{${labels}`)).toEqual([`codex_http_latency_ms_sum{${labels}} 150`]);
  const [median] = await having('codex_http_latency_summary_ms{quantile="0.5",route="/v1/responses"');
  expect(Math.abs(Number(median?.split(' ').at(-1)) / 150 - 1)).toBeLessThan(0.05);
  const failed = 'route="/v1/usage",method="GET",status_family="5xx",model="none"';
  expect(await having('codex_http_errors_total{route="/v1/usage"')).toEqual([`codex_http_errors_total{${failed}} 1`]);
  // Nothing was asked of a model.
  expect(await having(`codex_http_latency_ms_bucket{le="+Inf",${failed}`)).toEqual([]);
});

test('P-190 a request that is refused counts for the model that it names, where there is one', async () => {
  const { publish, request, having } = start();
  const asked = { path: '/v1/responses', route: '/v1/responses', method: 'POST', status: 400, authorized: true };
  for (const [index, requestedModel] of ['GPT-5', 'stranger', '', null].entries()) {
    const id = `req_${index}`;
    publish('answer.accounted', { ...accountedExample, requestId: id, model: null, requestedModel, status: 400 });
    request({ ...asked, id, durationMs: 1 });
  }
  const one = 'codex_http_requests_total{route="/v1/responses",method="POST",status_family="4xx"';
  expect((await having(one)).toSorted()).toEqual([
    `${one},model="gpt-5"} 1`,
    `${one},model="none"} 2`,
    `${one},model="other"} 1`,
  ]);
  expect(await having('codex_http_latency_ms_count')).toEqual([]);
});

test('P-191 P-193 a stream that failed before its head is an error of HTTP; what was never admitted has its reason', async () => {
  const { publish, request, having } = start();
  const refused = { ...accountedExample, streaming: true, choices: 1, status: 503, outcome: 'error' } as const;
  publish('answer.accounted', { ...refused, errorCode: 'worker_not_ready' });
  publish('answer.accounted', { ...refused, status: 401, choices: 0, errorCode: 'invalid_api_key' });
  // It had a worker: the provider refused our key.
  publish('answer.accounted', { ...refused, status: 401, choices: 1, errorCode: 'invalid_api_key' });
  expect(await having('codex_stream_')).toEqual([]);
  expect((await having('codex_admission_rejected_total')).filter((line) => !line.endsWith(' 0'))).toEqual([
    'codex_admission_rejected_total{reason="worker_not_ready"} 1',
    'codex_admission_rejected_total{reason="signed_out"} 1',
  ]);
  // Of those no account is kept.
  const asked = { id: 'req_9', path: '/v1/responses', method: 'POST', status: 503, authorized: true, durationMs: 1 };
  request({ ...asked, errorCode: 'gateway_overloaded' });
  expect(await having('codex_admission_rejected_total{reason="gateway_overloaded"}')).toEqual([
    'codex_admission_rejected_total{reason="gateway_overloaded"} 1',
  ]);
  publish('answer.accounted', { ...refused, status: 499, outcome: 'too_slow', errorCode: 'request_aborted' });
  expect(await having('codex_stream_end_total')).toEqual([
    'codex_stream_end_total{route="/v1/responses",model="gpt-5",outcome="too_slow"} 1',
  ]);
});

test('gaps between pieces are added when an answer has ended, and failures are named', async () => {
  const { publish, having } = start();
  const counts = new Uint32Array(13);
  [counts[1], counts[12]] = [3, 1];
  const ended = { response: 'resp_1' as never, slot: null, durationMs: 1, usage: null, calls: 0 };
  const failed = { type: 'failed', failure: { code: 'worker_exited' } } as const;
  publish('response.ended', { ...ended, outcome: failed, gaps: { counts, sumMs: 40_000 } });
  publish('response.ended', { ...ended, outcome: { type: 'completed' }, gaps: null });
  const gaps = await having('codex_inter_token_gap_seconds');
  expect([gaps[0], gaps[1], gaps.at(-3), gaps.at(-2), gaps.at(-1)]).toEqual([
    'codex_inter_token_gap_seconds_bucket{le="0.005"} 0',
    'codex_inter_token_gap_seconds_bucket{le="0.01"} 3',
    'codex_inter_token_gap_seconds_bucket{le="+Inf"} 4',
    'codex_inter_token_gap_seconds_sum 40',
    'codex_inter_token_gap_seconds_count 4',
  ]);
  expect(await having('codex_response_failures_total{code="worker_exited"')).toEqual([
    'codex_response_failures_total{code="worker_exited"} 1',
  ]);
  expect(await having('codex_responses_ended_total{outcome="completed"')).toEqual([
    'codex_responses_ended_total{outcome="completed"} 1',
  ]);
});

const anyRequest = fc.record({
  path: fc.oneof(fc.webPath(), fc.string(), fc.constantFrom('/v1/responses', '/v1/models/x', '/healthz', '/metrics')),
  method: fc.oneof(fc.string(), fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND')),
  status: fc.constantFrom(200, 204, 400, 401, 404, 405, 421, 499, 500, 503),
});

test('P-196 W-53 C-44 what comes without a good key makes no series, whatever it is', async () => {
  const { request, samples } = start();
  const before = (await samples()).length;
  fc.assert(fc.property(anyRequest, (asked) => request({ ...asked, authorized: false, durationMs: 1 })));
  expect((await samples()).length).toBe(before);
});

test('P-196 C-44 ten thousand random paths, methods and models of somebody with a key stay below the bound, label by label', async () => {
  const { publish, request, samples } = start();
  const outcomes = ['ok', 'error', 'timeout', 'aborted', 'tool_cutoff', 'truncated', 'too_slow', 'shutdown'] as const;
  const asked = fc.record({
    request: anyRequest,
    model: fc.oneof(fc.constant(null), fc.string(), fc.stringMatching(/^[gG][pP]t-\d{1,3}$/)),
    outcome: fc.constantFrom(...outcomes),
    route: fc.constantFrom('/v1/responses', '/v1/chat/completions'),
  });
  let number = 0;
  fc.assert(
    fc.property(asked, ({ request: wanted, model, outcome, route }) => {
      const requestId = `req_${(number += 1)}`;
      const record = { ...accountedExample, requestId, route, model, requestedModel: model, outcome, streaming: true };
      publish('answer.accounted', { ...record, status: 200, choices: 1 });
      request({ id: requestId, ...wanted, path: route, method: 'POST', authorized: true, durationMs: number });
      request({ id: 'req_other', ...wanted, authorized: true, durationMs: number });
    }),
    { numRuns: 10_000 },
  );
  const lines = await samples();
  expect(lines.length).toBeLessThanOrEqual(linesMost(ownSeries()));
  const byName = Map.groupBy(lines, (line) => /^\w+?(?=(?:_bucket|_sum|_count)?[{ ])/.exec(line)?.[0]);
  for (const { name, most } of ownSeries()) expect(byName.get(name)?.length ?? 0, name).toBeLessThanOrEqual(most);
  const models = new Set(lines.flatMap((line) => /model="([^"]*)"/.exec(line)?.[1] ?? []));
  expect(models.size).toBe(22);
  for (const model of models) expect(model).toMatch(/^(?:none|other|gpt-\d{1,3})$/);
});

test('P-197 every series has its help and its type before it, and its line in docs/metrics.md', async () => {
  const { metrics } = start();
  const lines = (await metrics.page(facts)).split('\n');
  const page = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');
  const announced = lines.flatMap((line) => /^# TYPE (\w+) (?:counter|gauge|histogram|summary)$/.exec(line)?.[1] ?? []);
  expect(announced.toSorted()).toEqual(metrics.described.map(({ name }) => name).toSorted());
  for (const name of announced) {
    expect(lines.some((line) => line.startsWith(`# HELP ${name} `) && line.length > name.length + 12)).toBe(true);
    expect(page).toContain(`\`${name}\``);
  }
});

test('docs/metrics.md holds the tables as they are', () => {
  const page = readFileSync(new URL('../docs/metrics.md', import.meta.url), 'utf8');
  // `npm run pages` renews it.
  expect(page).toBe(withSeries(page));
});
