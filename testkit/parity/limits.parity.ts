/** How many, how long, how much: what is refused when there is no room, and what comes first. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Gateway } from '../gateway.ts';
import { untilLoad } from '../gateway-health.ts';
import { heapFreeBytes } from '../memory-probe.ts';
import { marker } from '../provider/scenario.ts';
import { RawConnection } from '../raw-client.ts';
import { type Answer, type Fields, type Headers, responsesText, serve, type Server } from './server.ts';

const messages = [{ role: 'user', content: 'Say hello.' }];

/** A stream of chat that has begun, and goes on until its client leaves. */
async function open(server: Server): Promise<RawConnection> {
  const headers = { ...server.gateway.withKey, 'content-type': 'application/json' };
  const body = JSON.stringify({ model: 'codex-5', messages, stream: true });
  const stream = new RawConnection(server.port).request('POST', '/v1/chat/completions', headers, body);
  onTestFinished(() => stream.leave());
  await stream.until('data: ');
  return stream;
}

const refused = ({ status, headers, json }: Answer) => [
  status,
  json?.error?.code,
  headers['content-type']?.startsWith('application/json'),
  headers['x-should-retry'],
  Number(headers['retry-after']) > 0,
];
const hanging = { FAKE_CODEX_MODE: 'stream_hang', FAKE_CODEX_STREAM_HANG_MS: '600000' };

