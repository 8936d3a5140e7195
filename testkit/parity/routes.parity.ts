/** Which paths there are, and what the ones beside the API say. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { reasons } from '../../actors/health.ts';
import { refused } from './refused.ts';
import { serve, type Server } from './server.ts';

const unknownUrl = { type: 'invalid_request_error', param: null, code: 'unknown_url' };
const far = { 'x-forwarded-for': '8.8.8.8' };
const noWorker = { FAKE_CODEX_HANDSHAKE_MODE: 'timeout' };

test('P-1 C-1 W-56 /healthz is always 200; what is inside is for callers nearby and for key holders', async () => {
  const server = await serve();
  const near = await server.send('GET', '/healthz');
  expect(near.json).toMatchObject({
    ok: true,
    sandbox_mode: 'read-only',
    backend_mode: 'app-server',
    app_server_enabled: true,
    health: { readiness: { ready: true }, liveness: { live: true } },
  });
  expect(near.json.pid).toBe(server.gateway.pid);
  const distant = await server.send('GET', '/healthz', far);
  expect([distant.status, distant.json.ok]).toEqual([200, true]);
  expect(distant.json.pid).toBeUndefined();
  expect(distant.json.worker_supervisor).toBeNull();
  expect(distant.text).not.toMatch(/initialize|model\/list|\/tmp|pid/);
  expect((await server.get('/healthz', far)).json.pid).toBe(server.gateway.pid);
});

test('P-1 P-2 C-1 without a worker /healthz is 200 and not ok, /readyz is 503', async () => {
  const server = await serve(noWorker, { ready: false });
  const health = await server.send('GET', '/healthz');
  expect([health.status, health.json.ok]).toEqual([200, false]);
  expect((await server.send('GET', '/readyz')).status).toBe(503);
});

test('P-2 C-2 /readyz turns from 503 to 200 with the handshake, and to 503 in a drain', async () => {
  const server = await serve({ FAKE_CODEX_READY_DELAY_MS: '2000', FAKE_CODEX_MODE: 'stream_hang' }, { ready: false });
  const early = await server.send('GET', '/readyz');
  expect([early.status, early.json.ok, early.json.health.readiness.ready]).toEqual([503, false, false]);
  await server.until('/readyz', 200);
  // Asked for with the handshake, answered behind it.
  await server.gateway.until((line) => line.includes(' models_observed '));
  const { ok, backend_mode, app_server_enabled, health, worker_supervisor } = (await server.send('GET', '/readyz'))
    .json;
  expect({ ok, backend_mode, app_server_enabled }).toEqual({
    ok: true,
    backend_mode: 'app-server',
    app_server_enabled: true,
  });
  expect(worker_supervisor).toMatchObject({ worker_count: 1, ready_workers: 1 });
  const { ready, reason, since, last_change_at, handshake, details } = health.readiness;
  expect([ready, reason]).toEqual([true, 'handshake_complete']);
  for (const time of [since, last_change_at, handshake.received_at, details.last_ready_at])
    expect(Date.parse(time)).toBeGreaterThan(0);
  expect(handshake.models.length).toBeGreaterThan(0);
  expect(details).toMatchObject({ restarts_total: 0, consecutive_failures: 0, next_restart_delay_ms: null });
  expect(Object.keys(details)).toEqual(expect.arrayContaining(['last_exit', 'startup_latency_ms', 'last_log_sample']));
  expect(details.startup_latency_ms).toBeGreaterThanOrEqual(2_000);

  // An answer that hangs keeps the drain open.
  const hanging = server.chat({ stream: true }).catch(() => undefined);
  await untilTurns(server, 1);
  server.gateway.signal('SIGTERM');
  await server.gateway.until((line) => line.includes(' shutdown_initiated '));
  const draining = await server.send('GET', '/readyz');
  expect([draining.status, draining.json.health.readiness.reason]).toEqual([503, 'shutdown_in_progress']);
  await server.gateway.kill();
  await hanging;
});

async function untilTurns(server: Server, count: number): Promise<void> {
  for (;;) {
    const { worker_supervisor } = (await server.get('/readyz')).json;
    if (worker_supervisor.active_turns === count) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('P-3 C-3 /livez is 503 only when every worker was given up', async () => {
  const server = await serve(
    {
      FAKE_CODEX_HANDSHAKE_MODE: 'exit',
      WORKER_RESTART_MAX: '1',
      WORKER_BACKOFF_INITIAL_MS: '50',
      WORKER_BACKOFF_MAX_MS: '50',
    },
    { ready: false },
  );
  await server.until('/livez', 503);
  expect((await server.send('GET', '/livez')).json.health.liveness).toEqual({
    live: false,
    reason: 'restart_limit_exceeded',
  });
  expect((await server.send('GET', '/healthz')).status).toBe(200);
});

test('P-4 the words for readiness and liveness are those that were known, and more', () => {
  expect(reasons.readiness).toEqual(
    expect.arrayContaining([
      'worker_not_started',
      'supervisor_not_initialized',
      'worker_launching',
      'handshake_pending',
      'handshake_complete',
      'handshake_failed',
      'worker_exit',
      'shutdown_initiated',
      'shutdown_in_progress',
      'app_server_disabled',
    ]),
  );
  expect(reasons.liveness).toEqual(
    expect.arrayContaining([
      'worker_not_started',
      'worker_starting',
      'worker_running',
      'worker_restarting',
      'restart_limit_exceeded',
      'shutdown_in_progress',
      'shutdown_complete',
    ]),
  );
});

test('P-5 each of several workers is told of', async () => {
  const server = await serve({ PROXY_WORKER_COUNT: '2' });
  const { worker_supervisor } = (await server.get('/readyz')).json;
  expect(worker_supervisor.workers).toHaveLength(2);
  expect(worker_supervisor.workers[1]).toMatchObject({ slot: 1, active_turns: 0, restarts_total: 0 });
  expect(worker_supervisor.workers[0].state).toBe('ready');
});

test('P-6 C-4 the models, codex-5 first, with HEAD and with a slash at the end', async () => {
  const server = await serve();
  const list = await server.send('GET', '/v1/models');
  expect([list.status, list.headers['content-type'], list.headers['cache-control']]).toEqual([
    200,
    'application/json; charset=utf-8',
    'public, max-age=60',
  ]);
  expect(list.json.object).toBe('list');
  expect(list.json.data[0]).toEqual({ id: 'codex-5', object: 'model', owned_by: 'codex', created: 0 });
  for (const { id } of list.json.data) expect(id).not.toContain('/');
  expect((await server.send('GET', '/v1/models/')).text).toBe(list.text);
  const head = await server.send('HEAD', '/v1/models');
  expect([head.status, head.text]).toEqual([200, '']);
  for (const name of ['content-type', 'cache-control', 'content-length', 'vary'])
    expect(head.headers[name]).toBe(list.headers[name]);
});

test('P-6 in development codev-5 is first, and a protected list is private', async () => {
  const server = await serve({ PROXY_ENV: 'dev', PROXY_PROTECT_MODELS: 'true' });
  const list = await server.get('/v1/models');
  expect(list.json.data[0].id).toBe('codev-5');
  expect(list.headers['cache-control']).toBe('private, max-age=60');
});

test('P-7 one model, whatever its case, or 404', async () => {
  const server = await serve();
  expect((await server.send('GET', '/v1/models/codex-5')).json.id).toBe('codex-5');
  expect((await server.send('GET', '/v1/models/CODEX-5')).json.id).toBe('codex-5');
  const missing = await server.send('GET', '/v1/models/nope');
  expect([missing.status, missing.json.error.code]).toEqual([404, 'model_not_found']);
});

test('P-8 P-10 `stream` is read by its truthiness, a query never decides, and the default is for chat alone', async () => {
  const server = await serve({ PROXY_DEFAULT_STREAM: 'true' });
  expect((await server.chat()).text).toMatch(/^data: /);
  // Null is the same as absent, for every field.
  for (const stream of [false, 0, '']) expect((await server.chat({ stream })).json?.object).toBe('chat.completion');
  expect((await server.chat({ stream: 1 })).text).toMatch(/^data: /);
  const queried = { model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], stream: false };
  expect((await server.post('/v1/chat/completions?stream=true', queried)).json?.object).toBe('chat.completion');
  expect((await server.resp()).json.object).toBe('response');
  expect((await server.resp({ stream: 'yes' })).text).toMatch(/^event: response.created/);
});

test('P-9 HEAD of chat asks for the key alone', async () => {
  const server = await serve(noWorker, { ready: false });
  const path = '/v1/chat/completions';
  const known = await server.send('HEAD', path, server.gateway.withKey);
  expect([known.status, known.headers['content-type'], known.text]).toEqual([
    200,
    'application/json; charset=utf-8',
    '',
  ]);
  expect((await server.send('HEAD', path)).status).toBe(401);
});

test('P-10 /v1/responses is not there when it is switched off', async () => {
  const server = await serve({ PROXY_ENABLE_RESPONSES: 'false' });
  for (const path of ['/v1/responses', '/responses', '/v1/responses/resp_1']) {
    const { status, json } = await server.post(path, {});
    expect([status, json.error.code]).toEqual([404, 'unknown_url']);
  }
  expect((await server.chat()).status).toBe(200);
});

test('P-11 HEAD of responses asks for the key, then for a worker', async () => {
  const [ready, waiting] = await Promise.all([serve(), serve(noWorker, { ready: false })]);
  const status = async (server: Server, headers = {}) => (await server.send('HEAD', '/v1/responses', headers)).status;
  expect(await status(ready)).toBe(401);
  expect(await status(ready, ready.gateway.withKey)).toBe(200);
  expect(await status(waiting, waiting.gateway.withKey)).toBe(503);
});

test('P-15 C-8 OPTIONS of any path is 204 without a body, before the key', async () => {
  const server = await serve();
  for (const path of ['/anything', '/v1/chat/completions', '/metrics', '/']) {
    const origin = 'app://obsidian.md';
    const asked = 'authorization, x-stainless-os';
    const answer = await server.send('OPTIONS', path, { origin, 'access-control-request-headers': asked });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['access-control-allow-headers']).toBe(asked);
  }
});

test('P-16 C-12 W-62 an unknown path is 404 in JSON, with a key and without', async () => {
  const server = await serve();
  for (const headers of [{}, server.gateway.withKey]) {
    const { status, headers: got, json } = await server.send('GET', '/nope', headers);
    expect([status, got['content-type']]).toEqual([404, 'application/json; charset=utf-8']);
    expect(json.error).toMatchObject(unknownUrl);
  }
});

test('P-17 W-62 a wrong method is 405 in JSON, with the right ones', async () => {
  const server = await serve();
  const wrong = await server.get('/v1/chat/completions');
  expect([wrong.status, wrong.headers.allow, wrong.json.error.code]).toEqual([405, 'POST, HEAD', 'method_not_allowed']);
});

test('P-18 /v1/completions is not offered, and it is told what is', async () => {
  const server = await serve();
  const { status, json } = await server.post('/v1/completions', {});
  expect([status, json.error.code]).toEqual([404, 'unknown_url']);
  expect(json.error.message).toContain('/v1/chat/completions');
});

test('P-19 a missing /v1 and one slash at the end change nothing', async () => {
  const server = await serve();
  expect((await server.get('/models')).json.object).toBe('list');
  const chat = { model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }] };
  for (const path of ['/chat/completions', '/v1/chat/completions/', '/chat/completions/'])
    expect((await server.post(path, chat)).json.object).toBe('chat.completion');
  for (const path of ['/responses', '/v1/responses/', '/responses/'])
    expect((await server.post(path, { model: 'codex-5', input: 'Say hello.' })).json.object).toBe('response');
  for (const path of ['/chat/completions', '/responses']) expect((await server.send('POST', path)).status).toBe(401);
  for (const path of ['/models/codex-5', '/v1/models/codex-5/'])
    expect((await server.get(path)).json.id).toBe('codex-5');
  for (const path of ['/usage', '/v1/usage/', '/usage/raw/']) {
    expect((await server.get(path)).json).toHaveProperty('tool_buffer_metrics');
    expect((await server.send('GET', path)).status).toBe(401);
  }
  for (const path of ['/healthz/', '/readyz/', '/livez/']) expect((await server.get(path)).status).toBe(200);
});

test('P-20 every answer has an id of ours, that of the client is never taken', async () => {
  const server = await serve();
  const seen = new Set<unknown>();
  const theirs = { 'x-request-id': 'mine' };
  for (const answer of [
    await server.send('GET', '/healthz', theirs),
    await server.send('GET', '/nope', theirs),
    await server.send('POST', '/v1/responses', theirs),
    await server.chat({}, theirs),
    await server.chat({ stream: true }, theirs),
    await server.resp({}, theirs),
    await server.resp({ stream: true }, theirs),
    await server.resp({ input: 5 }, theirs),
  ]) {
    const id = answer.headers['x-request-id'];
    expect(id).toMatch(/^\S{8,}$/);
    expect(id).not.toBe('mine');
    expect(seen.has(id)).toBe(false);
    seen.add(id);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers['server']).toBeUndefined();
    expect(answer.headers['uwebsockets']).toBeUndefined();
    expect(answer.headers.vary).toContain('origin');
    expect(answer.headers['x-proxy-trace-id']).toBe(id);
  }
});

test('P-21 the start-up line names the port that was found', async () => {
  const server = await serve({ PORT: '0' });
  const line = server.gateway.lines.stdout.find((text) => /listening on http:\/\/.*:(\d+)\/v1/.test(text));
  const port = Number(/:(\d+)\/v1/.exec(line ?? '')?.[1]);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
});

test('P-23 the address is that of this machine alone; a port that is taken is told in one line', async () => {
  const server = await serve();
  expect(server.gateway.lines.all.join('\n')).toContain('http://127.0.0.1:');
  const home = mkdtempSync(join(tmpdir(), 'parity-second-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const second = refused({ PORT: String(server.port), PROXY_ENV: 'local', CODEX_HOME: home, CODEX_SQLITE_HOME: home });
  expect(second.status).toBe(1);
  // What it would have run with, and no line that says that it does.
  expect(second.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('{'))).toEqual([]);
  const said = second.stderr.split('\n').filter((line) => line !== '' && !line.startsWith('warning: '));
  expect(said).toHaveLength(1);
  expect(said[0]).toContain(`cannot listen on 127.0.0.1:${server.port}: the port is in use`);

  const everywhere = { PROXY_HOST: '0.0.0.0' };
  const open = refused(everywhere);
  expect([open.status, open.stdout]).toEqual([1, '']);
  expect(open.stderr).toContain('CONFIG_INSECURE: PROXY_HOST="0.0.0.0": not a loopback address');
  expect(refused({ ...everywhere, PROXY_ENV: 'local' }, ['--check-config']).status).toBe(0);
});
