/** What pages of other origins may read. */

import { expect, test } from 'vitest';
import { RawConnection } from '../raw-client.ts';
import { serve, type Server } from './server.ts';

const evil = 'https://evil.example';
const allowOrigin = 'access-control-allow-origin';
const credentials = 'access-control-allow-credentials';
const preflight = (server: Server, origin: string, headers = {}) =>
  server.send('OPTIONS', '/v1/chat/completions', { origin, 'access-control-request-method': 'POST', ...headers });

test('P-222 C-9 W-57 a listed origin is echoed with credentials, another one gets nothing', async () => {
  const server = await serve({ PROXY_CORS_ALLOWED_ORIGINS: 'https://app.example,app://obsidian.md,http://localhost' });
  const allowed = await preflight(server, 'https://APP.example');
  expect([allowed.status, allowed.headers[allowOrigin], allowed.headers[credentials]]).toEqual([
    204,
    'https://APP.example',
    'true',
  ]);
  const refused = await preflight(server, evil, { 'access-control-request-private-network': 'true' });
  expect(refused.status).toBe(204);
  for (const name of [allowOrigin, credentials, 'access-control-allow-private-network'])
    expect(refused.headers[name]).toBeUndefined();
  expect((await preflight(server, 'http://localhost:3000')).headers[allowOrigin]).toBe('http://localhost:3000');
  expect((await preflight(server, 'app://obsidian.md.evil.example')).headers[allowOrigin]).toBeUndefined();
  expect((await server.send('GET', '/healthz')).headers[allowOrigin]).toBeUndefined();
});

test('P-222 W-57 with * every origin is echoed, never with credentials', async () => {
  const server = await serve();
  const { headers } = await preflight(server, evil, { 'access-control-request-private-network': 'true' });
  expect([headers[allowOrigin], headers[credentials]]).toEqual([evil, undefined]);
  expect(headers['access-control-allow-private-network']).toBe('true');
  expect((await server.send('GET', '/healthz')).headers[allowOrigin]).toBe('*');
});

test('P-222 with the key that everybody knows only this machine and two apps are allowed', async () => {
  const server = await serve({ PROXY_API_KEY: 'codex-local-secret', PROXY_CORS_ALLOWED_ORIGINS: `*,${evil}` });
  expect((await preflight(server, evil)).headers[allowOrigin]).toBeUndefined();
  for (const origin of ['app://obsidian.md', 'capacitor://localhost', 'http://localhost:5173', 'http://127.0.0.1:1'])
    expect((await preflight(server, origin)).headers[allowOrigin]).toBe(origin);
});

test('P-222 on loopback a Host of another name is refused', async () => {
  const server = await serve({ PROXY_ALLOWED_HOSTS: 'gateway.internal' });
  const status = async (host: string) => (await server.send('GET', '/healthz', { host })).status;
  for (const host of ['localhost', 'localhost:80', '127.0.0.1', '[::1]:99', 'gateway.internal'])
    expect([host, await status(host)]).toEqual([host, 200]);
  const rebound = await server.send('GET', '/healthz', { host: 'evil.example' });
  expect([rebound.status, rebound.json.error.code]).toEqual([421, 'misdirected_request']);
});

test('P-222 switched off there are no CORS headers at all', async () => {
  const server = await serve({ PROXY_ENABLE_CORS: 'false' });
  for (const answer of [await preflight(server, evil), await server.send('GET', '/healthz', { origin: evil })])
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control') || name === 'vary')).toEqual(
      [],
    );
});