test('P-160 so many streams are open at a time, over both endpoints, and a place comes back', async () => {
  const server = await serve({
    ...hanging,
    PROXY_SSE_MAX_CONCURRENCY: '1',
    PROXY_QUEUE_MAX: '0',
    PROXY_TEST_ENDPOINTS: '1',
  });
  const stream = await open(server);
  for (const second of [await server.chat({ stream: true }), await server.resp({ stream: true })]) {
    expect(refused(second)).toEqual([429, 'concurrency_exceeded', true, 'true', true]);
    expect(second.json.error.type).toBe('rate_limit_error');
    const conc = ['before', 'after', 'limit'].map((name) => second.headers[`x-conc-${name}`]);
    expect(conc).toEqual(['1', '1', '1']);
  }
  expect(stream.received).toMatch(/\r\nx-conc-before: 0\r\nx-conc-after: 1\r\nx-conc-limit: 1\r\n/i);
  expect((await server.get('/__test/conc')).json).toEqual({ conc: 1 });
  stream.leave();
  while ((await server.get('/__test/conc')).json.conc !== 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await open(server);
});

test('P-160 the limit is more than the workers and the queue hold unless it is told, and 0 is none', async () => {
  const one = { ...hanging, WORKER_MAX_CONCURRENCY: '1', PROXY_TEST_ENDPOINTS: '1' };
  const [auto, none] = await Promise.all([
    serve({ ...one, PROXY_QUEUE_MAX: '2', PROXY_WORKER_COUNT: '1' }),
    serve({ ...hanging, PROXY_SSE_MAX_CONCURRENCY: '0', PROXY_QUEUE_MAX: '0', WORKER_MAX_CONCURRENCY: '3' }),
  ]);
  expect((await open(auto)).received).toMatch(/\r\nx-conc-limit: 4\r\n/i);
  for (let count = 0; count < 3; count += 1) expect((await open(none)).received).not.toMatch(/\r\nx-conc/i);
});

test('P-161 C-36 a worker has so many turns; without a queue the next request is refused, as a stream too', async () => {
  const server = await serve({
    ...hanging,
    WORKER_MAX_CONCURRENCY: '1',
    PROXY_QUEUE_MAX: '0',
  });
  await open(server);
  for (const second of [
    await server.chat(),
    await server.resp(),
    await server.chat({ stream: true }),
    await server.resp({ stream: true }),
  ])
    expect(refused(second)).toEqual([429, 'worker_busy', true, 'true', true]);
});

test('P-162 a bounded queue: who waits too long, or finds it full, is refused; who leaves frees its place', async () => {
  const server = await serve({
    ...hanging,
    WORKER_MAX_CONCURRENCY: '1',
    PROXY_QUEUE_MAX: '1',
    PROXY_QUEUE_WAIT_MS: '700',
  });
  const queued = async (count: number): Promise<void> => {
    while ((await server.get('/readyz')).json.worker_supervisor.queued !== count)
      await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const stream = await open(server);
  const waiting = server.chat();
  await queued(1);
  expect(refused(await server.chat({ stream: true }))).toEqual([429, 'worker_busy', true, 'true', true]);
  // Nothing comes free: in the end it is refused, too.
  expect(refused(await waiting)).toEqual([429, 'worker_busy', true, 'true', true]);
  await queued(0);

  const headers = { ...server.gateway.withKey, 'content-type': 'application/json' };
  const leaver = new RawConnection(server.port);
  leaver.request('POST', '/v1/chat/completions', headers, JSON.stringify({ model: 'codex-5', messages }));
  await queued(1);
  leaver.leave();
  await queued(0);
  // In the order of their coming: the place of the first goes to the second.
  const next = new RawConnection(server.port);
  onTestFinished(() => next.leave());
  const body = JSON.stringify({ model: 'codex-5', messages, stream: true });
  next.request('POST', '/v1/chat/completions', headers, body);
  await queued(1);
  stream.leave();
  expect(await next.until('data: ')).toMatch(/^HTTP\/1\.1 200 /);
});

test('P-163 a key asks so often; nobody else counts, and health and models do not', async () => {
  const server = await serve({
    PROXY_RATE_LIMIT_ENABLED: 'true',
    PROXY_RATE_LIMIT_MAX: '1',
    PROXY_RATE_LIMIT_WINDOW_MS: '600000',
  });
  // A key that is none uses nothing up.
  for (let count = 0; count < 3; count += 1)
    expect((await server.chat({}, { authorization: 'Bearer wrong' })).status).toBe(401);
  for (const path of ['/v1/models', '/healthz', '/nope']) await server.get(path);
  expect((await server.send('HEAD', '/v1/responses', server.gateway.withKey)).status).toBe(200);
  expect((await server.chat()).status).toBe(200);
  for (const second of [await server.chat(), await server.resp({ stream: true }), await server.chat({ model: '' })]) {
    expect(refused(second)).toEqual([429, 'rate_limited', true, 'true', true]);
    expect(Number(second.headers['retry-after'])).toBeGreaterThan(500);
    expect(Number(second.headers['retry-after-ms'])).toBeGreaterThan(500_000);
  }
  expect((await server.get('/v1/models')).status).toBe(200);
});

test('P-163 a bucket fills up again', async () => {
  const server = await serve({
    PROXY_RATE_LIMIT_ENABLED: 'true',
    PROXY_RATE_LIMIT_MAX: '1',
    PROXY_RATE_LIMIT_WINDOW_MS: '2000',
  });
  // What is wrong with a request is told only when it may be looked at.
  const hasty = () => server.post('/v1/chat/completions', {});
  let limited = await hasty();
  while (limited.status !== 429) limited = await hasty();
  const waitMs = Number(limited.headers['retry-after-ms']);
  expect(waitMs).toBeLessThanOrEqual(2_000);
  await new Promise((resolve) => setTimeout(resolve, waitMs + 5));
  expect((await hasty()).json.error.code).toBe('model_required');
});

test('P-159 W-43 a whole answer that takes long is told as far as it is, and its turn ends', async () => {
  const server = await serve({
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_TICKS: '100',
    PROXY_NONSTREAM_TRUNCATE_AFTER_MS: '1500',
  });
  const chat = await server.chat();
  expect([chat.status, chat.json.choices[0].finish_reason]).toEqual([200, 'length']);
  expect(chat.json.choices[0].message.content).toMatch(/^tick-0 tick-1 /);
  const response = await server.resp();
  expect([response.status, response.json.status, response.json.incomplete_details]).toEqual([
    200,
    'incomplete',
    { reason: 'max_output_tokens' },
  ]);
  expect(response.json.output[0].content[0].text).toMatch(/^tick-0 /);
  // A stream is left alone.
  const stream = await open(server);
  await stream.until('tick-12 ');
  stream.leave();
  while ((await server.get('/readyz')).json.worker_supervisor.active_turns !== 0)
    await new Promise((resolve) => setTimeout(resolve, 10));
});

test('P-159 without any text it is a timeout, under the older name of the variable, too', async () => {
  const server = await serve({ FAKE_CODEX_JSONRPC_HANG: 'message', PROXY_DEV_TRUNCATE_AFTER_MS: '300' });
  for (const answer of [await server.chat(), await server.resp()])
    expect([answer.status, answer.json.error.code]).toEqual([504, 'idle_timeout']);
  expect(server.gateway.lines.all.join('\n')).toContain('PROXY_NONSTREAM_TRUNCATE_AFTER_MS');
});

/* P-164 */

const mebibyte = 1_048_576;
const probe = join(import.meta.dirname, '../memory-probe.ts');
const residentBytes = ({ pid }: Gateway): number =>
  Number(/RssAnon:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1_024;

/** After a garbage collection, without the part of the heap that is empty then. */
async function heldBytes(gateway: Gateway): Promise<number> {
  const before = gateway.lines.all.length;
  gateway.signal('SIGUSR2');
  const line = await gateway.lines.until((text) => text.startsWith(heapFreeBytes), 10_000, before);
  return residentBytes(gateway) - Number(line.split('=')[1]);
}

const stalledCount = 32;

/** Readers that stop reading, beside others that do not; resolves with the most memory when the former have been cut off. */
async function flood(server: Server): Promise<number> {
  const { gateway } = server;
  const cut = (): number => gateway.journal.filter((line) => line.includes(' client_too_slow ')).length;
  const cutBefore = cut();
  const headers = { ...gateway.withKey, 'content-type': 'application/json' };
  // Eight mebibytes, and then a turn that goes on.
  const content = marker('hangmid', { n: 128, size: 65_536 });
  const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content }], stream: true });
  // The turns of the others are there before: what a busy worker keeps waiting is not what this is about.
  const words = Array.from({ length: 20 }, (_, at) => `word-${at} `).join('');
  const slowly = marker('text', { text: words, n: 20, delay: 250 });
  const others = Array.from({ length: 32 }, () => server.respFrames({ input: slowly }));
  await untilLoad(gateway, { activeTurns: 32, queued: 0 });
  const stalled = Array.from({ length: stalledCount }, () =>
    new RawConnection(server.port).request('POST', '/v1/chat/completions', headers, body),
  );
  await Promise.all(stalled.map((reader) => reader.until('HTTP/1.1 200').then(() => reader.socket.pause())));
  let most = 0;
  const watch = setInterval(() => {
    most = Math.max(most, residentBytes(gateway));
  }, 50);
  try {
    for (const frames of await Promise.all(others)) {
      expect(frames.at(-1).type).toBe('response.completed');
      expect(responsesText(frames)).toBe(words);
    }
    await gateway.until(() => cut() - cutBefore === stalledCount, 90_000);
  } finally {
    clearInterval(watch);
  }
  for (const reader of stalled) reader.leave();
  // Their turns, which were to go on, were interrupted.
  while ((await server.get('/readyz')).json.worker_supervisor.active_turns !== 0)
    await new Promise((resolve) => setTimeout(resolve, 20));
  return most;
}

