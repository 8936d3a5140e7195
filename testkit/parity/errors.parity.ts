/**
 * The table of errors, as far as workers cause them: status, code, type, advice and promptness, in all four ways to read.
 * What requests alone cause is in the files of those requests.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { untilLoad } from '../gateway-health.ts';
import { marker, type SpecValues } from '../provider/scenario.ts';
import {
  chatText,
  framesOf,
  type Loose,
  responsesText,
  serve,
  startServer,
  type Answer,
  type Fields,
  type Server,
} from './server.ts';

interface Told {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly retry: boolean;
  /** Seconds; null: no such header. */
  readonly after: number | null;
  readonly param?: string | null;
}

const invalid = 'invalid_request_error';
const rate = 'rate_limit_error';
const away = 'backend_unavailable';

/** The head of a stream waits for its first output, however slow the machine is. */
const patient = { PROXY_SSE_HEAD_DELAY_MS: '60000' };

/** Far from any of the limits that end an answer which nothing else ends. */
const promptMs = 3_000;

type Ask = (server: Server, prompt: string, extra?: Fields) => Promise<Answer>;

const asks: readonly (readonly [way: string, ask: Ask])[] = [
  ['chat whole', (server, content, extra) => server.chat({ messages: [{ role: 'user', content }], ...extra })],
  ['chat stream', (server, content) => server.chat({ messages: [{ role: 'user', content }], stream: true })],
  ['responses whole', (server, input, extra) => server.resp({ input, ...extra })],
  ['responses stream', (server, input) => server.resp({ input, stream: true })],
];

const checkRefusal = (answer: Answer, told: Told, way: string): void => {
  const { error } = answer.json;
  const found = { status: answer.status, type: error.type, code: error.code, param: error.param };
  expect(found, way).toEqual({ status: told.status, type: told.type, code: told.code, param: told.param ?? null });
  expect(typeof error.message, way).toBe('string');
  expect(error.message, way).not.toBe('');
  expect(error.retryable, way).toBe(told.retry ? true : undefined);
  expect(answer.headers['x-should-retry'], way).toBe(String(told.retry));
  expect(answer.headers['retry-after'] ?? null, way).toBe(told.after === null ? null : String(told.after));
};

/** In each way, before any byte of an answer: an HTTP status at once. */
const refuses = async (server: Server, prompt: string, told: Told, withinMs = promptMs): Promise<void> => {
  for (const [way, ask] of asks) {
    const startedAt = performance.now();
    const answer = await ask(server, prompt);
    const tookMs = performance.now() - startedAt;
    const param =
      told.code === 'context_length_exceeded' ? (way.startsWith('chat') ? 'messages' : 'input') : told.param;
    checkRefusal(answer, { ...told, ...(param === undefined ? {} : { param }) }, way);
    expect(tookMs, way).toBeLessThan(withinMs);
  }
};

