/** Who is let in, what strangers learn, and which configurations are refused. */

import { expect, test } from 'vitest';
import { RawConnection } from '../raw-client.ts';
import { refused } from './refused.ts';
import { type Headers, serve } from './server.ts';

const unauthorized = { message: 'unauthorized', type: 'authentication_error', param: null, code: 'invalid_api_key' };
const far = { 'x-forwarded-for': '8.8.8.8' };

test('P-30 C-6 C-7 W-55 a key is needed, and its refusal is the same everywhere', async () => {
  const server = await serve({ PROXY_TEST_ENDPOINTS: 'true', PROXY_PROTECT_MODELS: 'true' });
  const routes = [
    ['POST', '/v1/chat/completions'],
    ['POST', '/v1/responses'],
    ['GET', '/v1/responses/resp_1'],
    ['GET', '/v1/models'],
    ['GET', '/v1/usage'],
    ['GET', '/v1/usage/raw'],
    ['GET', '/__test/conc'],
    ['POST', '/__test/conc/release'],
  ] as const;
  const wrong: readonly Headers[] = [
    {},
    { authorization: server.key },
    { authorization: 'Bearer' },
    { authorization: 'Bearer wrong' },
    { authorization: `Bearer ${server.key}x` },
    { authorization: `Basic ${server.key}` },
  ];
  for (const [method, path] of routes) {
    for (const headers of wrong) {
      const answer = await server.send(method, path, headers);
      expect([path, answer.status, answer.headers['www-authenticate']]).toEqual([path, 401, 'Bearer realm=api']);
      expect(answer.json.error).toEqual(unauthorized);
    }
    for (const authorization of [`bearer ${server.key}`, `BEARER   ${server.key}  `, `Bearer\t${server.key}`]) {
      const { status } = await server.send(method, path, { authorization });
      expect([path, authorization, status === 401]).toEqual([path, authorization, false]);
    }
  }
});

test('P-31 C-11 W-52 whoever has no key is answered before the body is read, whatever it is', async () => {
  const server = await serve();
  const json = { 'content-type': 'application/json' };
  for (const [headers, body] of [
    [json, '{bad'],
    [{ 'content-type': 'text/plain; charset=utf-16' }, 'x'],
    [{ ...json, 'content-encoding': 'br' }, 'x'],
    [json, 'x'.repeat(17 * 1_048_576)],
  ] as const) {
    const { status, json: told } = await server.send('POST', '/v1/chat/completions', headers, body);
    expect([status, told.error]).toEqual([401, unauthorized]);
  }
  // Of a gigabyte nothing has to arrive before it is answered, and the connection is not kept.
  const connection = new RawConnection(server.port);
  connection.request('POST', '/v1/responses', { ...json, 'content-length': '1000000000' });
  const head = await connection.until('invalid_api_key');
  expect(head).toMatch(/^HTTP\/1\.1 401 /);
  expect(head).toMatch(/\r\nconnection: close\r\n/i);
  connection.leave();
});

test('P-32 C-5 W-55 protected models need the key, in whatever spelling of its scheme', async () => {
  const server = await serve({ PROXY_PROTECT_MODELS: 'true' });
  for (const path of ['/v1/models', '/models', '/v1/models/codex-5']) {
    const refused = await server.send('GET', path);
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([401, 'Bearer realm=api']);
    expect((await server.send('GET', path, { authorization: `bearer ${server.key}` })).status).toBe(200);
  }
});

test('P-33 an insecure configuration is refused in one line, before anything is bound', () => {
  const { status, stdout, stderr } = refused({
    NODE_ENV: 'production',
    PROXY_TEST_ENDPOINTS: 'true',
    PROXY_ENABLE_METRICS: 'true',
    PROXY_METRICS_ALLOW_UNAUTH: 'true',
    PROXY_DISABLE_INTERNAL_TOOLS: 'false',
  });
  expect([status, stdout]).toEqual([1, '']);
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('warning: '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(
    /^CONFIG_INSECURE: Unsafe production configuration: API_KEY, PROXY_TEST_ENDPOINTS, METRICS_AUTH, INTERNAL_TOOLS\. To fix it, set PROXY_API_KEY/,
  );
});

test('P-33 one item is enough to be refused in production, and PROXY_ENV counts before NODE_ENV', () => {
  const own = { PROXY_API_KEY: 'a-key-of-my-own' };
  const insecure = [
    [{ PROXY_ENV: 'prod' }, 'API_KEY'],
    [{ ...own, PROXY_ENV: 'staging', PROXY_SANDBOX_MODE: 'danger-full-access' }, 'INTERNAL_TOOLS'],
  ] as const;
  for (const [env, item] of insecure) {
    const { status, stdout, stderr } = refused(env);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`CONFIG_INSECURE: Unsafe production configuration: ${item}. `);
  }
  // Whoever says so is in development, whatever NODE_ENV says.
  expect(refused({ PROXY_ENV: 'dev', NODE_ENV: 'production' }, ['--check-config']).status).toBe(0);
});

