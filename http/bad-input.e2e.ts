/**
 * Whatever comes in, from clients and from workers, gets a clear answer of the OpenAI shape with the right status, and the
 * next request is served as if nothing had happened.
 */

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bodyOf, type Dialect, post, refused, stream, streamed, whole } from '../testkit/answers.ts';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { untilLoad } from '../testkit/gateway-health.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import type { Followed } from '../testkit/stream-client.ts';

const shim = join(import.meta.dirname, '../testkit/app-server/main.ts');
const dialects: readonly Dialect[] = ['responses', 'chat'];

async function serves(gateway: Gateway): Promise<void> {
  for (const dialect of dialects) {
    const text = `still here: ${dialect}`;
    const told = streamed(dialect, await stream(gateway, dialect, marker('text', { text, n: 3 })).done);
    expect(told).toMatchObject({ text, code: null });
  }
}

describe('from clients', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterEach(() => serves(gateway));
  afterAll(() => gateway.stop());

  const send = (body: string | Uint8Array, headers: Readonly<Record<string, string>> = gateway.withKey) =>
    ask(gateway.port, '/v1/responses', { method: 'POST', body, headers });
  const responses = (more: object): string => JSON.stringify({ model: 'codex-5', input: 'hi', ...more });

  test.each([
    ['bad JSON', '{"model":', 'invalid_json'],
    ['an array', '[1]', 'invalid_request_error'],
    ['null', 'null', 'invalid_request_error'],
    ['nothing', '', 'invalid_json'],
    ['a nesting of 5,000 levels', `${'['.repeat(5_000)}${']'.repeat(5_000)}`, 'invalid_json'],
    ['invalid UTF-8', Buffer.from('{"model":"codex-5","input":"\xff\xfe"}', 'latin1'), 'invalid_json'],
  ])('%s is 400', async (_, body, code) => {
    expect(refused(await send(body))).toMatchObject({ status: 400, code });
  });

  test.each([
    ['an input that is a number', { input: 42 }, 400, 'invalid_request_error', 'input'],
    ['an item of an unknown type', { input: [{ type: 'nonsense' }] }, 400, 'unsupported_value', 'input[0].type'],
    ['no model', { model: null }, 400, 'model_required', 'model'],
    ['an unknown model', { model: 'nonsense' }, 404, 'model_not_found', 'model'],
    ['a temperature that is text', { temperature: 'hot' }, 400, 'invalid_request_error', 'temperature'],
    ['n of 2', { n: 2 }, 400, 'n_unsupported', 'n'],
    ['a stored prompt', { prompt: { id: 'pmpt_1' } }, 400, 'unsupported_parameter', 'prompt'],
  ])('%s is refused by name, also with stream', async (_, more, status, code, param) => {
    for (const asked of [false, true]) {
      expect(refused(await send(responses({ ...more, stream: asked })))).toMatchObject({ status, code, param });
    }
  });

  test('a body of 17 MiB is 413, and one of 10 MB reaches the model', async () => {
    const tooLarge = bodyOf('responses', 'x'.repeat(17 * 1_048_576));
    expect(refused(await post(gateway, 'responses', tooLarge).done)).toMatchObject({ status: 413 });
    const prompt = `${'x'.repeat(10_000_000)} ${marker('echo')}`;
    const told = whole('responses', await post(gateway, 'responses', bodyOf('responses', prompt)).done);
    expect(Number((JSON.parse(told.text) as { chars: number }).chars)).toBeGreaterThanOrEqual(prompt.length);
  });

  test('a missing or wrong key is 401 before the body is looked at', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Basic eDp5' }]) {
      expect(refused(await send('{bad', headers))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    }
  });

  test('lone surrogates are replaced, not passed on', async () => {
    const body = `{"model":"codex-5","input":"\\ud800 ${marker('text', { text: 'fine' }).replaceAll('"', '\\"')}"}`;
    expect(whole('responses', await post(gateway, 'responses', body).done).text).toBe('fine');
    expect(JSON.stringify(gateway.provider.samplings.at(-1)?.body)).toContain('\ufffd');
  });

  test('clients that come slowly are waited for, those that vanish in the middle are forgotten', async () => {
    const body = responses({ input: marker('text', { text: 'slow' }) });
    const headers = { ...gateway.withKey, 'content-length': String(body.length), connection: 'close' };
    const slow = new RawConnection(gateway.port).request('POST', '/v1/responses', headers).send(body.slice(0, 20));
    const vanished = [0, 1, 20].map((sent) =>
      new RawConnection(gateway.port).request('POST', '/v1/responses', headers).send(body.slice(0, sent)),
    );
    await serves(gateway);
    for (const connection of vanished) connection.leave();
    new RawConnection(gateway.port).send('POST /v1/resp').leave();
    await Promise.all(vanished.map(({ closed }) => closed));
    slow.send(body.slice(20));
    expect(await slow.until('"slow"')).toMatch(/^HTTP\/1\.1 200 /);
    slow.leave();
  });

  test('a WebSocket upgrade is 426', async () => {
    const headers = {
      ...gateway.withKey,
      upgrade: 'websocket',
      connection: 'Upgrade',
      'sec-websocket-key': 'x'.repeat(24),
    };
    const answer = await ask(gateway.port, '/v1/responses', { headers: { ...headers, 'sec-websocket-version': '13' } });
    expect(refused(answer)).toMatchObject({ status: 426, code: 'websocket_disabled' });
  });

  test('a foreign Host is 421', async () => {
    const answer = await ask(gateway.port, '/v1/models', { headers: { ...gateway.withKey, host: 'evil.example' } });
    expect(refused(answer)).toMatchObject({ status: 421, code: 'misdirected_request' });
  });
});

