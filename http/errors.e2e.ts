/**
 * Whatever the model provider answers, refuses, breaks off or leaves unsaid reaches the client at once and in the words of
 * the error table: the same status, type and code on both endpoints, streamed or not, with the provider's own text and
 * nothing of the gateway's secrets. Before the first byte it is an HTTP status, afterwards the last word of the stream.
 */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import type { Body } from '../testkit/judged-client.ts';
import { marker, type SpecValues } from '../testkit/provider/scenario.ts';
import { validateChatStream } from '../testkit/validator/chat.ts';
import { validateErrorBody } from '../testkit/validator/error-body.ts';
import { validateResponsesStream } from '../testkit/validator/responses.ts';

const providerKey = 'sk-the-key-of-the-provider';
const idleMs = 5_000;
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({
    PROXY_WORKER_COUNT: '1',
    CODEX_PROVIDER_KEY: providerKey,
    PROXY_IDLE_TIMEOUT_MS: String(idleMs),
    PROXY_STREAM_IDLE_TIMEOUT_MS: String(idleMs),
    // The head waits for the first output, however slow the machine is.
    PROXY_SSE_HEAD_DELAY_MS: '60000',
  });
});
afterAll(() => gateway.stop());

interface Expected {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  readonly retry: boolean;
  readonly afterMs: number | null;
}

const invalid = 'invalid_request_error';
const expected = (status: number, type: string, code: string, more: Partial<Expected> = {}): Expected => ({
  status,
  type,
  code,
  param: null,
  retry: false,
  afterMs: null,
  ...more,
});

const badRequest = expected(400, invalid, 'bad_request');
const tooLong = expected(400, invalid, 'context_length_exceeded');
const policy = expected(400, invalid, 'content_policy_violation');
const keyRefused = expected(401, 'authentication_error', 'invalid_api_key');
const denied = expected(403, 'permission_error', 'permission_denied');
const noModel = expected(404, invalid, 'model_not_found', { param: 'model' });
const tooLarge = expected(413, invalid, 'request_entity_too_large');
const rateLimit = expected(429, 'rate_limit_error', 'rate_limit_exceeded', { retry: true, afterMs: 5_000 });
const namedWait = { ...rateLimit, afterMs: 1_500 };
const quota = expected(429, 'insufficient_quota', 'insufficient_quota', { afterMs: 60_000 });
const upstream = expected(502, 'server_error', 'upstream_error', { retry: true });
const refused = { ...upstream, retry: false };
const unreachable = expected(502, 'server_error', 'upstream_connection_failed', { retry: true });
const disconnected = expected(502, 'server_error', 'stream_disconnected', { retry: true });
const overloaded = expected(503, 'backend_unavailable', 'server_is_overloaded', { retry: true, afterMs: 5_000 });
const idle = expected(504, 'timeout_error', 'idle_timeout', { retry: true });

const secret = new RegExp(
  `${providerKey}|https?://(?!chatgpt\\.com/)|127\\.0\\.0\\.1|localhost|req_fake|/tmp/|CODEX_HOME`,
  'u',
);

const ways = (content: string): readonly (readonly [path: string, body: Body])[] =>
  [false, true].flatMap((stream) => [
    ['/responses', { input: content, stream }] as const,
    ['/chat/completions', { messages: [{ role: 'user', content }], stream }] as const,
  ]);

interface Refusal {
  readonly message: string;
  readonly headers: Headers;
}

const post = async ({ baseUrl, withKey }: Gateway, path: string, body: Body): Promise<Response> => {
  const headers = { ...withKey, 'content-type': 'application/json' };
  return fetch(`${baseUrl}${path}`, { method: 'POST', headers, body: JSON.stringify({ model: 'codex-5', ...body }) });
};