test('P-34 PROXY_ENV=local serves with the key that everybody knows, and the names of production', async () => {
  const server = await serve({ PROXY_ENV: 'local', NODE_ENV: 'production', PROXY_API_KEY: 'codex-local-secret' });
  expect(server.key).toBe('codex-local-secret');
  expect((await server.get('/v1/models')).json.data[0].id).toBe('codex-5');
  expect((await server.chat()).status).toBe(200);
});

test('P-43 test routes need the key and a caller nearby', async () => {
  const [closed, open, absent] = await Promise.all([
    serve({ PROXY_TEST_ENDPOINTS: 'true' }),
    serve({ PROXY_TEST_ENDPOINTS: 'true', PROXY_TEST_ALLOW_REMOTE: 'true' }),
    serve(),
  ]);
  const distant = await closed.get('/__test/conc', far);
  expect([distant.status, distant.json]).toEqual([403, { ok: false, reason: 'test endpoints restricted to loopback' }]);
  expect((await closed.get('/__test/conc')).status).toBe(200);
  expect((await open.get('/__test/conc', far)).status).toBe(200);
  expect((await open.send('GET', '/__test/conc', far)).status).toBe(401);
  expect((await absent.get('/__test/conc')).json.error.code).toBe('unknown_url');
});

test('P-45 C-10 a body above 16 MiB is refused while it comes', async () => {
  const server = await serve();
  const large = await server.post('/v1/chat/completions', 'x'.repeat(17 * 1_048_576));
  expect([large.status, large.json.error.code]).toEqual([413, 'request_entity_too_large']);
  // Chunked, so that its length is known by nobody; the client would go on for ever.
  const connection = new RawConnection(server.port);
  connection.request('POST', '/v1/responses', {
    ...server.gateway.withKey,
    'content-type': 'application/json',
    'transfer-encoding': 'chunked',
  });
  const mebibyte = `100000\r\n${'x'.repeat(1_048_576)}\r\n`;
  for (let sent = 0; sent < 17; sent += 1) connection.send(mebibyte);
  expect(await connection.until('request_entity_too_large')).toMatch(/^HTTP\/1\.1 413 /);
  connection.leave();
});

test('C-10 what is no JSON, or in no known charset or encoding, is refused', async () => {
  const server = await serve();
  const told = async (body: string, headers: Headers) => {
    const { status, json } = await server.post('/v1/chat/completions', body, headers);
    return [status, json.error.code];
  };
  expect(await told('{bad', {})).toEqual([400, 'invalid_json']);
  const json = 'application/json';
  expect(await told('{}', { 'content-type': `${json}; charset=koi8-r` })).toEqual([415, 'unsupported_encoding']);
  expect(await told('{}', { 'content-encoding': 'compress' })).toEqual([415, 'unsupported_encoding']);
});

test('P-46 W-56 no error tells of the inside', async () => {
  const server = await serve(
    {
      FAKE_CODEX_HANDSHAKE_MODE: 'exit',
      WORKER_RESTART_MAX: '1',
      WORKER_BACKOFF_INITIAL_MS: '20',
      WORKER_BACKOFF_MAX_MS: '20',
    },
    { ready: false },
  );
  await server.until('/livez', 503);
  for (const answer of [await server.chat(), await server.resp(), await server.chat({ stream: true })]) {
    expect([answer.status, answer.json.error.code]).toEqual([503, 'worker_not_ready']);
    expect(answer.text.length).toBeLessThan(600);
    expect(answer.text).not.toMatch(/pid|\/tmp|\/home|initialize|supervisor|\bat \w+ \(/);
  }
});
