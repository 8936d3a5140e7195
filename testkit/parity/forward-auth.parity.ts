/** The ForwardAuth service: who is let through the edge, and that the gateway does not rely on it. */

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ForwardAuth, startForwardAuth } from '../forward-auth.ts';
import { ask, RawConnection } from '../raw-client.ts';
import { serve } from './server.ts';

const key = 'forward-auth-key';
const withKey = { authorization: `Bearer ${key}` };
const main = join(import.meta.dirname, '../../deploy/auth/main.ts');

let auth: ForwardAuth;
let closed: ForwardAuth;

beforeAll(async () => {
  auth = await startForwardAuth({
    PROXY_API_KEY: key,
    PROXY_CORS_ALLOWED_ORIGINS: 'https://app.example,app://obsidian.md',
  });
  closed = await startForwardAuth({ AUTH_REALM: 'api-dev' });
});

afterAll(async () => {
  await auth.kill();
  await closed.kill();
});

test('P-230 W-57 the key opens /verify, to the letter and by any method, and nothing else does', async () => {
  for (const authorization of [`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key} `]) {
    for (const path of ['/verify', '/verify?x=1', '/verify?']) {
      const answer = await ask(auth.port, path, { headers: { authorization } });
      expect([answer.status, answer.text]).toEqual([200, '{"ok":true}']);
      expect(answer.headers['content-type']).toMatch(/^application\/json/);
    }
  }
  for (const authorization of ['', 'Bearer', 'Bearer wrong', `Bearer ${key}x`, `Basic ${key}`, key]) {
    const answer = await ask(auth.port, '/verify', { headers: { authorization } });
    expect([answer.status, answer.text]).toEqual([401, '{"error":{"message":"invalid token"}}']);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm=api');
  }
  for (const path of [
    '/verifyx',
    '/verifyXYZ',
    '/verify/',
    '/verify/x',
    '//verify',
    '/Verify',
    '/%76erify',
    '/x/verify',
    '/verify;x',
  ])
    expect([path, (await ask(auth.port, path, { headers: withKey })).status]).toEqual([path, 404]);
  for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
    expect((await ask(auth.port, '/verify', { method, headers: withKey, body: 'x' })).status).toBe(200);
    expect((await ask(auth.port, '/verify', { method })).status).toBe(401);
  }
  const options = await ask(auth.port, '/verify', { method: 'OPTIONS' });
  expect([options.status, options.text, options.headers['content-type']]).toEqual([204, '', undefined]);
  for (const headers of [{}, withKey, { authorization: 'Bearer ' }]) {
    const answer = await ask(closed.port, '/verify', { headers });
    expect([answer.status, answer.text]).toEqual([401, '{"error":{"message":"server misconfigured"}}']);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm=api-dev');
  }
});

test('P-231 /healthz answers anybody; other paths are a 404 in JSON', async () => {
  for (const { port } of [auth, closed]) {
    const health = await ask(port, '/healthz');
    expect([health.status, health.text]).toEqual([200, '{"ok":true}']);
    for (const path of ['/', '/metrics', '/healthzz', '/v1/models']) {
      const { status, text, headers } = await ask(port, path, { headers: withKey });
      expect([path, status, headers['content-type']]).toEqual([path, 404, 'application/json; charset=utf-8']);
      expect(JSON.parse(text)).toEqual({ error: { message: 'not found' } });
    }
  }
});

test('P-231 what is no request, or too much of one, ends its connection and nothing else', async () => {
  const long = 'x'.repeat(40_000);
  for (const [sent, answer] of [
    ['nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['GET /verify HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 400 /],
    [`GET /verify HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${long}\r\n\r\n`, /^HTTP\/1\.1 431 /],
    [`GET /${long} HTTP/1.1\r\nhost: x\r\n\r\n`, /^HTTP\/1\.1 431 /],
    // The body is not waited for.
    ['POST /verify HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nx', /^HTTP\/1\.1 401 [^]*connection: close/i],
    ['POST /verify HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz', /^HTTP\/1\.1 40[01] /],
  ] as const) {
    const connection = new RawConnection(auth.port).send(sent);
    await connection.closed;
    expect(connection.received).toMatch(answer);
  }
  expect((await ask(auth.port, '/verify', { headers: withKey })).status).toBe(200);
});