test('P-164 readers that stop reading are cut off, cost little, and hold up nobody', { timeout: 240_000 }, async () => {
  const server = await serve({
    WORKER_MAX_CONCURRENCY: '64',
    NODE_OPTIONS: `--expose-gc --import=${probe}`,
    // What was given back to the C library goes back to the system: it would keep up to a hundred megabytes by itself.
    MALLOC_MMAP_THRESHOLD_: '65536',
    MALLOC_TRIM_THRESHOLD_: '131072',
  });
  // What a flood needs for good is there after the first one.
  await flood(server);
  const before = await heldBytes(server.gateway);
  // Their answers are 256 MiB together.
  const most = await flood(server);
  expect(most - before).toBeLessThan(400 * mebibyte);
  expect((await heldBytes(server.gateway)) - before).toBeLessThan(48 * mebibyte);
});

/* P-22. Both endpoints share the way to their readers; the order within a body is that of each reader. */

interface Violation {
  readonly expected: readonly [status: number, code: string, param?: string];
  readonly path?: string;
  readonly headers?: Headers;
  readonly body?: Fields | string;
}

const sound = { model: 'codex-5', messages, stream: true };

/** What a request may be guilty of by itself, in the order in which it is told. */
const guilts: readonly Violation[] = [
  { expected: [404, 'unknown_url'], path: '/v1/nope' },
  { expected: [401, 'invalid_api_key'], headers: { authorization: 'Bearer wrong' } },
  { expected: [415, 'unsupported_encoding'], headers: { 'content-encoding': 'compress' } },
  { expected: [400, 'invalid_json'], body: '{bad' },
  { expected: [400, 'model_required', 'model'], body: { model: '' } },
  { expected: [400, 'invalid_request_error', 'messages'], body: { messages: [] } },
  { expected: [400, 'invalid_request_error', 'n'], body: { n: 0 } },
  { expected: [404, 'model_not_found', 'model'], body: { model: 'no-such-model' } },
];

