import { afterEach, describe, expect, it } from 'vitest';
import type { FrontSettings } from './front.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { closeFronts, type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
const start = async (settings: Partial<FrontSettings> = {}, parts = {}, host = '127.0.0.1'): Promise<RunningFront> => {
  const front = await startFront(
    { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint, ...parts },
    settings,
    host,
  );
  return front;
};

afterEach(closeFronts);

const errorOf = (text: string) => (JSON.parse(text) as { error: Record<string, unknown> }).error;
const question = JSON.stringify({ model: 'codex-5', input: 'hi' });

describe('routes', () => {
  it.each(['/v1/models', '/models', '/v1/models/', '/models/'])('lists models at %s', async (path) => {
    const { port } = await start();
    const { status, headers, text } = await ask(port, path);
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'application/json; charset=utf-8',
      'public, max-age=60',
    ]);
    expect(JSON.parse(text)).toEqual({
      object: 'list',
      data: [
        { id: 'codex-5', object: 'model', created: 0, owned_by: 'codex' },
        { id: 'gpt-5.4', object: 'model', created: 0, owned_by: 'codex' },
      ],
    });
  });

  it('answers HEAD of models with the headers of GET, no body, and keeps the connection', async () => {
    const { port } = await start();
    const whole = await ask(port, '/v1/models');
    const connection = new RawConnection(port).request('HEAD', '/v1/models');
    const head = await connection.until('\r\n\r\n');
    expect(head).toContain(`content-length: ${whole.headers['content-length']}`);
    connection.request('GET', '/livez');
    expect(await connection.until('"liveness"')).toContain('HTTP/1.1 200');
    connection.leave();
  });

  it('finds one model whatever its case and encoding, and says 404 for another', async () => {
    const { port } = await start();
    expect(JSON.parse((await ask(port, '/v1/models/GPT%2D5.4')).text)).toMatchObject({ id: 'gpt-5.4' });
    const missing = await ask(port, '/models/nope');
    expect([missing.status, errorOf(missing.text)['code'], errorOf(missing.text)['param']]).toEqual([
      404,
      'model_not_found',
      'model',
    ]);
  });

  it('quotes an unknown model without its control characters', async () => {
    const { port } = await start();
    const { text } = await ask(port, '/models/no%0Asuch');
    expect(errorOf(text)['message']).toBe('The model no such does not exist or you do not have access to it.');
  });

  it.each(['/nope', '/v1/embeddings', '/v1/responses/resp_1/cancel', '/', '/v1/models/%ff'])(
    'says 404 for %s',
    async (path) => {
      const { port } = await start();
      const { status, text } = await ask(port, path);
      expect([status, errorOf(text)]).toEqual([
        404,
        {
          message: `Unknown request URL: GET ${path}.`,
          type: 'invalid_request_error',
          param: null,
          code: 'unknown_url',
        },
      ]);
    },
  );

  it('names the endpoint to use in place of /v1/completions', async () => {
    const { port } = await start();
    const { text } = await ask(port, '/v1/completions', { method: 'POST', body: '{}' });
    expect(errorOf(text)['message']).toContain('/v1/chat/completions');
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST, HEAD'],
    ['GET', '/v1/responses', 'POST, HEAD'],
    ['DELETE', '/v1/models', 'GET, HEAD'],
    ['POST', '/healthz', 'GET, HEAD'],
  ])('says 405 for %s %s', async (method, path, allow) => {
    const { port } = await start();
    const { status, headers, text } = await ask(port, path, { method });
    expect([status, headers.allow, errorOf(text)['code']]).toEqual([405, allow, 'method_not_allowed']);
  });

  it('refuses a WebSocket with 426 and closes', async () => {
    const { port } = await start();
    const connection = new RawConnection(port).request('GET', '/v1/responses', {
      connection: 'Upgrade',
      upgrade: 'WebSocket',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    });
    await connection.closed;
    expect(connection.received).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(connection.received).toMatch(/connection: close\r\n/i);
    expect(connection.received).toMatch(/\r\nupgrade: websocket\r\n/i);
    expect(connection.received).toMatch(/\r\n\r\n\{"error":[^\r\n]*"code":"websocket_disabled"[^\r\n]*\}$/);
  });

  it('answers HEAD of the generating endpoints by key and readiness', async () => {
    const front = await start();
    const status = async (path: string, headers = {}) =>
      (await ask(front.port, path, { method: 'HEAD', headers })).status;
    expect(await status('/v1/responses')).toBe(401);
    expect(await status('/v1/responses', withKey)).toBe(200);
    front.service.status = { ...front.service.status, ready: false };
    expect(await status('/v1/responses', withKey)).toBe(503);
    expect(await status('/v1/chat/completions', withKey)).toBe(200);
    expect(await status('/v1/chat/completions')).toBe(401);
  });
});

