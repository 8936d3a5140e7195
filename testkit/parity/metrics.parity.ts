/** What `/metrics` tells of a gateway at work, and that nobody can make it tell more and more. */

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from './eventually.ts';
import { type Server, serve, startServer } from './server.ts';

const withMetrics = { PROXY_ENABLE_METRICS: 'true' };
let shared: Server;

beforeAll(async () => {
  shared = await startServer({ ...withMetrics, PROXY_TEST_ENDPOINTS: 'true' });
});
afterAll(() => shared.gateway.kill());

const page = async (server = shared): Promise<string> => (await server.send('GET', '/metrics')).text;
const samplesIn = (text: string): readonly string[] => text.split('\n').filter((line) => /^[^#]/.test(line));
const valueIn = (text: string, series: string): number => {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
};
/** The value of a series now. */
const value = async (series: string, server = shared): Promise<number> => valueIn(await page(server), series);

test('P-190 requests are counted and timed by route, method, status and model in its advertised spelling', async () => {
  await shared.chat({ model: 'CODEX-5' });
  await shared.chat({ model: 'there-is-none' });
  await shared.get('/v1/usage?group=week');
  const text = await page();
  const good = 'route="/v1/chat/completions",method="POST",status_family="2xx",model="codex-5"';
  expect(valueIn(text, `codex_http_requests_total{${good}}`)).toBe(1);
  for (const bound of [50, 100, 200, 400, 800, 1200, 2000, 5000, 10_000, '+Inf'])
    expect(valueIn(text, `codex_http_latency_ms_bucket{le="${bound}",${good}}`)).toBeLessThanOrEqual(1);
  expect(valueIn(text, `codex_http_latency_ms_count{${good}}`)).toBe(1);
  for (const quantile of [0.5, 0.9, 0.95, 0.99])
    expect(valueIn(text, `codex_http_latency_summary_ms{quantile="${quantile}",${good}}`)).toBeGreaterThan(0);
  const bad = 'route="/v1/chat/completions",method="POST",status_family="4xx",model="other"';
  expect(valueIn(text, `codex_http_requests_total{${bad}}`)).toBe(1);
  const usage = 'route="/v1/usage",method="GET",status_family="4xx",model="none"';
  expect(valueIn(text, `codex_http_requests_total{${usage}}`)).toBe(1);
  expect(text).toMatch(/^codex_http_errors_total\{.*status_family="5xx"/m);
});

test('P-191 P-192 streams of both endpoints are timed to their first content and to their end; events are counted', async () => {
  const frames = await shared.respFrames();
  await shared.chatFrames();
  const ended = 'model="codex-5",outcome="ok"';
  const series = (route: string) => `codex_stream_end_total{route="${route}",${ended}}`;
  for (const route of ['/v1/responses', '/v1/chat/completions'])
    await eventually(`the end on ${route}`, async () => (await value(series(route))) === 1);
  const text = await page();
  for (const route of ['/v1/responses', '/v1/chat/completions']) {
    expect(valueIn(text, series(route))).toBe(1);
    const first = valueIn(text, `codex_stream_ttfb_ms_sum{route="${route}",model="codex-5"}`);
    const whole = valueIn(text, `codex_stream_duration_ms_sum{route="${route}",${ended}}`);
    expect(first).toBeGreaterThan(0);
    expect(whole).toBeGreaterThanOrEqual(first);
    for (const bound of [100, 250, 500, 1000, 2000, 5000, 15_000, 60_000, 180_000])
      expect(text).toContain(`codex_stream_duration_ms_bucket{le="${bound}",route="${route}",${ended}} `);
    expect(valueIn(text, `codex_tokens_total{route="${route}",model="codex-5",kind="input"}`)).toBeGreaterThan(0);
  }
  const types = frames.map(({ type }) => type as string);
  for (const event of new Set(types)) {
    const counted = `codex_responses_sse_event_total{route="/v1/responses",model="codex-5",event="${event}"}`;
    expect(valueIn(text, counted), event).toBe(types.filter((type) => type === event).length);
  }
});

test('P-193 P-195 workers, turns, queue and sign-in are told; what never happened is there as 0', async () => {
  await eventually('its workers are idle', async () => (await value('codex_turns_active')) === 0);
  const text = await page();
  const told = {
    codex_worker_ready: 1,
    codex_workers_configured: 1,
    codex_workers_ready: 1,
    'codex_workers{state="ready"}': 1,
    codex_worker_restarts_total: 0,
    codex_worker_restarts_inc_total: 0,
    codex_worker_backoff_ms: 0,
    codex_streams_active: 0,
    codex_turns_active: 0,
    codex_turns_limit: 32,
    codex_queue_length: 0,
    codex_maintenance_mode: 0,
    codex_reader_lag_bytes: 0,
    'codex_login_state{state="signed_in"}': 1,
    'codex_admission_rejected_total{reason="worker_busy"}': 0,
    'codex_dead_letters_total{kind="stream"}': 0,
    'codex_worker_exits_total{reason="crashed"}': 0,
  };
  for (const [series, expected] of Object.entries(told)) expect(valueIn(text, series), series).toBe(expected);
});

const truncated = { FAKE_CODEX_MODE: 'textual_tool', FAKE_CODEX_TRUNCATE_TOOL_XML: '1' };

test('P-194 text that was held back is counted by what became of it, in all three places the same', async () => {
  const server = await serve({ ...withMetrics, PROXY_TEST_ENDPOINTS: 'true', ...truncated });
  await server.chat({ stream: true }, { 'x-proxy-output-mode': 'obsidian-xml' });
  const text = await page(server);
  const summary = (await server.get('/__test/tool-buffer-metrics')).json.summary;
  for (const event of ['started', 'flushed', 'aborted']) {
    const { total, by } = summary[event];
    const lines = samplesIn(text).filter((line) => line.startsWith(`codex_tool_buffer_${event}_total{`));
    const labelled = by.map(
      (one: { output_mode: string; reason: string; count: number }) =>
        `codex_tool_buffer_${event}_total{output_mode="${one.output_mode}",reason="${one.reason}"} ${one.count}`,
    );
    expect(lines).toEqual(labelled);
    expect(total).toBe(lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0));
  }
  expect(summary.started.total).toBeGreaterThan(0);
  expect(summary.aborted.total).toBeGreaterThan(0);
  expect(valueIn(text, 'codex_tool_buffer_anomaly')).toBe(1);
  expect((await server.get('/v1/usage')).json.tool_buffer_metrics).toEqual(summary);
});

const own = async (): Promise<readonly string[]> =>
  samplesIn(await page()).flatMap((line) => (line.startsWith('codex_') ? [line.replace(/ [^ ]+$/, '')] : []));
const invented = (count: number) => Array.from({ length: count }, () => `x${randomBytes(5).toString('hex')}`);

test('P-196 W-53 C-44 two hundred paths and two hundred models of a key holder make twenty series at the most', async () => {
  const names = invented(200);
  const before = await own();
  for (const name of names) {
    await shared.get(`/v1/${name}`);
    await shared.chat({ model: name });
  }
  const after = await own();
  expect(after.length - before.length).toBeLessThanOrEqual(20);
  expect(after.filter((line) => names.some((name) => line.includes(name)))).toEqual([]);
});

/** Over a few connections that stay. */
const flood = async (names: readonly string[], key: string): Promise<void> => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const headers = { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) };
  const methods = ['GET', 'PURGE', 'OPTIONS', 'DELETE'];
  const one = (name: string, index: number) =>
    new Promise<void>((resolve, reject) => {
      const isModel = index % 2 === 0;
      const path = isModel ? '/v1/responses' : `/v1/${name}/${index}`;
      const method = isModel ? 'POST' : methods[(index >> 1) % methods.length];
      const sent = request({ host: '127.0.0.1', port: shared.port, path, method, headers, agent }, (answer) => {
        answer.resume();
        answer.once('end', resolve);
        answer.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(isModel ? JSON.stringify({ model: name, input: 'hi' }) : undefined);
    });
  await Promise.all(names.map(one));
  agent.destroy();
};

test('P-196 W-53 C-44 ten thousand random paths, methods and models change nothing, with a key and without', async () => {
  const before = await own();
  await flood(invented(5_000), '');
  expect((await own()).filter((line) => !before.includes(line))).toEqual([]);
  // What a key holder can invent is there after the first few.
  await flood(invented(20), shared.key);
  const known = await own();
  await flood(invented(5_000), shared.key);
  expect((await own()).filter((line) => !known.includes(line))).toEqual([]);
  const documented = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const bound = Number(/at most \*\*([\d,]+)\*\* samples/.exec(documented)?.[1]?.replaceAll(',', ''));
  expect(samplesIn(await page()).length).toBeLessThan(bound / 10);
});

test('P-197 the page is the text format 0.0.4, quickly written, with the series of the process, each of them documented', async () => {
  // Whoever shares the machine slows some of them down, not all.
  const tookMs: number[] = [];
  for (let time = 0; time < 10; time += 1) {
    const startedMs = performance.now();
    await page();
    tookMs.push(performance.now() - startedMs);
  }
  expect(Math.min(...tookMs)).toBeLessThan(50);
  const { text, headers } = await shared.send('GET', '/metrics');
  expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
  const name = '[a-zA-Z_:][a-zA-Z0-9_:]*';
  const label = `${name}="(?:[^"\\\\\\n]|\\\\["\\\\n])*"`;
  const sample = new RegExp(`^${name}(?:\\{${label}(?:,${label})*\\})? (?:[-+]?[0-9.e+-]+|NaN|[-+]Inf)$`);
  for (const line of text.split('\n')) if (line !== '' && !/^# (?:HELP|TYPE) /.test(line)) expect(line).toMatch(sample);
  for (const series of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds'])
    expect(valueIn(text, series)).toBeGreaterThanOrEqual(0);
  expect(text).toMatch(/^codex_event_loop_delay_seconds_bucket\{le="0\.005"\} /m);
  const documented = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const announced = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, series]) => series ?? '');
  expect(announced.length).toBeGreaterThan(50);
  expect(announced.filter((series) => !documented.includes(`\`${series}\``))).toEqual([]);
});

test('P-193 P-190 restarts are those of /readyz, and their reason is told; so is what fails for it', async () => {
  const env = {
    ...withMetrics,
    TOKEN_LOG_PATH: '/dev/full',
    FAKE_CODEX_WORKER_AUTOEXIT_MS: '150',
    WORKER_BACKOFF_INITIAL_MS: '20',
    WORKER_BACKOFF_MAX_MS: '20',
    WORKER_RESTART_MAX: '2',
  };
  // Its worker may be gone before anybody has seen it ready.
  const server = await serve(env, { ready: false });
  await server.until('/livez', 503);
  const ready = (await server.get('/readyz')).json;
  const text = await page(server);
  expect(valueIn(text, 'codex_worker_restarts_total')).toBe(2);
  expect(valueIn(text, 'codex_worker_restarts_inc_total')).toBe(2);
  expect(ready.health.readiness.details.restarts_total).toBe(2);
  expect(valueIn(text, 'codex_worker_exits_total{reason="crashed"}')).toBe(3);
  expect(valueIn(text, 'codex_worker_ready')).toBe(0);
  expect(valueIn(text, 'codex_workers{state="open"}')).toBe(1);
  expect((await server.chat()).status).toBe(503);
  const failed = 'route="/v1/chat/completions",method="POST",status_family="5xx",model="codex-5"';
  expect(await value(`codex_http_errors_total{${failed}}`, server)).toBe(1);
  expect(await value(`codex_http_requests_total{${failed}}`, server)).toBe(1);
  expect(await value('codex_admission_rejected_total{reason="worker_not_ready"}', server)).toBe(1);
  const lost = 'codex_telemetry_dropped_total{recorder="usage_log"}';
  await eventually('its line is lost', async () => (await value(lost, server)) === 1);
});