const guilty = (server: Server, ...both: readonly Violation[]): Promise<Answer> => {
  const path = both.find((one) => one.path !== undefined)?.path ?? '/v1/chat/completions';
  const headers = Object.assign({}, ...both.map((one) => one.headers ?? {})) as Headers;
  const text = both.find(({ body }) => typeof body === 'string')?.body;
  // Of two that speak about one field the first one is meant.
  const fields = Object.assign({}, sound, ...[...both].reverse().map(({ body }) => body)) as Fields;
  return server.post(path, typeof text === 'string' ? text : fields, headers);
};

const told = ({ status, json }: Answer) => [status, json?.error?.code, json?.error?.param ?? undefined];
const wanted = ({ expected: [status, code, param] }: Violation) => [status, code, param];
/** Both cannot be seen in one request. */
const exclusive = (one: Violation, other: Violation): boolean =>
  typeof other.body === 'object' && typeof one.body === 'object' && 'model' in one.body && 'model' in other.body;

test('P-22 of two things that are wrong with a request the earlier one is told', async () => {
  const server = await serve();
  for (const [index, first] of guilts.entries()) {
    expect(told(await guilty(server, first))).toEqual(wanted(first));
    for (const second of guilts.slice(index + 1)) {
      if (exclusive(first, second)) continue;
      const answer = await guilty(server, first, second);
      expect([second.expected, told(answer)]).toEqual([second.expected, wanted(first)]);
      expect(answer.headers['content-type']).toContain('application/json');
    }
  }
});

/** What the state of the gateway adds: after how many of those above it is told. */
async function inState(server: Server, state: Violation, after: number): Promise<void> {
  expect(told(await guilty(server))).toEqual(wanted(state));
  for (const [index, guilt] of guilts.entries()) {
    const earlier = index < after ? guilt : state;
    expect([guilt.expected, told(await guilty(server, guilt))]).toEqual([guilt.expected, wanted(earlier)]);
  }
}

test('P-22 on responses, too, of two things that are wrong the earlier one is told', async () => {
  const server = await serve();
  const whole = { model: 'codex-5', input: 'Say hello.', stream: true };
  const wrong: readonly (readonly [Fields, readonly [number, string, string?]])[] = [
    [{ model: null }, [400, 'model_required', 'model']],
    [{ input: 5 }, [400, 'invalid_request_error', 'input']],
    [{ n: 2 }, [400, 'n_unsupported', 'n']],
    [{ model: 'no-such-model' }, [404, 'model_not_found', 'model']],
  ];
  for (const [index, [first, expected]] of wrong.entries()) {
    for (const [second] of wrong.slice(index)) {
      const answer = await server.post('/v1/responses', { ...whole, ...second, ...first });
      expect([second, told(answer)]).toEqual([second, [...expected]]);
    }
  }
  const keyless = await server.post('/v1/responses', '{bad', { authorization: '' });
  expect(told(keyless)).toEqual([401, 'invalid_api_key', undefined]);
});

test('P-22 the rate limit comes after the key and before the body', async () => {
  const server = await serve({
    PROXY_RATE_LIMIT_ENABLED: 'true',
    PROXY_RATE_LIMIT_MAX: '1',
    PROXY_RATE_LIMIT_WINDOW_MS: '600000',
  });
  expect((await server.chat()).status).toBe(200);
  await inState(server, { expected: [429, 'rate_limited'] }, 2);
});

test('P-22 the longest prompt comes after the request itself, a worker after that', async () => {
  const dead = {
    FAKE_CODEX_HANDSHAKE_MODE: 'exit',
    WORKER_RESTART_MAX: '1',
    WORKER_BACKOFF_INITIAL_MS: '20',
    WORKER_BACKOFF_MAX_MS: '20',
  };
  const [guarded, absent] = await Promise.all([
    serve({ ...dead, PROXY_MAX_PROMPT_TOKENS: '1' }, { ready: false }),
    serve(dead, { ready: false }),
  ]);
  for (const server of [guarded, absent]) await server.until('/livez', 503);
  await inState(guarded, { expected: [403, 'context_length_exceeded', 'messages'] }, guilts.length);
  await inState(absent, { expected: [503, 'worker_not_ready'] }, guilts.length);
});

test('P-22 a place among the streams comes last', async () => {
  const server = await serve({ ...hanging, PROXY_SSE_MAX_CONCURRENCY: '1' });
  await open(server);
  await inState(server, { expected: [429, 'concurrency_exceeded'] }, guilts.length);
});