const refusal = async (asked: Gateway, path: string, body: Body, want: Expected): Promise<Refusal> => {
  const answer = await post(asked, path, body);
  const text = await answer.text();
  const { message, type, code, param } = validateErrorBody(answer.status, answer.headers, text);
  const afterMs = answer.headers.get('retry-after-ms');
  const retry = answer.headers.get('x-should-retry') === 'true';
  const place = want.code === 'context_length_exceeded' ? Object.keys(body)[0] : want.param;
  expect({
    status: answer.status,
    type,
    code,
    param,
    retry,
    afterMs: afterMs === null ? null : Number(afterMs),
  }).toEqual({
    ...want,
    param: place,
  });
  expect(answer.headers.get('x-request-id')).toMatch(/^req_.{20}/u);
  expect(text).not.toMatch(secret);
  return { message, headers: answer.headers };
};

const refusals = async (name: string, values: SpecValues, want: Expected): Promise<readonly Refusal[]> =>
  Promise.all(ways(marker(name, values)).map(async ([path, body]) => refusal(gateway, path, body, want)));

const said = 'Said upstream. Please try again in 1.5s.';

test.each<[SpecValues, Expected, string | RegExp]>([
  [{ code: 400 }, badRequest, 'The provider answers 400.'],
  [{ code: 400, body: '{"detail":"No such thing."}' }, badRequest, 'No such thing.'],
  [
    { code: 400, body: '{\n  "error": {\n    "message": "Too odd.",\n    "code": "unsupported_value"\n  }\n}' },
    { ...badRequest, code: 'unsupported_value' },
    'Too odd.',
  ],
  [{ kind: 'context' }, tooLong, /context window/],
  [{ code: 401 }, keyRefused, /CODEX_PROVIDER_KEY/],
  [{ kind: 'auth' }, keyRefused, /CODEX_PROVIDER_KEY/],
  [{ code: 402 }, quota, /The provider answers 402\.$/],
  [{ code: 403 }, denied, /The provider answers 403\.$/],
  [{ code: 404 }, refused, /The provider answers 404\.$/],
  [{ kind: 'model' }, noModel, 'The model does not exist.'],
  [{ code: 408 }, upstream, /The provider answers 408\.$/],
  [{ code: 409 }, upstream, /The provider answers 409\.$/],
  [{ code: 413 }, tooLarge, /The provider answers 413\.$/],
  [{ code: 418 }, refused, /The provider answers 418\.$/],
  [{ code: 422 }, badRequest, /The provider answers 422\.$/],
  [{ code: 429 }, rateLimit, /429 Too Many Requests$/],
  [{ code: 429, retryafter: 7 }, rateLimit, /429 Too Many Requests$/],
  [{ kind: 'rate' }, rateLimit, /429 Too Many Requests$/],
  [{ kind: 'usage' }, quota, /usage limit/],
  [{ kind: 'quota' }, quota, /Quota exceeded/],
  [{ code: 500 }, upstream, /high demand/],
  [{ code: 501 }, upstream, /The provider answers 501\.$/],
  [{ code: 502 }, upstream, /The provider answers 502\.$/],
  [{ code: 503 }, upstream, /The provider answers 503\.$/],
  [{ code: 504 }, upstream, /The provider answers 504\.$/],
  [{ kind: 'overloaded' }, overloaded, /capacity/],
  [{ code: 200 }, disconnected, /stream closed before response\.completed$/],
])('status %j', async (values, want, text) => {
  for (const { message } of await refusals('status', values, want)) expect(message).toMatch(text);
});

test.each<[string, Expected, string | RegExp]>([
  ['rate_limit_exceeded', namedWait, `rate limit exceeded: ${said}`],
  ['slow_down', namedWait, `rate limit exceeded: ${said}`],
  ['server_is_overloaded', overloaded, /capacity/],
  ['insufficient_quota', quota, /Quota exceeded/],
  ['usage_not_included', quota, /plan/],
  ['context_length_exceeded', tooLong, /context window/],
  ['cyber_policy', policy, said],
  ['model_not_found', noModel, said],
  ['invalid_prompt', refused, said],
  ['bio_policy', refused, said],
  ['server_error', disconnected, `stream disconnected before completion: ${said}`],
])('response.failed %s', async (code, want, text) => {
  for (const { message } of await refusals('failed', { code, message: said }, want)) expect(message).toMatch(text);
});