describe('health', () => {
  it('is told to callers on this machine with its inside', async () => {
    const { port } = await start();
    const { status, text } = await ask(port, '/healthz');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      ok: true,
      sandbox_mode: 'read-only',
      backend_mode: 'app-server',
      app_server_enabled: true,
      pid: process.pid,
      health: {
        readiness: {
          ready: true,
          reason: 'handshake_complete',
          details: { restarts_total: 4, consecutive_failures: 2 },
        },
        liveness: { live: true, reason: 'worker_running' },
      },
      worker_supervisor: { workers: [{ slot: 0, state: 'ready', active_turns: 2, restarts_total: 1 }, { slot: 1 }] },
    });
  });

  it.each([
    ['callers behind a proxy', { 'x-forwarded-for': '8.8.8.8' }],
    ['pages from elsewhere in a browser on this machine', { origin: 'https://evil.example' }],
  ])('keeps its inside from %s without a key', async (_, forwarded) => {
    const { port } = await start();
    const { text } = await ask(port, '/healthz', { headers: forwarded });
    const { pid, worker_supervisor, health } = JSON.parse(text);
    expect([pid, worker_supervisor, health.readiness.details]).toEqual([undefined, null, null]);
    const keyed = await ask(port, '/healthz', { headers: { ...forwarded, ...withKey } });
    expect(JSON.parse(keyed.text).pid).toBe(process.pid);
    const own = await ask(port, '/healthz', { headers: { origin: 'app://obsidian.md' } });
    expect(JSON.parse(own.text).pid).toBe(process.pid);
  });

  it('P-47 shows metrics on this machine, but to no page from elsewhere', async () => {
    const { port } = await start({ metrics: { enabled: true, open: false, local: true, token: 'mt' } });
    const statuses = [{}, { origin: 'http://localhost:3000' }, { origin: 'https://evil.example' }].map(
      async (headers) => (await ask(port, '/metrics', { headers })).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403]);
    const headers = { origin: 'https://evil.example', authorization: 'Bearer mt' };
    expect((await ask(port, '/metrics', { headers })).status).toBe(200);
  });

  it('says 503 on /readyz and /livez, never on /healthz', async () => {
    const front = await start();
    front.service.status = { ...front.service.status, ready: false, live: false, liveness: 'restart_limit_exceeded' };
    const answers = await Promise.all(['/healthz', '/readyz', '/livez'].map((path) => ask(front.port, path)));
    expect(answers.map(({ status, text }) => [status, JSON.parse(text).ok])).toEqual([
      [200, false],
      [503, false],
      [503, false],
    ]);
  });
});

describe('before it drains', () => {
  it('says so on /readyz, and serves whoever comes', async () => {
    const { port, server } = await start();
    server.leave();
    const ready = await ask(port, '/readyz');
    expect([ready.status, JSON.parse(ready.text).health.readiness.reason]).toEqual([503, 'shutdown_initiated']);
    expect((await ask(port, '/livez')).status).toBe(200);
    expect((await ask(port, '/v1/models', { headers: withKey })).status).toBe(200);
  });
});