test('P-232 W-57 an origin on the list is echoed with credentials, another one is not echoed', async () => {
  const cors = async (port: number, method: string, origin: string) => {
    const asked = { origin, 'access-control-request-headers': 'authorization, x-stainless-os' };
    const { headers } = await ask(port, '/verify', { method, headers: asked });
    const named = Object.entries(headers).filter(([name]) => name.startsWith('access-control-'));
    return Object.fromEntries(named.map(([name, value]) => [name.slice('access-control-'.length), value]));
  };
  const listed = { 'allow-origin': 'app://obsidian.md', 'allow-credentials': 'true' };
  expect(await cors(auth.port, 'GET', 'app://obsidian.md')).toEqual(listed);
  expect(await cors(auth.port, 'OPTIONS', 'app://obsidian.md')).toEqual({
    ...listed,
    'allow-methods': 'GET, POST, DELETE, HEAD, OPTIONS',
    'allow-headers': 'authorization, x-stainless-os',
    'max-age': '600',
  });
  for (const [port, origin] of [
    [auth.port, 'https://evil.example'],
    [auth.port, 'null'],
    [closed.port, 'https://app.example'],
  ] as const) {
    for (const method of ['GET', 'OPTIONS']) expect(await cors(port, method, origin)).toEqual({});
  }
});

test('P-233 what cannot be understood stops the start in one line without the value; a drain ends it with 0', async () => {
  const refused = (env: Readonly<Record<string, string>>) =>
    spawnSync(process.execPath, [main], { encoding: 'utf8', timeout: 10_000, env });
  for (const env of [{ PORT: '80a' }, { AUTH_REALM: 'a "b"' }, { PROXY_API_KEY: 'sécret' }]) {
    const { status, stdout, stderr } = refused(env);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(new RegExp(`^forward-auth: ${Object.keys(env)[0]}: expected (?!.*cret).*\n$`));
  }
  // A request that has begun is answered, an idle connection is not waited for.
  const own = await startForwardAuth({ PROXY_API_KEY: key });
  const idle = new RawConnection(own.port).request('GET', '/healthz');
  await idle.until('{"ok":true}');
  const begun = new RawConnection(own.port).request('GET', '/nothing');
  await begun.until('not found');
  begun.send('GET /verify HTTP/1.1\r\nhost: x\r\n');
  await idle.request('GET', '/verify').until('invalid token');
  own.signal('SIGTERM');
  await idle.closed;
  begun.send(`authorization: Bearer ${key}\r\n\r\n`);
  await begun.closed;
  expect(begun.received).toMatch(/HTTP\/1\.1 200 [^]*connection: close/i);
  expect(await own.exited).toBe(0);
  expect(own.lines.tail()).not.toContain(key);
});

test('P-233 the compose files publish it on loopback, 18080 and in development 18081, with a realm each', () => {
  interface Service {
    readonly ports?: readonly string[];
    readonly network_mode?: string;
    readonly command: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  }
  const serviceOf = (file: string, name: string): Service => {
    const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
    const { services } = parse(text, { merge: true }) as { services: Readonly<Record<string, Service>> };
    return services[name] ?? expect.fail(`${file} has no service ${name}`);
  };
  const production = serviceOf('docker-compose.yml', 'auth');
  expect(production.command).toEqual(['node', 'deploy/auth/main.ts']);
  expect(production.ports).toEqual(['127.0.0.1:18080:8080']);
  expect(production.environment).toMatchObject({ PORT: '8080', AUTH_REALM: '${AUTH_REALM:-api}' });
  expect(production.environment['PROXY_API_KEY']).toMatch(/^\$\{PROXY_API_KEY:\?/);
  // On the network of the host: what it listens on is what is published.
  const dev = serviceOf('deploy/compose/dev.stack.yml', 'auth-dev');
  expect([dev.network_mode, dev.command]).toEqual(['host', ['node', 'deploy/auth/main.ts']]);
  expect(dev.environment).toMatchObject({ PORT: '18081', PROXY_HOST: '127.0.0.1', AUTH_REALM: 'api-dev' });
});

test('P-234 the gateway checks the key itself, whatever an edge claims to have found', async () => {
  const server = await serve();
  const claims = { 'x-auth-subject': 'api', 'x-forwarded-user': 'root', 'x-forwarded-for': '127.0.0.1' };
  for (const path of ['/v1/chat/completions', '/v1/responses']) {
    const { status, headers, json } = await server.send('POST', path, claims, '{}');
    expect([status, headers['www-authenticate']]).toEqual([401, 'Bearer realm=api']);
    expect(json.error.code).toBe('invalid_api_key');
  }
  expect((await server.send('GET', '/v1/usage', claims)).status).toBe(401);
});