test('with the default key only the known origins may read answers', async () => {
  const gateway = await startGateway({ CODEX_BIN: shim, PROXY_API_KEY: 'codex-local-secret', PROXY_WORKER_COUNT: '1' });
  const allowed = async (origin: string, method: string): Promise<string | undefined> => {
    const { headers } = await ask(gateway.port, '/v1/chat/completions', { method, headers: { origin } });
    return headers['access-control-allow-origin'];
  };
  for (const method of ['OPTIONS', 'POST']) {
    expect(await allowed('https://evil.example', method)).toBeUndefined();
    expect(await allowed('app://obsidian.md', method)).toBe('app://obsidian.md');
  }
  await gateway.stop();
});

describe('from workers', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    const env = {
      CODEX_BIN: shim,
      WORKER_BACKOFF_INITIAL_MS: '10',
      WORKER_BACKOFF_MAX_MS: '20',
      // The head of a stream waits for its first output, however slow the machine is.
      PROXY_SSE_HEAD_DELAY_MS: '60000',
    };
    gateway = await startGateway(env, { workersReady: 2 });
  });
  afterEach(() => serves(gateway));
  afterAll(() => gateway.stop());

  test.each(['garbage', 'badutf8', 'crlf', 'noise'])('%s between the lines changes nothing', async (name) => {
    for (const dialect of dialects) {
      const told = streamed(dialect, await stream(gateway, dialect, marker(name, { text: 'unharmed', n: 3 })).done);
      expect(told).toMatchObject({ text: 'unharmed', code: null });
    }
  });

  /** Sends what ends a worker, and waits until it is back. */
  const deadly = async (body: ReturnType<typeof bodyOf>, dialect: Dialect): Promise<Followed> => {
    const before = gateway.lines.all.length;
    const answer = await post(gateway, dialect, body).done;
    await gateway.lines.until((line) => line.includes(' worker_ready '), 10_000, before);
    return answer;
  };

  test.each(['exit', 'exithalf', 'closestdout'])(
    '%s in the middle of an answer ends it by the recipe',
    async (name) => {
      for (const dialect of dialects) {
        const answer = await deadly(bodyOf(dialect, marker(name), { stream: true }), dialect);
        expect(streamed(dialect, answer).code).toBe('worker_exited');
      }
    },
  );

  test.each([false, true])('an exit before the first byte is a 503, stream: %s', async (asked) => {
    const answer = await deadly(bodyOf('chat', marker('exit', { n: 0 }), { stream: asked }), 'chat');
    expect(refused(answer)).toMatchObject({ status: 503, code: 'worker_exited' });
  });

  test('an exit in the middle of a whole answer is a 503', async () => {
    const answer = await deadly(bodyOf('responses', marker('exit')), 'responses');
    expect(refused(answer)).toMatchObject({ status: 503, code: 'worker_exited' });
  });
});

test('a full queue and a long wait in it are 429 with the time to come back, also for streams', async () => {
  const gateway = await startGateway({
    PROXY_WORKER_COUNT: '1',
    WORKER_MAX_CONCURRENCY: '1',
    PROXY_QUEUE_MAX: '1',
    PROXY_QUEUE_WAIT_MS: '1000',
  });
  const running = stream(gateway, 'responses', marker('text', { text: 'a b', n: 2, barrier: 'gate', at: 1 }));
  await running.until('"delta":"a');
  const queued = stream(gateway, 'responses', 'queued');
  await untilLoad(gateway, { activeTurns: 1, queued: 1 });
  for (const more of [{}, { stream: true }]) {
    const answer = await post(gateway, 'chat', bodyOf('chat', 'one too many', more)).done;
    expect(refused(answer)).toMatchObject({ status: 429, code: 'worker_busy' });
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect(refused(await queued.done)).toMatchObject({ status: 429, code: 'worker_busy' });
  gateway.provider.release('gate');
  expect(streamed('responses', await running.done)).toMatchObject({ text: 'a b', code: null });
  await serves(gateway);
  await gateway.stop();
});