describe('order of checks', () => {
  it('finds the route before it asks who is calling', async () => {
    const { port } = await start();
    expect((await ask(port, '/nope', { headers: { host: 'evil.example' } })).status).toBe(404);
  });

  it('refuses a foreign Host before it asks for the key', async () => {
    const { port } = await start({ allowedHosts: ['box.lan'] });
    const at = async (host: string) => (await ask(port, '/v1/usage-free', { headers: { host } })).status;
    const models = async (host: string) => (await ask(port, '/v1/models', { headers: { host } })).status;
    expect(await Promise.all(['evil.example', 'localhost.evil.example'].map(models))).toEqual([421, 421]);
    expect(await Promise.all(['LOCALHOST:1', '127.0.0.1', '[::1]:80', 'box.lan:99'].map(models))).toEqual([
      200, 200, 200, 200,
    ]);
    expect(await at('evil.example')).toBe(404);
  });

  it.each([
    [true, 421],
    [false, 200],
  ])(
    'on all addresses, with the default key %s, says %i to a foreign Host from this machine',
    async (defaultKey, to) => {
      const { server, port } = await start({ cors: { enabled: true, origins: ['*'], defaultKey } }, {}, '0.0.0.0');
      const headers = { host: 'evil.example' };
      expect((await ask(port, '/v1/models', { headers })).status).toBe(to);
      expect((await ask(port, '/v1/models', { headers: { host: 'localhost:1' } })).status).toBe(200);
      expect(server.active).toBe(0);
    },
  );

  it.each([
    ['bad JSON', '{bad'],
    ['no model', '{}'],
  ])('asks for the key before it reads a body with %s', async (_, body) => {
    const { port } = await start();
    const { status, headers, text } = await ask(port, '/v1/responses', { method: 'POST', body });
    expect([status, headers['www-authenticate'], errorOf(text)]).toEqual([
      401,
      'Bearer realm=api',
      { message: 'unauthorized', type: 'authentication_error', param: null, code: 'invalid_api_key' },
    ]);
  });

  it('answers 401 to a body of a gigabyte before any of it was sent', async () => {
    const { port } = await start();
    const connection = new RawConnection(port).request('POST', '/v1/responses', { 'content-length': '1000000000' });
    const answer = await connection.until('"invalid_api_key"');
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).toMatch(/connection: close\r\n/);
    connection.leave();
  });

  it('lets a client without a key finish sending and read its 401', async () => {
    const { port } = await start();
    const body = Buffer.alloc(5_000_000, 'x');
    for (let round = 0; round < 5; round += 1) {
      expect((await ask(port, '/v1/responses', { method: 'POST', body })).status).toBe(401);
    }
  });

  it.each(['bearer test-key', 'BEARER   test-key  ', 'Bearer test-key'])(
    'takes the key as %j',
    async (authorization) => {
      const { port } = await start({ protectModels: true });
      const { status, headers } = await ask(port, '/v1/models', { headers: { authorization } });
      expect([status, headers['cache-control']]).toEqual([200, 'private, max-age=60']);
    },
  );

  it.each(['', 'Bearer', 'Bearer ', 'Basic test-key', 'Bearer test-keyx', 'Bearer test'])(
    'refuses %j',
    async (authorization) => {
      const { port } = await start({ protectModels: true });
      expect((await ask(port, '/v1/models', { headers: { authorization } })).status).toBe(401);
    },
  );

  it('reads the request before it asks whether anybody is signed in', async () => {
    const { port, service } = await start();
    service.state = { state: 'signedOut', offer: null };
    const post = (body: string) => ask(port, '/v1/responses', { method: 'POST', headers: withKey, body });
    expect((await post('{}')).status).toBe(400);
    expect((await post(question)).status).toBe(401);
    expect(service.opened).toHaveLength(0);
  });
});

describe('sign-in', () => {
  const offer = { loginId: 'login-1', url: 'https://auth.example/device', code: 'ABCD-1234' };
  const details = async (settings: Partial<FrontSettings>, headers = {}) => {
    const { port, service } = await start(settings);
    service.state = { state: 'signedOut', offer };
    const answer = await ask(port, '/v1/responses', {
      method: 'POST',
      headers: { ...withKey, ...headers },
      body: question,
    });
    expect([answer.status, errorOf(answer.text)['code']]).toEqual([401, 'invalid_api_key']);
    return errorOf(answer.text)['details'];
  };

  it('tells a caller on this machine where to sign in', async () => {
    expect(await details({})).toEqual({
      verification_url: offer.url,
      user_code: offer.code,
      login_id: offer.loginId,
      auth_url: offer.url,
    });
  });

  it('tells nobody behind a proxy, unless the operator said so', async () => {
    const forwarded = { 'x-forwarded-for': '8.8.8.8' };
    expect(await details({}, forwarded)).toBeUndefined();
    expect(await details({ login: { offered: true, remote: true } }, forwarded)).toBeDefined();
    expect(await details({ login: { offered: false, remote: true } })).toBeUndefined();
  });
});

