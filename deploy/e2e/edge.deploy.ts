/** Caddy and nginx, as they ship, before a real gateway and the real ForwardAuth service: what a client meets at the edge. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Edge, edgeHost, edges, startEdge } from '../../testkit/edge-proxy.ts';
import { type ForwardAuth, startForwardAuth } from '../../testkit/forward-auth.ts';
import { untilLoad } from '../../testkit/gateway-health.ts';
import { startServer, type Server } from '../../testkit/parity/server.ts';
import { cors, rateLimit, securityHeaders } from '../edge/policy.ts';

const listed = 'https://chat.example';
const origins = `app://obsidian.md,${listed}`;
const key = 'edge-test-key';
const withKey = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
const folder = mkdtempSync(join(tmpdir(), 'codex-actors-edge-test-'));
const chat = (more: object = {}): string =>
  JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], ...more });

let app: Server;
let auth: ForwardAuth;

beforeAll(async () => {
  auth = await startForwardAuth({ PROXY_API_KEY: key, PROXY_CORS_ALLOWED_ORIGINS: origins });
  app = await startServer({
    PROXY_API_KEY: key,
    PROXY_CORS_ALLOWED_ORIGINS: origins,
    PROXY_ALLOWED_HOSTS: edgeHost,
    PROXY_ENABLE_METRICS: 'true',
    PROXY_TEST_ENDPOINTS: 'true',
    PROXY_TEST_ALLOW_REMOTE: 'true',
    PROXY_METRICS_ALLOW_UNAUTH: 'true',
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_INTERVAL_MS: '20',
    STREAM_RELEASE_FILE: join(folder, 'release'),
  });
});

afterAll(async () => {
  await app.gateway.kill();
  await auth.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(Object.keys(edges) as (keyof typeof edges)[])('%s', (name) => {
  let edge: Edge;

  beforeAll(async () => {
    edge = await startEdge(name, { app: app.port, auth: auth.port, origins });
  });

  afterAll(() => edge.stop());

  test('refuses without the key, and the gateway never sees the request', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { 'x-auth-subject': 'api' }]) {
      const answer = await edge.ask('/v1/chat/completions', { method: 'POST', headers, body: chat() });
      expect(answer.status).toBe(401);
      expect(answer.headerLines.filter(([header]) => header === 'www-authenticate')).toEqual([
        ['www-authenticate', 'Bearer realm=api'],
      ]);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
      const { error } = JSON.parse(answer.text);
      // Caddy passes on what the auth service says; nginx cannot, and says what the gateway would.
      expect(error.message).toBe(name === 'caddy' ? 'invalid token' : 'unauthorized');
      expect(answer.headers['x-request-id']).toBeUndefined();
    }
  });

  test('passes a request with the key on, and lists models without one', async () => {
    const models = await edge.ask('/v1/models');
    expect([models.status, JSON.parse(models.text).data[0].id]).toEqual([200, 'codex-5']);
    expect((await edge.ask('/v1/models/')).status).toBe(200);
    expect((await edge.ask('/v1/models/codex-5')).status).toBe(401);
    const refused = await edge.ask('/v1/chat/completions', { method: 'POST', headers: withKey, body: '{}' });
    expect([refused.status, typeof refused.headers['x-request-id']]).toEqual([400, 'string']);
    for (const path of ['/healthz', '/readyz', '/livez'])
      expect([path, (await edge.ask(path)).status]).toEqual([path, 200]);
  });

  test('P-241 routes neither /metrics nor /__test, however they are spelt', async () => {
    expect((await app.get('/metrics')).status).toBe(200);
    expect((await app.get('/__test/conc')).status).toBe(200);
    const spelt = [
      '/metrics',
      '/metrics/',
      '//metrics',
      '/v1/../metrics',
      '/v1/%2e%2e/metrics',
      '/%6detrics',
      '/METRICS',
      '/./metrics',
      '/%2e/metrics',
      '/metrics/../healthz',
      '/metrics/%2e%2e/healthz',
      '/metrics;/../healthz',
      '/healthz/..;/metrics',
      '/v1/..//metrics',
      '/v1/models/..%2f..%2fmetrics',
      '/v1/models/%2e%2e/%2e%2e/metrics',
      '/healthz%2f..%2fmetrics',
      '/v1%2f..%2fmetrics',
    ];
    const tests = [
      '/__test/conc',
      '/v1/../__test/conc',
      '/v1/%2e%2e/__test/conc',
      '/healthz/../__test/conc',
      '/__test',
    ];
    for (const path of [
      ...spelt,
      ...tests,
      '/v1/models/../../metrics',
      '/readyz/../metrics',
      '/',
      '/v1x',
      '/healthzz',
    ]) {
      const { status, text } = await edge.ask(path, { headers: withKey });
      expect([path, status]).toEqual([path, 404]);
      expect(text).not.toMatch(/^# HELP|"conc"/);
    }
  });

  test('P-242 answers a preflight itself, before the key is asked for', async () => {
    const asked = {
      origin: listed,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization, x-stainless-os',
    };
    for (const path of ['/v1/chat/completions', '/v1/models']) {
      const { status, headers, text } = await edge.ask(path, { method: 'OPTIONS', headers: asked });
      expect([status, text, headers['x-request-id']]).toEqual([204, '', undefined]);
      expect(headers['access-control-allow-origin']).toBe(listed);
      expect(headers['access-control-allow-credentials']).toBe('true');
      expect(headers['access-control-allow-methods']).toBe(cors.methods.join(', '));
      expect(headers['access-control-allow-headers']).toBe(cors.headers.join(', '));
      expect(headers['access-control-max-age']).toBe(String(cors.maxAgeSeconds));
      expect(headers['vary']?.toLowerCase()).toContain('origin');
    }
    const evil = { ...asked, origin: 'https://evil.example' };
    const { status, headers } = await edge.ask('/v1/responses', { method: 'OPTIONS', headers: evil });
    expect([status, headers['access-control-allow-origin']]).toEqual([204, undefined]);
    expect(headers['access-control-allow-credentials']).toBeUndefined();
  });

  test('P-242 has the CORS headers of the list on answers and refusals, each once', async () => {
    const told = async (path: string, origin: string, headers = {}) => {
      const { headerLines } = await edge.ask(path, { headers: { origin, ...headers } });
      return headerLines
        .filter(([header]) => /^access-control-allow-(origin|credentials)$/.test(header))
        .toSorted(([one], [other]) => one.localeCompare(other));
    };
    const echoed = [
      ['access-control-allow-credentials', 'true'],
      ['access-control-allow-origin', listed],
    ];
    for (const path of ['/v1/models', '/v1/usage', '/nothing'])
      expect([path, await told(path, listed)]).toEqual([path, echoed]);
    expect(await told('/v1/usage', listed, withKey)).toEqual(echoed);
    for (const origin of ['https://evil.example', `${listed}.evil.example`, origins, '*', ',', 'app://'])
      expect([origin, await told('/v1/models', origin)]).toEqual([origin, []]);
  });

  test('P-242 has the security headers on every answer, each once', async () => {
    const answers = [
      await edge.ask('/v1/models'),
      await edge.ask('/v1/usage'),
      await edge.ask('/v1/usage', { headers: withKey }),
      await edge.ask('/nothing'),
      await edge.ask('/healthz'),
      await edge.ask('/v1/responses', { method: 'OPTIONS' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 404, 200, 204]);
    for (const { headerLines } of answers)
      for (const [header, value] of Object.entries(securityHeaders))
        expect(headerLines.filter(([found]) => found === header)).toEqual([[header, value]]);
  });

  test('passes a stream on event by event with compression offered, and ends with it', async () => {
    const body = chat({ stream: true });
    const stream = await edge.stream('/v1/chat/completions', {
      headers: { ...withKey, 'accept-encoding': 'gzip' },
      body,
    });
    // The worker goes on until it is told: whatever collects what it says would show nothing by now.
    await stream.until('tick-5 ');
    expect(stream.chunks.length).toBeGreaterThan(4);
    expect(stream.headers['content-encoding']).toBeUndefined();
    expect((await app.post('/__test/conc/release', '')).status).toBe(200);
    await stream.ended;
    expect(stream.chunks.join('')).toMatch(/data: \[DONE\]\s*$/);
    rmSync(join(folder, 'release'), { force: true });
  });

  test('tells the gateway that a client has left', async () => {
    const stream = await edge.stream('/v1/responses', {
      headers: withKey,
      body: JSON.stringify({ model: 'codex-5', input: 'Say hello.', stream: true }),
    });
    await stream.until('tick-1 ');
    await untilLoad(app.gateway, { activeTurns: 1, queued: 0 });
    stream.leave();
    await untilLoad(app.gateway, { activeTurns: 0, queued: 0 });
  });

  test('tells the gateway who asks, and overwrites what a client has made up', async () => {
    const seen: IncomingHttpHeaders[] = [];
    const toy = createServer((request, response) => {
      seen.push(request.headers);
      response.end('{}');
    });
    await new Promise<void>((resolve) => toy.listen(0, '127.0.0.1', resolve));
    const own = await startEdge(name, { app: (toy.address() as AddressInfo).port, auth: auth.port, origins });
    try {
      const forged = { 'x-auth-subject': 'root', 'x-forwarded-for': '8.8.8.8', 'x-forwarded-host': 'evil.example' };
      await own.ask('/v1/usage', { headers: { ...withKey, ...forged } });
      await own.ask('/v1/models', { headers: forged });
      expect(seen.map((headers) => headers['x-auth-subject'])).toEqual(['api', undefined]);
      for (const headers of seen) expect(headers['x-forwarded-for']).toBe('127.0.0.1');
      for (const headers of seen) expect(headers.host).toBe(edgeHost);
    } finally {
      await own.stop();
      toy.close();
    }
  });

  test('says so in JSON when nobody is there', async () => {
    const alone = await startEdge(name, { app: 1, auth: 1, origins });
    try {
      for (const path of ['/healthz', '/v1/usage']) {
        const { status, headers, text } = await alone.ask(path, { headers: withKey });
        expect([path, status, headers['x-content-type-options']]).toEqual([path, 502, 'nosniff']);
        expect(JSON.parse(text).error.code).toBe('bad_gateway');
      }
    } finally {
      await alone.stop();
    }
  });
});

test('P-242 nginx limits each address as the table says, before the key is looked at', async () => {
  const asked = { app: 0, auth: 0 };
  const count = async (which: keyof typeof asked) => {
    const server = createServer((_, response) => {
      asked[which] += 1;
      response.end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  };
  const [toy, door] = [await count('app'), await count('auth')];
  const portOf = (server: typeof toy): number => (server.address() as AddressInfo).port;
  const edge = await startEdge('nginx', { app: portOf(toy), auth: portOf(door), origins });
  try {
    const startedAt = performance.now();
    const answers = await Promise.all(Array.from({ length: 1_500 }, () => edge.ask('/v1/usage', { keepAlive: true })));
    const seconds = (performance.now() - startedAt) / 1_000;
    const limited = answers.filter(({ status }) => status === 429);
    const admitted = answers.length - limited.length;
    expect(admitted).toBeGreaterThanOrEqual(Math.min(answers.length, rateLimit.burst));
    expect(admitted).toBeLessThanOrEqual(rateLimit.burst + 2 + rateLimit.average * (seconds + 1));
    expect(asked).toEqual({ app: admitted, auth: admitted });
    for (const { headers, text } of limited.slice(0, 1)) {
      expect([headers['retry-after'], headers['x-frame-options']]).toEqual(['1', 'DENY']);
      expect(JSON.parse(text).error.code).toBe('rate_limited');
    }
    expect(limited.length).toBeGreaterThan(0);
  } finally {
    await edge.stop();
    toy.close();
    door.close();
  }
});

test('P-234 behind the edge the gateway checks the key itself', async () => {
  const { status, headers, json } = await app.send('POST', '/v1/chat/completions', { 'x-auth-subject': 'api' }, chat());
  expect([status, headers['www-authenticate'], json.error.code]).toEqual([401, 'Bearer realm=api', 'invalid_api_key']);
});
