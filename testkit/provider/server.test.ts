import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { brotliCompress, gzip, zstdCompress } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Provider } from './provider.ts';
import { marker, type SpecValues } from './scenario.ts';
import { userMessage } from './scene.ts';
import { startProvider } from './server.ts';

let provider: Provider;

beforeAll(async () => {
  provider = await startProvider();
});

beforeEach(() => provider.reset());

afterAll(() => provider.close());

type Ask = {
  readonly signal?: AbortSignal;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
};

function ask(name: string, values: SpecValues = {}, more: Ask = {}): Promise<Response> {
  const body = JSON.stringify({ model: 'demo', input: [userMessage(marker(name, values))] });
  return fetch(`${provider.baseUrl}/responses`, { method: 'POST', body, ...more });
}

async function deltas(response: Response): Promise<string> {
  const data = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  const events = data.map((line): { type: string; delta?: string } => JSON.parse(line.slice(6)));
  return events.map((one) => (one.type === 'response.output_text.delta' ? (one.delta ?? '') : '')).join('');
}

describe('answers', () => {
  test('a stream is an event stream with a request id', async () => {
    const response = await ask('text');
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-request-id')).toBe('req_fake_1');
    expect(await deltas(response)).toBe('Hello, world.');
  });

  test('bytes torn at every position arrive whole', async () => {
    expect(await deltas(await ask('text', { text: 'Grüße 👩‍👩‍👧', cut: 'points', wire: 1 }))).toBe('Grüße 👩‍👩‍👧');
  });

  test('the list of models is empty, other paths are 404', async () => {
    const models = await fetch(`${provider.baseUrl}/models`);
    expect(await models.json()).toEqual({ object: 'list', data: [] });
    expect((await fetch(`${provider.origin}/nowhere`)).status).toBe(404);
  });

  test.each([
    ['gzip', promisify(gzip)],
    ['br', promisify(brotliCompress)],
    ['zstd', promisify(zstdCompress)],
  ] as const)('a %s body is read', async (encoding, compress) => {
    const text = JSON.stringify({ model: 'test-empty', input: [] });
    const body = new Uint8Array(await compress(text));
    const response = await ask('text', {}, { body, headers: { 'content-encoding': encoding } });
    expect(response.status).toBe(200);
    expect(provider.samplings[0]).toMatchObject({ scenario: 'empty', rawBytes: body.length, body: JSON.parse(text) });
    await response.text();
  });

  test('an unknown scenario is a 400 that names the known ones', async () => {
    const response = await ask('nope');
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('known: default, text');
  });

  test('a body over the limit is a 413', async () => {
    await using tiny = await startProvider({ bodyBytesMax: 10 });
    expect((await fetch(`${tiny.baseUrl}/responses`, { method: 'POST', body: 'x'.repeat(11) })).status).toBe(413);
  });
});

describe('recording', () => {
  test('a finished answer is recorded as finished', async () => {
    await (await ask('text', { key: 'a', n: 2 })).text();
    const record = await provider.until((one) => one.samplings.find((sampling) => sampling.ending));
    expect(record).toMatchObject({
      scenario: 'text',
      key: 'a',
      attempt: 1,
      status: 200,
      ending: 'finished',
      sequence: 1,
    });
    expect(provider.activeStreams).toBe(0);
  });

  test.each(['hang', 'hangmid', 'hangheaders'])(
    'leaving %s early is recorded as closed by the client',
    async (name) => {
      const leave = new AbortController();
      const answer = ask(name, {}, { signal: leave.signal }).then((response) => response.text());
      await provider.until((one) => one.activeStreams === 1);
      leave.abort();
      await expect(answer).rejects.toThrow();
      const record = await provider.until((one) => one.samplings.find((sampling) => sampling.ending));
      expect(record.ending).toBe('client');
    },
  );

  test.each(['cut', 'reset', 'closeearly'])('%s is recorded as broken by the provider', async (name) => {
    await expect(ask(name).then((response) => response.text())).rejects.toThrow();
    const record = await provider.until((one) => one.samplings.find((sampling) => sampling.ending));
    expect(record.ending).toBe('provider');
  });

  test('a cut by reset is a reset', async () => {
    const socket = connect(provider.port, '127.0.0.1').resume();
    const body = JSON.stringify({ model: 'm', input: [userMessage(marker('cut', { how: 'rst' }))] });
    socket.write(`POST /v1/responses HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
  });

  test('the oldest records go first', async () => {
    await using small = await startProvider({ recordMax: 2 });
    for (let i = 0; i < 4; i += 1) await (await fetch(`${small.origin}/${i}`)).text();
    expect(small.requests.map((record) => record.url)).toEqual(['/2', '/3']);
  });
});

describe('control', () => {
  test('attempts are counted by key', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) {
      for (const key of ['a', 'b']) {
        const response = await ask('status', { code: 503, times: 2, key });
        await response.text();
        statuses.push(response.status);
      }
    }
    expect(statuses).toEqual([503, 503, 503, 503, 200, 200]);
  });

  test('a paused key stops, others go on', async () => {
    provider.pause('a');
    const paused = ask('text', { key: 'a' }).then(deltas);
    await provider.until((one) => one.stopped('a') === 1);
    expect(await ask('text', { key: 'b' }).then(deltas)).toBe('Hello, world.');
    expect(provider.activeStreams).toBe(1);
    provider.resume('a');
    expect(await paused).toBe('Hello, world.');
  });

  test('streams wait at a barrier until it is released', async () => {
    const answers = [1, 2, 3].map(() => ask('text', { barrier: 'gate', at: 2 }).then(deltas));
    await provider.until((one) => one.waiting('gate') === 3);
    expect(provider.samplings.map((record) => record.eventsSent)).toEqual([6, 6, 6]);
    provider.release('gate');
    expect(await Promise.all(answers)).toEqual(Array(3).fill('Hello, world.'));
  });

  test('a barrier of n opens by itself', async () => {
    const answers = [1, 2, 3].map(() => ask('text', { hold: 'start', of: 3 }).then(deltas));
    expect(await Promise.all(answers)).toEqual(Array(3).fill('Hello, world.'));
  });

  test('a condition that never holds fails at its deadline, with its source', async () => {
    await expect(provider.until((one) => one.activeStreams > 99, { timeoutMs: 1 })).rejects.toThrow(
      'activeStreams > 99',
    );
  });

  test('closing ends hanging streams and waiting conditions', async () => {
    const other = await startProvider({ defaultScenario: 'hang' });
    const answer = fetch(`${other.baseUrl}/responses`, { method: 'POST', body: '{}' }).then((response) =>
      response.text(),
    );
    await other.until((one) => one.activeStreams === 1);
    const never = other.until(() => false);
    await Promise.all([other.close(), expect(answer).rejects.toThrow(), expect(never).rejects.toThrow('closed')]);
    expect(other.samplings[0]?.ending).toBe('provider');
  });

  test('two hundred streams at once all arrive', async () => {
    const answers = Array.from({ length: 200 }, () => ask('text', { n: 50, hold: 'all', of: 200 }).then(deltas));
    const lengths = new Set((await Promise.all(answers)).map((text) => text.length));
    expect(lengths.size).toBe(1);
  });
});