describe('before the first byte', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer(patient);
  });
  afterAll(() => server.gateway.kill());

  const rows: readonly (readonly [scenario: string, values: SpecValues, told: Told])[] = [
    [
      'error',
      { kind: 'contextWindowExceeded' },
      { status: 400, type: invalid, code: 'context_length_exceeded', retry: false, after: null },
    ],
    ['error', { kind: 'badRequest' }, { status: 400, type: invalid, code: 'bad_request', retry: false, after: null }],
    [
      'error',
      { kind: 'cyberPolicy' },
      { status: 400, type: invalid, code: 'content_policy_violation', retry: false, after: null },
    ],
    [
      'status',
      { code: 403 },
      { status: 403, type: 'permission_error', code: 'permission_denied', retry: false, after: null },
    ],
    [
      'status',
      { kind: 'model' },
      { status: 404, type: invalid, code: 'model_not_found', retry: false, after: null, param: 'model' },
    ],
    [
      'error',
      { kind: 'rateLimitExceeded' },
      { status: 429, type: rate, code: 'rate_limit_exceeded', retry: true, after: 5 },
    ],
    [
      'failed',
      { code: 'rate_limit_exceeded', message: 'Please try again in 7s.' },
      { status: 429, type: rate, code: 'rate_limit_exceeded', retry: true, after: 7 },
    ],
    [
      'error',
      { kind: 'usageLimitExceeded' },
      { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retry: false, after: 60 },
    ],
    [
      'error',
      { kind: 'sessionBudgetExceeded' },
      { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retry: false, after: 60 },
    ],
    [
      'error',
      { kind: 'internalServerError' },
      { status: 502, type: 'server_error', code: 'upstream_error', retry: true, after: null },
    ],
    ['status', { code: 502 }, { status: 502, type: 'server_error', code: 'upstream_error', retry: true, after: null }],
    ['cut', { n: 0 }, { status: 502, type: 'server_error', code: 'stream_disconnected', retry: true, after: null }],
    [
      'error',
      { kind: 'httpConnectionFailed' },
      { status: 502, type: 'server_error', code: 'upstream_connection_failed', retry: true, after: null },
    ],
    [
      'error',
      { kind: 'serverOverloaded' },
      { status: 503, type: away, code: 'server_is_overloaded', retry: true, after: 5 },
    ],
  ];

  test.each(rows)('P-150 P-152 P-153 W-41 error table: %s %j', async (scenario, values, told) => {
    await refuses(server, marker(scenario, values), told);
  });

  test('P-152 W-41 an error that nothing follows ends the answer all the same', async () => {
    const told = { status: 429, type: 'insufficient_quota', code: 'insufficient_quota', retry: false, after: 60 };
    await refuses(server, marker('erroronly', { n: 0, kind: 'usageLimitExceeded' }), told);
  });

  test('P-151 a bad request of the provider is quoted, with its own code and param', async () => {
    const body = JSON.stringify({ error: { message: 'Too odd.', code: 'unsupported_value', param: 'input[0]' } });
    for (const [way, ask] of asks) {
      const { status, json } = await ask(server, marker('status', { code: 400, body }));
      expect({ status, ...json.error }, way).toMatchObject({
        status: 400,
        message: 'Too odd.',
        code: 'unsupported_value',
        param: 'input[0]',
      });
      expect(json.error.retryable).toBeUndefined();
    }
  });

  test.each([32600, 32602])('P-150 P-151 W-58 error table: the turn is refused with -%d', async (code) => {
    // In the words of the wire contract: a verdict of the worker is `bad_request`, `invalid_request_error` is the gateway's own.
    const told = { status: 400, type: invalid, code: 'bad_request', retry: false, after: null };
    await refuses(server, marker('refuse', { code }), told);
  });

  test('P-150 W-58 error table: 500 worker_error, whose code is a word', async () => {
    const told = { status: 500, type: 'server_error', code: 'worker_error', retry: false, after: null };
    await refuses(server, marker('refuse', { code: 32603, message: 'it broke' }), told);
  });
});

describe('what the worker refuses', () => {
  const always = (method: string, act: string): Record<string, string> => ({
    FAKE_CODEX_REFUSE: `${method}:${act}:1000`,
    ...patient,
  });

  test.each(['thread/inject_items', 'turn/start'])(
    'P-150 P-151 W-58 %s refused with -32600 is the client’s mistake',
    async (method) => {
      const server = await serve(always(method, '-32600'));
      await refuses(server, 'hi', { status: 400, type: invalid, code: 'bad_request', retry: false, after: null });
    },
  );

  test.each(['thread/start', 'thread/inject_items', 'turn/start'])(
    'P-150 error table: 429 worker_busy, when %s meets an overload that lasts',
    async (method) => {
      const server = await serve(always(method, '-32001'));
      await refuses(server, 'hi', { status: 429, type: rate, code: 'worker_busy', retry: true, after: 1 }, 10_000);
    },
  );

  test('P-150 an overload that passes is not noticed', async () => {
    const server = await serve({ FAKE_CODEX_REFUSE: 'thread/start:-32001:1,turn/start:-32001:1' });
    expect((await server.chat()).json.choices[0].message.content).toBe('Hello from fake-codex.');
  });
});

