/** A real Prometheus scrapes a real gateway: the files that ship are good, and the alerts fire when they should. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../testkit/parity/eventually.ts';
import { type Server, serve, startServer } from '../../testkit/parity/server.ts';
import { freePorts } from './ports.ts';
import { startPrometheus } from './prometheus.ts';
import { run } from './run.ts';

const folder = join(import.meta.dirname, '../observability');
const file = (name: string): string => readFileSync(join(folder, name), 'utf8');
const promtool = (...args: string[]): Promise<string> => run('promtool', args, { cwd: folder, limitSeconds: 30 });

/** As it ships, but for the target and the pace. */
const configFor = (port: number): string =>
  file('prometheus.yml')
    .replace(/(scrape|evaluation)_interval: \S+/g, '$1_interval: 200ms')
    .replace(/scrape_timeout: \S+/, 'scrape_timeout: 200ms')
    .replace('127.0.0.1:11435', `127.0.0.1:${port}`);
/** As they ship, but without the time for which a state has to last. */
const rules = (): string => file('alerts.yml').replaceAll(/^ +for: \S+\n/gm, '');

let server: Server;
beforeAll(async () => {
  server = await startServer({ PROXY_ENABLE_METRICS: 'true', PROXY_QUEUE_MAX: '0' });
});
afterAll(() => server.gateway.kill());

describe('promtool', () => {
  test('P-197 finds the configuration and the rules good, and each rule does what its tests say', async () => {
    expect(await promtool('check', 'config', 'prometheus.yml')).toContain('SUCCESS');
    expect(await promtool('check', 'rules', 'alerts.yml')).toContain('SUCCESS');
    expect(await promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
  });

  test('P-197 has nothing to say against our own series but of the names in milliseconds', async () => {
    await server.chatFrames();
    await server.respFrames();
    await server.resp();
    const { text } = await server.send('GET', '/metrics');
    const own = text
      .split('\n\n')
      .filter((block) => block.startsWith('# HELP codex_') && !/^# HELP \w+_ms /.test(block))
      .join('\n');
    expect(own.split('\n').length).toBeGreaterThan(100);
    expect(await run('promtool', ['check', 'metrics'], { input: `${own}\n`, limitSeconds: 30 })).toBe('');
  });
});

test('P-13 P-190 P-191 P-193 Prometheus takes all of the page, and finds what has happened', async () => {
  await server.chat();
  await server.respFrames();
  const prometheus = await startPrometheus((await freePorts(1))[0] ?? 0, {
    'prometheus.yml': configFor(server.port),
    'alerts.yml': rules(),
  });
  const value = async (expr: string): Promise<number | undefined> => (await prometheus.query(expr))[0]?.value;
  await eventually('the first scrape', async () => (await value('up{job="codex-actors"}')) === 1);
  expect(await prometheus.scrapeErrors()).toEqual([]);
  expect(await value('codex_worker_ready')).toBe(1);
  expect(await value('sum(codex_http_requests_total{route="/v1/responses",status_family="2xx"})')).toBeGreaterThan(0);
  const before = (await value('sum(codex_stream_end_total{outcome="ok"})')) ?? 0;
  await server.chatFrames();
  await eventually('the stream', async () => (await value('sum(codex_stream_end_total{outcome="ok"})')) === before + 1);
  // Every panel of the dashboard is a query that Prometheus takes.
  const dashboard = JSON.parse(file('grafana-dashboard.json'));
  const panels: readonly { targets?: readonly { expr: string }[] }[] = dashboard.panels;
  for (const { expr } of panels.flatMap(({ targets = [] }) => targets))
    await prometheus.query(expr.replaceAll('$__rate_interval', '1m').replaceAll(/\$(instance|route|model)/g, '.*'));
  // None lasts. At this pace, and without the time that a state has to last, a machine under load makes one for a moment.
  await eventually('no alert', async () => (await prometheus.query('ALERTS{alertname=~"Codex.*"}')).length === 0);
});

test('P-193 the alerts for a crash loop, for workers that are given up, and for a full disk really fire', async () => {
  const [port = 0, own = 0] = await freePorts(2);
  // First, so that it sees the counts from their beginning.
  const prometheus = await startPrometheus(own, { 'prometheus.yml': configFor(port), 'alerts.yml': rules() });
  await eventually('its first look', async () => (await prometheus.query('up{job="codex-actors"} == 0')).length === 1);
  const broken = await serve(
    {
      PORT: String(port),
      PROXY_ENABLE_METRICS: 'true',
      FAKE_CODEX_WORKER_AUTOEXIT_MS: '100',
      WORKER_BACKOFF_INITIAL_MS: '400',
      WORKER_BACKOFF_MAX_MS: '400',
      WORKER_RESTART_MAX: '8',
      TOKEN_LOG_PATH: '/dev/full',
    },
    { ready: false },
  );
  const fires = (alert: string, withinMs = 40_000): Promise<boolean> =>
    eventually(alert, async () => (await prometheus.firing()).includes(alert), withinMs);
  await fires('CodexWorkerCrashLoop');
  // Whether it finds the worker in one of its moments or not: the line about it cannot be written.
  expect([200, 503]).toContain((await broken.chat()).status);
  await fires('CodexTelemetryDropped');
  await fires('CodexNotReady');
  await fires('CodexWorkerCircuitOpen');
  await broken.gateway.kill();
  await fires('CodexGatewayDown');
});
