/** Who sees the metrics, whose address counts, and what the test routes do. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { RawConnection } from '../raw-client.ts';
import { serve, type Server } from './server.ts';

const far = { 'x-forwarded-for': '8.8.8.8' };
const withMetrics = { PROXY_ENABLE_METRICS: 'true' };
const status = async (server: Server, headers = {}) => (await server.send('GET', '/metrics', headers)).status;

test('P-13 P-47 metrics are there when they are switched on, for callers nearby', async () => {
  const [off, on] = await Promise.all([serve(), serve(withMetrics)]);
  expect((await off.get('/metrics')).json.error.code).toBe('unknown_url');
  const metrics = await on.send('GET', '/metrics');
  expect([metrics.status, metrics.headers['content-type']]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
  for (const line of ['codex_worker_ready 1', 'codex_workers_configured 1', 'codex_streams_active 0'])
    expect(metrics.text.split('\n')).toContain(line);
  const distant = await on.send('GET', '/metrics', far);
  expect([distant.status, distant.json]).toEqual([403, { ok: false, reason: 'metrics access denied' }]);
  // The key of the API opens nothing here.
  expect(await status(on, { ...on.gateway.withKey, ...far })).toBe(403);
});

test('P-47 a token, or the operator, opens them to callers from elsewhere', async () => {
  const [token, open, neither] = await Promise.all([
    serve({ ...withMetrics, PROXY_METRICS_TOKEN: 'mt' }),
    serve({ ...withMetrics, PROXY_METRICS_ALLOW_UNAUTH: 'true' }),
    serve({ ...withMetrics, PROXY_METRICS_ALLOW_LOOPBACK: 'false', PROXY_METRICS_TOKEN: 'mt' }),
  ]);
  expect(await status(token, far)).toBe(403);
  expect(await status(token, { ...far, authorization: 'Bearer wrong' })).toBe(403);
  expect(await status(token, { ...far, authorization: 'bearer mt' })).toBe(200);
  expect(await status(open, far)).toBe(200);
  expect(await status(neither)).toBe(403);
  expect(await status(neither, { authorization: 'Bearer mt' })).toBe(200);
});

test('P-44 the address that a proxy tells counts when the proxy is trusted', async () => {
  const rules = ['false', '10.0.0.0/8', 'loopback, 8.8.8.0/24', '1'];
  const [untrusted, foreign, chained, hops] = await Promise.all(
    rules.map((PROXY_TRUST_PROXY) => serve({ ...withMetrics, PROXY_TRUST_PROXY })),
  );
  if (!untrusted || !foreign || !chained || !hops) throw new Error('four servers');
  expect(await status(untrusted, far)).toBe(200);
  expect(await status(foreign, far)).toBe(200);
  expect(await status(chained, far)).toBe(403);
  expect(await status(chained, { 'x-forwarded-for': '127.0.0.1, ::1' })).toBe(200);
  expect(await status(chained, { 'x-forwarded-for': '127.0.0.1, 9.9.9.9' })).toBe(403);
  // The loopback of a machine that is trusted is not that of this one.
  expect(await status(chained, { 'x-forwarded-for': '127.0.0.1, 8.8.8.8' })).toBe(403);
  expect(await status(hops, { 'x-forwarded-for': '8.8.8.8, ::ffff:127.0.0.1' })).toBe(200);
  expect(await status(hops, { 'x-forwarded-for': '127.0.0.1, 8.8.8.8' })).toBe(403);
});

test('P-195 maintenance is told by metrics and logs, and requests are served', async () => {
  const server = await serve({ ...withMetrics, PROXY_MAINTENANCE_MODE: 'true' });
  expect((await server.chat()).status).toBe(200);
  expect((await server.send('GET', '/metrics')).text).toContain('\ncodex_maintenance_mode 1\n');
  const toldBy = ({ gateway }: Server) => new Set(gateway.logged.map(({ maintenance_mode: told }) => told));
  expect(toldBy(server)).toEqual(new Set([true]));
  const usual = await serve(withMetrics);
  expect(toldBy(usual)).toEqual(new Set([undefined]));
  expect((await usual.send('GET', '/metrics')).text).toContain('\ncodex_maintenance_mode 0\n');
});

test('P-14 the test routes count open streams and let waiting workers go', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parity-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'release');
  const server = await serve({
    PROXY_TEST_ENDPOINTS: 'true',
    STREAM_RELEASE_FILE: file,
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_INTERVAL_MS: '20',
  });
  const conc = async (): Promise<unknown> => (await server.get('/__test/conc')).json;
  expect(await conc()).toEqual({ conc: 0 });
  const question = { model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], stream: true };
  const streams = ['/v1/chat/completions', '/chat/completions'].map((path) => {
    const headers = { ...server.gateway.withKey, 'content-type': 'application/json' };
    return new RawConnection(server.port).request('POST', path, headers, JSON.stringify(question));
  });
  // Each of their turns waits for the file.
  for (const stream of streams) expect(await stream.until('tick-0')).toMatch(/^HTTP\/1\.1 200 /);
  expect(await conc()).toEqual({ conc: 2 });
  expect(existsSync(file)).toBe(false);
  const released = await server.post('/__test/conc/release', {});
  expect([released.status, released.json]).toEqual([200, { ok: true }]);
  for (const stream of streams) await stream.until('data: [DONE]');
  expect(await conc()).toEqual({ conc: 0 });
  for (const stream of streams) stream.leave();
  const summary = await server.get('/__test/tool-buffer-metrics');
  expect(summary.json).toMatchObject({ ok: true, summary: {} });
  expect((await server.post('/__test/tool-buffer-metrics/reset', {})).json).toEqual({ ok: true });
});

test('P-14 without a release file there is nothing to write', async () => {
  const server = await serve({ PROXY_TEST_ENDPOINTS: 'true' });
  const { status: got, json } = await server.post('/__test/conc/release', {});
  expect([got, json]).toEqual([400, { ok: false, reason: 'STREAM_RELEASE_FILE is not set' }]);
});