describe('robustness', () => {
  it('answers 500 with a request id when a handler throws, and tells no message', async () => {
    const front = await start(
      {},
      {
        responses: {
          ...responsesEndpoint,
          read: () => {
            throw new Error('secret prompt');
          },
        },
      },
    );
    const { status, headers, text } = await ask(front.port, '/v1/responses', {
      method: 'POST',
      headers: withKey,
      body: question,
    });
    expect([status, errorOf(text)['code']]).toEqual([500, 'internal_error']);
    expect(headers['x-request-id']).toMatch(/^req_.{20}/);
    expect(headers).not.toHaveProperty('uwebsockets');
    expect(JSON.stringify(front.journal.lines)).toContain('request_failed');
    expect(JSON.stringify(front.journal.lines) + text).not.toContain('secret');
  });

  it('says one clear thing when its port is taken', async () => {
    const { port } = await start();
    const other = await start();
    await expect(other.server.listen('127.0.0.1', port)).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: the port is in use`,
    );
  });

  it('takes long headers, and answers 431 to endless ones', async () => {
    const { port } = await start();
    const status = async (bytes: number) =>
      (await ask(port, '/livez', { headers: { cookie: 'x'.repeat(bytes) } })).status;
    expect([await status(12_000), await status(20_000)]).toEqual([200, 431]);
  });

  it('survives pipelined requests', async () => {
    const { port } = await start();
    const connection = new RawConnection(port);
    connection.request('POST', '/v1/responses', withKey, question).request('GET', '/healthz');
    await connection.closed;
    expect((await ask(port, '/healthz')).status).toBe(200);
  });

  it('puts a new request id on every kind of answer', async () => {
    const { port } = await start();
    const answers = await Promise.all([
      ask(port, '/healthz'),
      ask(port, '/nope'),
      ask(port, '/v1/models', { method: 'OPTIONS' }),
      ask(port, '/v1/responses', { method: 'POST', headers: { 'x-request-id': 'mine' } }),
    ]);
    const found = answers.map(({ headers }) => headers['x-request-id']);
    expect(new Set(found).size).toBe(4);
    for (const id of found) expect(id).toMatch(/^req_.{20}/);
  });
});

describe('CORS', () => {
  const origin = 'https://app.example';
  it.each([
    ['a preflight', 'OPTIONS', '/any/where', 204, {}],
    ['an answer', 'GET', '/v1/models', 200, {}],
    ['a missing key', 'POST', '/v1/responses', 401, {}],
    ['an unknown path', 'GET', '/nope', 404, {}],
    ['a wrong method', 'PUT', '/v1/models', 405, {}],
    ['a foreign host', 'GET', '/v1/models', 421, { host: 'evil.example' }],
    ['a media type', 'POST', '/v1/responses', 415, { ...withKey, 'content-type': 'text/html' }],
  ])('is on %s', async (_, method, path, status, headers) => {
    const { port } = await start({ cors: { enabled: true, origins: [origin], defaultKey: false } });
    const answer = await ask(port, path, { method, headers: { origin, ...headers } });
    expect(answer.status).toBe(status);
    expect(answer.headers['access-control-allow-origin']).toBe(origin);
    expect(answer.headers['access-control-expose-headers']).toContain('x-request-id');
    const foreign = await ask(port, path, { method, headers: { origin: 'https://evil.example', ...headers } });
    expect([foreign.status, foreign.headers['access-control-allow-origin']]).toEqual([status, undefined]);
  });

  it('is on the head of a stream', async () => {
    const { port, service } = await start();
    const opened = service.next();
    const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });
    const answered = ask(port, '/v1/responses', { method: 'POST', headers: { ...withKey, origin }, body });
    (await opened).answer('x');
    const { headers } = await answered;
    expect([headers['content-type'], headers['access-control-allow-origin']]).toEqual([
      'text/event-stream; charset=utf-8',
      origin,
    ]);
  });
});

describe('closing', () => {
  it('finishes what is under way, refuses what is new, then closes every connection', async () => {
    const front = await start();
    const idle = new RawConnection(front.port).request('GET', '/livez');
    await idle.until('"liveness"');
    const opened = front.service.next();
    const working = new RawConnection(front.port).request('POST', '/v1/responses', withKey, question);
    const response = await opened;
    const closed = front.server.close(10_000);
    await front.service.drain();

    idle.request('POST', '/v1/responses', withKey, question);
    await idle.closed;
    expect(idle.received).toContain('"code":"server_shutting_down"');
    expect(idle.received).toMatch(/connection: close/i);

    response.answer('done');
    await closed;
    await working.closed;
    expect(working.received).toContain('"status":"completed"');
    await expect(ask(front.port, '/livez')).rejects.toThrow('ECONNREFUSED');
  });

  it('does not wait longer than it is told', async () => {
    const front = await start();
    const opened = front.service.next();
    const working = new RawConnection(front.port).request('POST', '/v1/responses', withKey, question);
    const response = await opened;
    const closed = front.server.close(10_000);
    front.clock.advance(10_000);
    await Promise.all([closed, working.closed, response.left]);
    expect(front.server.active).toBe(0);
  });
});
