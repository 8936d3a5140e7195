/** Clients that leave, limits that are reached, and what much of anything costs. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bodyOf, post, stream, streamed } from '../answers.ts';
import { untilLoad } from '../gateway-health.ts';
import { marker } from '../provider/scenario.ts';
import type { StreamClient } from '../stream-client.ts';
import { eventually } from './eventually.ts';
import { framesOf, serve, type Server } from './server.ts';
import { read, readAll, ways } from './ways.ts';

const mebibyte = 1_048_576;

const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
};
/** Of the gateway, in hundredths of a second. */
const cpuTicks = ({ gateway }: Server): number => {
  const stat = readFileSync(`/proc/${gateway.pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
};
const residentBytes = ({ gateway }: Server): number => {
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
};
const dialects = ['chat', 'responses'] as const;

/** Streams that go on until their file is written. */
const released = async (env: Readonly<Record<string, string>> = {}) => {
  const release = join(folder(), 'release');
  const server = await serve({
    FAKE_CODEX_MODE: 'long_stream',
    FAKE_CODEX_STREAM_INTERVAL_MS: '20',
    STREAM_RELEASE_FILE: release,
    ...env,
  });
  return { server, release: () => writeFileSync(release, '') };
};

describe('clients that leave', () => {
  test('W-40 P-167 C-39 slots are free within two seconds, and the provider is left alone', async () => {
    const { gateway } = await serve({ CODEX_BIN: '', WORKER_MAX_CONCURRENCY: '4', PROXY_QUEUE_MAX: '0' });
    const held = marker('text', { text: 'first second', n: 2, barrier: 'gate', at: 1 });
    const clients = [0, 1, 2, 3].map((index) => stream(gateway, dialects[index % 2] ?? 'chat', held));
    await Promise.all(clients.map((client) => client.until('first')));
    expect((await post(gateway, 'chat', bodyOf('chat', 'full')).done).status).toBe(429);

    const leftAt = performance.now();
    for (const client of clients) client.leave();
    await untilLoad(gateway, { activeTurns: 0, queued: 0 });
    expect(performance.now() - leftAt).toBeLessThan(2_500);
    expect(streamed('responses', await stream(gateway, 'responses', marker('text')).done).code).toBeNull();
    expect(gateway.provider.samplings.slice(0, 4).map(({ ending }) => ending)).toEqual(Array(4).fill('client'));
  });
});

describe('limits', () => {
  test('W-42 P-156 C-37 a worker that falls silent is a timeout, and nobody has aborted anything', async () => {
    const server = await serve({ FAKE_CODEX_MODE: 'stream_hang', PROXY_STREAM_IDLE_TIMEOUT_MS: '1000' });
    const chat = await server.chat({ stream: true });
    expect(framesOf(chat.text).at(-1).error).toMatchObject({ code: 'idle_timeout', type: 'timeout_error' });
    expect(chat.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(await read(server, 'responses stream')).toMatchObject({ text: 'Hello (pre-hang)', error: 'idle_timeout' });
    expect(server.gateway.lines.all.filter((line) => /request_aborted|client\.gone/.test(line))).toEqual([]);
  });

  test('W-45 P-161 C-36 no slot is a 429 before the head of a stream', async () => {
    // Without the limit on streams, which would be as narrow.
    const narrow = { WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '0' };
    const { server, release } = await released(narrow);
    const first = stream(server.gateway, 'chat', 'hi');
    await first.until('tick-0');
    for (const way of ways)
      expect(await read(server, way)).toMatchObject({ status: 429, error: 'worker_busy', text: '', finish: null });
    const refused = await server.chat({ stream: true });
    expect(refused.json.error.retryable).toBe(true);
    expect(refused.headers['content-type']).toMatch(/^application\/json/);
    release();
    expect(streamed('chat', await first.done).code).toBeNull();
  });

  test('W-51 P-161 P-162 C-36 many requests at once are served by default, and what has no slot waits', async () => {
    const { server, release } = await released();
    const clients = Array.from({ length: 12 }, (_, index) =>
      stream(server.gateway, dialects[index % 2] ?? 'chat', 'hi'),
    );
    await Promise.all(clients.map((client) => client.until('tick-0')));
    release();
    for (const [index, client] of clients.entries())
      expect(streamed(dialects[index % 2] ?? 'chat', await client.done).code).toBeNull();

    const narrow = await serve({ WORKER_MAX_CONCURRENCY: '1' });
    const readings = await Promise.all([...ways, ...ways].map((way) => read(narrow, way)));
    for (const reading of readings) expect(reading).toMatchObject({ status: 200, text: 'Hello from fake-codex.' });
  });

  test('W-50 P-262 streams of the shim run side by side', async () => {
    const { server, release } = await released();
    const clients = [0, 1, 2, 3].map(() => stream(server.gateway, 'chat', 'hi'));
    // Each of them has begun before any has ended.
    await Promise.all(clients.map((client) => client.until('tick-2 ')));
    release();
    for (const client of clients) expect(streamed('chat', await client.done).text).toMatch(/^tick-0 tick-1 tick-2 /);
  });

  test('W-44 P-177 C-45 SIGTERM during answers: all of them end as they would, then the workers, then the gateway', async () => {
    const { server, release } = await released();
    const { gateway } = server;
    const streams = dialects.map((dialect) => [dialect, stream(gateway, dialect, 'hi')] as const);
    const wholes = (['chat whole', 'responses whole'] as const).map((way) => read(server, way));
    await Promise.all(streams.map(([, client]) => client.until('tick-0')));
    await untilLoad(gateway, { activeTurns: 4, queued: 0 });
    gateway.signal('SIGTERM');
    await gateway.until((line) => line.includes(' shutdown_initiated '));
    expect((await server.send('GET', '/readyz')).status).toBe(503);
    release();
    for (const [dialect, client] of streams) expect(streamed(dialect, await client.done).code).toBeNull();
    for (const reading of await Promise.all(wholes)) expect(reading).toMatchObject({ finish: 'stop', error: null });
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
  });
});

describe('much of it', () => {
  const burst = (deltas: number): string => marker('burst', { n: deltas, size: 20 });

  test('W-46 P-114 A-14 40 000 deltas cost four times what 10 000 cost, and hold nobody up', async () => {
    const server = await serve();
    const cost = async (deltas: number): Promise<number> => {
      const before = cpuTicks(server);
      const { text, finish } = await read(server, 'chat stream', { prompt: burst(deltas) });
      expect([text.length, finish]).toEqual([deltas * 20, 'stop']);
      return cpuTicks(server) - before;
    };
    await cost(10_000);
    const [small, large] = [await cost(10_000), await cost(40_000)];
    // Ten times, where quadratic cost would be sixteen times; a clock that ticks in hundredths is not to be trusted further.
    expect(large).toBeLessThan(10 * Math.max(small, 10));

    const long = server.chat({ stream: true, messages: [{ role: 'user', content: burst(40_000) }] });
    for (const reading of await readAll(server)) expect(reading.text).toBe('Hello from fake-codex.');
    expect((await long).text.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  test('W-47 P-164 readers that stop reading cost what their answers are long, and nobody else anything', async () => {
    const server = await serve({ PROXY_STREAM_IDLE_TIMEOUT_MS: '60000' });
    const answerBytes = 8 * mebibyte;
    const readers = 8;
    const large = (): StreamClient =>
      stream(server.gateway, 'chat', marker('burst', { n: 128, size: answerBytes / 128 }));
    await large().done;
    const before = residentBytes(server);
    const stalled = await Promise.all(
      Array.from({ length: readers }, async () => {
        const client = large();
        await client.head;
        client.pause();
        return client;
      }),
    );
    for (let round = 0; round < 5; round += 1)
      for (const reading of await readAll(server))
        expect(reading).toMatchObject({ text: 'Hello from fake-codex.', error: null });
    // The log of an answer holds it once; beyond that there is room for a megabyte each and for garbage.
    expect(residentBytes(server) - before).toBeLessThan(readers * (answerBytes * 2 + mebibyte) + 64 * mebibyte);
    for (const client of stalled) client.leave();
    await untilLoad(server.gateway, { activeTurns: 0, queued: 0 });
    expect((await server.get('/readyz')).status).toBe(200);
  });

  test('P-166 an answer that passes its limit ends there as incomplete, in all four ways', async () => {
    const limit = 100_000;
    const server = await serve({ PROXY_RESPONSE_BYTES_MAX: String(limit) });
    for (const { status, text, finish, error } of await readAll(server, { prompt: burst(20_000) })) {
      expect([status, finish, error]).toEqual([200, 'length', null]);
      expect(text.length).toBeGreaterThan(limit);
      // What came in one read with what passed the limit.
      expect(text.length).toBeLessThanOrEqual(limit + 65_536);
    }
    await untilLoad(server.gateway, { activeTurns: 0, queued: 0 });
  });

  test('W-48 P-211 the log has as many lines for 1000 deltas as for one', async () => {
    const server = await serve();
    // Whoever waits for the gateway asks for its health, which has a line, too.
    const told = (): readonly string[] =>
      server.gateway.lines.all.filter((line) => !/ route=\/(?:healthz|readyz)\b/.test(line));
    const lines = async (deltas: number): Promise<number> => {
      const before = told().length;
      for (const dialect of dialects)
        expect((await stream(server.gateway, dialect, burst(deltas)).done).status).toBe(200);
      const ended = (): number =>
        told()
          .slice(before)
          .filter((line) => line.includes(' access_log ')).length;
      await eventually('the last line of each request', () => ended() === dialects.length);
      return told().length - before;
    };
    await lines(1);
    const [one, thousand] = [await lines(1), await lines(1_000)];
    expect(thousand).toBe(one);
    expect(thousand).toBeLessThanOrEqual(2 * 5);
  });
});