test.each<[string, SpecValues, RegExp]>([
  ['errorevent', {}, /stream closed/],
  ['cut', { n: 0 }, /network error/],
  ['cut', { n: 0, how: 'rst' }, /network error/],
  ['noterminal', { n: 0 }, /stream closed/],
  ['reset', {}, /error sending request$/],
  ['closeearly', {}, /error sending request$/],
])('a lost connection before any output: %s %j', async (name, values, text) => {
  for (const { message } of await refusals(name, values, disconnected)) expect(message).toMatch(text);
});

test('a provider that says nothing, before its head or after it', async () => {
  await Promise.all(['hangheaders', 'hang'].map((name) => refusals(name, {}, idle)));
});

const failed = async (path: string, answer: Response): Promise<unknown> => {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (path === '/chat/completions') return validateChatStream(bytes).error;
  const { response } = validateResponsesStream(bytes);
  expect(response['status']).toBe('failed');
  return response['error'];
};

test.each<[string, SpecValues, Expected]>([
  ['cut', {}, disconnected],
  ['noterminal', { done: true }, disconnected],
  ['failed', { code: 'rate_limit_exceeded' }, rateLimit],
  ['errorevent', {}, disconnected],
  ['hangmid', {}, idle],
])(
  'after some output a stream ends with the error, a whole answer is still an HTTP error: %s',
  async (name, values, want) => {
    const asked = ways(marker(name, { ...values, n: 3, barrier: name, at: 2 }));
    const whole = asked.filter(([, { stream }]) => stream === false);
    const refused = Promise.all(whole.map(([path, body]) => refusal(gateway, path, body, want)));
    const streamed = asked.filter(([, { stream }]) => stream === true);
    const answers = await Promise.all(
      streamed.map(async ([path, body]) => [path, await post(gateway, path, body)] as const),
    );
    gateway.provider.release(name);
    await refused;
    for (const [path, answer] of answers) {
      expect(answer.status).toBe(200);
      const error = await failed(path, answer);
      expect(error).toMatchObject({ type: want.type, code: want.code });
      expect(JSON.stringify(error)).not.toMatch(secret);
    }
  },
);

test.each(['usage', 'quota'])(
  'a limit of the plan (%s) is told within a second and not to be retried',
  async (kind) => {
    for (const [path, body] of ways(marker('status', { kind }))) {
      const { headers } = await refusal(gateway, path, body, quota);
      expect(Number(headers.get('openai-processing-ms'))).toBeLessThan(1_000);
      expect(headers.get('retry-after')).toBe('60');
    }
  },
);

test.each(['http://127.0.0.1:9/v1', 'http://no-such-host.invalid/v1'])(
  'a provider that cannot be reached: %s',
  async (url) => {
    const alone = await startGateway({
      PROXY_WORKER_COUNT: '1',
      PROXY_SSE_HEAD_DELAY_MS: '60000',
      CODEX_PROVIDER_URL: url,
    });
    try {
      await Promise.all(ways('hi').map(async ([path, body]) => refusal(alone, path, body, unreachable)));
    } finally {
      await alone.stop();
    }
  },
);

test("the client's own id of a request is logged and not reflected", async () => {
  const headers = { ...gateway.withKey, 'content-type': 'application/json', 'x-client-request-id': 'mine-4711' };
  const body = JSON.stringify({ model: 'codex-5', input: 'hi' });
  const answer = await fetch(`${gateway.baseUrl}/responses`, { method: 'POST', headers, body });
  await answer.arrayBuffer();
  const id = answer.headers.get('x-request-id');
  expect(id).toMatch(/^req_/u);
  expect([...answer.headers.values()].filter((value) => value.includes('mine-4711'))).toEqual([]);
  await gateway.until(
    (line) => line.includes(`client_request req_id=${id} `) && line.includes(' client_request_id=mine-4711'),
  );
});