describe('limits', () => {
  test('P-150 error table: 429 worker_busy, 504 idle_timeout', async () => {
    const server = await serve({
      WORKER_MAX_CONCURRENCY: '1',
      PROXY_QUEUE_MAX: '0',
      PROXY_IDLE_TIMEOUT_MS: '2000',
      FAKE_CODEX_JSONRPC_HANG: 'message',
    });
    const first = server.chat();
    await untilLoad(server.gateway, { activeTurns: 1, queued: 0 });
    await refuses(server, 'hi', { status: 429, type: rate, code: 'worker_busy', retry: true, after: 1 });
    checkRefusal(
      await first,
      { status: 504, type: 'timeout_error', code: 'idle_timeout', retry: true, after: null },
      'first',
    );
  });

  test('P-150 error table: 504 request_timeout', async () => {
    const server = await serve({
      FAKE_CODEX_JSONRPC_HANG: 'message',
      PROXY_TIMEOUT_MS: '300',
      ...patient,
    });
    const told = { status: 504, type: 'timeout_error', code: 'request_timeout', retry: true, after: null };
    await refuses(server, 'hi', told, 5_000);
  });

  test('P-150 P-157 C-37 error table: 504 worker_request_timeout', async () => {
    const server = await serve({
      FAKE_CODEX_JSONRPC_HANG: 'message',
      WORKER_REQUEST_TIMEOUT_MS: '400',
      ...patient,
    });
    const told = { status: 504, type: 'timeout_error', code: 'worker_request_timeout', retry: true, after: null };
    await refuses(server, 'hi', told, 5_000);
  });
});

describe('no worker', () => {
  test('P-150 error table: 503 worker_not_ready', async () => {
    const server = await serve(
      { FAKE_CODEX_HANDSHAKE_MODE: 'error', WORKER_BACKOFF_INITIAL_MS: '10', WORKER_RESTART_MAX: '1' },
      { ready: false },
    );
    await server.until('/livez', 503);
    await refuses(server, 'hi', { status: 503, type: away, code: 'worker_not_ready', retry: true, after: 1 });
  });

  test('P-150 error table: 503 worker_exited', async () => {
    const server = await serve({
      WORKER_BACKOFF_INITIAL_MS: '10',
      WORKER_RESTART_MAX: '50',
      ...patient,
    });
    for (const [way, ask] of asks) {
      const told = { status: 503, type: away, code: 'worker_exited', retry: true, after: 1 };
      checkRefusal(await ask(server, marker('exit', { n: 0, code: 1 })), told, way);
      await server.until('/readyz', 200);
    }
  });

  test('P-150 error table: 503 server_shutting_down', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'long_stream' });
    const running = server.chatFrames();
    await untilLoad(server.gateway, { activeTurns: 1, queued: 0 });
    server.gateway.signal('SIGTERM');
    await server.gateway.until((line) => line.includes(' shutdown_initiated '));
    await refuses(server, 'hi', { status: 503, type: away, code: 'server_shutting_down', retry: true, after: 5 });
    expect((await running).at(-1).choices[0].finish_reason).toBe('stop');
  });

  test('P-150 error table: 401 invalid_api_key, when nobody is signed in', async () => {
    const server = await serve({ FAKE_CODEX_UNAUTHORIZED: '1', CODEX_PROVIDER_URL: '', ...patient });
    for (const [way, ask] of asks) {
      const answer = await ask(server, 'hi');
      expect(answer.json.error, way).toMatchObject({ type: 'authentication_error', code: 'invalid_api_key' });
      expect([answer.status, answer.headers['www-authenticate']], way).toEqual([401, 'Bearer realm=api']);
    }
  });
});