test('P-223 C-8 the headers that are asked for are echoed, else those of known clients are listed', async () => {
  const server = await serve();
  const asked = 'authorization, x-stainless-os';
  const echoed = await preflight(server, 'app://obsidian.md', { 'access-control-request-headers': asked });
  expect(echoed.headers['access-control-allow-headers']).toBe(asked);
  const { headers } = await preflight(server, 'app://obsidian.md');
  const listed = String(headers['access-control-allow-headers']).toLowerCase().split(', ');
  const stainless = ['os', 'lang', 'arch', 'runtime', 'runtime-version', 'package-version', 'timeout', 'retry-count'];
  expect(listed).toEqual(
    expect.arrayContaining([
      'authorization',
      'content-type',
      'accept',
      ...['organization', 'beta', 'version', 'project'].map((name) => `openai-${name}`),
      'x-requested-with',
      ...stainless.map((name) => `x-stainless-${name}`),
      'dangerously-allow-browser',
      'x-no-keepalive',
      'x-proxy-output-mode',
    ]),
  );
  const methods = String(headers['access-control-allow-methods']).split(', ');
  expect(methods).toEqual(expect.arrayContaining(['GET', 'POST', 'HEAD', 'OPTIONS']));
  expect(headers['access-control-max-age']).toBe('600');
  const exposed = String(headers['access-control-expose-headers']).split(', ');
  expect(exposed[0]).toBe('content-type');
  expect(exposed).toEqual(
    expect.arrayContaining(['x-request-id', 'retry-after', 'x-proxy-trace-id', 'x-proxy-ignored-params']),
  );
  // Whatever of ours an answer has, a page may read.
  const answers = [await server.chat(), await server.chat({ stream: true }), await server.resp()];
  const ours = answers.flatMap((answer) =>
    Object.keys(answer.headers).filter((name) => /^x-(proxy|codex)-/.test(name)),
  );
  expect(ours).toContain('x-codex-tool-call-count');
  expect(ours.filter((name) => !exposed.includes(name))).toEqual([]);
  expect(headers.vary?.toLowerCase()).toBe('origin, access-control-request-headers, access-control-request-method');
  expect((await server.send('GET', '/healthz')).headers.vary?.toLowerCase()).toBe('origin');
});

test('P-224 every answer has them: refusals, failures, streams', async () => {
  const server = await serve();
  const origin = { origin: 'app://obsidian.md' };
  const answers = [
    await server.send('POST', '/v1/chat/completions', origin),
    await server.send('GET', '/nope', origin),
    await server.get('/v1/chat/completions', origin),
    await server.post('/v1/chat/completions', '{bad', origin),
    await server.post('/v1/chat/completions', '{}', { ...origin, 'content-encoding': 'compress' }),
    await server.chat({ model: 'nope' }, origin),
    await server.chat({}, origin),
    await server.chat({ stream: true }, origin),
    await server.resp({ stream: true }, origin),
  ];
  expect(answers.map(({ status }) => status)).toEqual([401, 404, 405, 400, 415, 404, 200, 200, 200]);
  for (const { headers } of answers) {
    expect(headers[allowOrigin]).toBe(origin.origin);
    expect(String(headers['access-control-expose-headers'])).toMatch(/^content-type, /);
  }
  // A body that is too large is refused by its announced length.
  const connection = new RawConnection(server.port);
  connection.request('POST', '/v1/responses', {
    ...origin,
    ...server.gateway.withKey,
    'content-type': 'application/json',
    'content-length': '99999999',
  });
  expect(await connection.until('request_entity_too_large')).toMatch(
    /access-control-allow-origin: app:\/\/obsidian.md/,
  );
  connection.leave();
});

test('P-225 a preflight is logged with its origin, when that is wanted', async () => {
  const [logging, silent] = await Promise.all([serve({ PROXY_LOG_CORS_ORIGIN: 'true' }), serve()]);
  const asked = { 'access-control-request-headers': 'authorization', 'user-agent': 'Obsidian 1.0' };
  for (const server of [logging, silent]) await preflight(server, 'app://obsidian.md', asked);
  const line = await logging.gateway.until((text) => text.includes(' cors_preflight '));
  expect(line).toMatch(/ origin=app:\/\/obsidian\.md acr_method=POST acr_headers=authorization ua="Obsidian 1\.0"/);
  expect(silent.gateway.journal.join('\n')).not.toContain('cors_preflight');
});