describe('after the first byte', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({
      WORKER_BACKOFF_INITIAL_MS: '10',
      WORKER_RESTART_MAX: '50',
      PROXY_STREAM_IDLE_TIMEOUT_MS: '1000',
      PROXY_IDLE_TIMEOUT_MS: '1000',
    });
  });
  afterAll(() => server.gateway.kill());

  const rows: readonly (readonly [scenario: string, values: SpecValues, code: string, retry: boolean])[] = [
    ['erroronly', { n: 3, kind: 'usageLimitExceeded' }, 'insufficient_quota', false],
    ['erroronly', { n: 3, kind: 'serverOverloaded' }, 'server_is_overloaded', true],
    ['aborted', { n: 3 }, 'upstream_error', true],
    ['refuse', { n: 3, code: 32603 }, 'worker_error', false],
    ['exit', { n: 3, code: 1 }, 'worker_exited', true],
    ['exithalf', { n: 3, how: 'SIGKILL' }, 'worker_exited', true],
    ['retryrepeat', { n: 3 }, 'stream_disconnected', true],
    ['stuck', { n: 3 }, 'idle_timeout', true],
  ];

  /** The head goes out with the first output; an end in the same breath as that would be a status still. */
  const slow: SpecValues = { chunks: '["one ","two ","three"]', delay: 100 };

  test.each(rows)(
    'P-113 P-153 C-38 %s %j: the text so far, the error, [DONE] on chat',
    async (scenario, values, code, retry) => {
      const answer = await server.chat({
        messages: [{ role: 'user', content: marker(scenario, { ...slow, ...values }) }],
        stream: true,
      });
      await server.until('/readyz', 200);
      const frames = framesOf(answer.text);
      expect([answer.status, chatText(frames)]).toEqual([200, 'one two three']);
      expect(frames.at(-1).error).toMatchObject({ code, type: expect.any(String), message: expect.any(String) });
      expect(frames.at(-1).error.retryable).toBe(retry ? true : undefined);
      expect(frames.filter((frame) => frame.choices?.[0]?.finish_reason)).toEqual([]);
      expect(answer.text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
    },
  );

  test.each(rows)(
    'P-153 C-38 %s %j: the text so far, error, response.failed, [DONE] on responses',
    async (scenario, values, code) => {
      const answer = await server.resp({ input: marker(scenario, { ...slow, ...values }), stream: true });
      await server.until('/readyz', 200);
      const frames: readonly Loose[] = framesOf(answer.text);
      expect([answer.status, responsesText(frames)]).toEqual([200, 'one two three']);
      const [error, failed] = frames.slice(-2);
      expect(error).toMatchObject({ type: 'error', code, message: expect.any(String), param: null, error: { code } });
      expect(failed).toMatchObject({ type: 'response.failed', response: { status: 'failed', error: { code } } });
      expect(failed.response.id).toBe(frames[0].response.id);
      expect(failed.response.error.message).toBe(error.message);
      expect(answer.text.endsWith('\n\ndata: [DONE]\n\n')).toBe(true);
    },
  );

  test('P-113 A-27 a call that is complete when the worker dies ends the answer normally', async () => {
    const content = marker('exit', { done: true, name: 'lookup_user', args: '{}' });
    const frames = await server.chatFrames({ messages: [{ role: 'user', content }] });
    expect(frames.at(-1).choices[0].finish_reason).toBe('tool_calls');
    await server.until('/readyz', 200);
  });
});

test('P-153 mode error, both endpoints: a status, or the recipe of a stream', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'error', ...patient });
  for (const [way, ask] of asks) {
    const answer = await ask(server, 'hi');
    expect([answer.status, answer.json.error.code], way).toEqual([500, 'worker_error']);
  }
});
