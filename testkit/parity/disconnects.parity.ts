/** A client that leaves costs nothing from then on: neither a place, nor tokens, nor, unless that is wanted, a worker. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GatewayEnv, startGateway } from '../gateway.ts';
import { untilLoad } from '../gateway-health.ts';
import { marker } from '../provider/scenario.ts';
import { StreamClient } from '../stream-client.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Fields, framesOf, sayHello, type Server, serve } from './server.ts';

const slow = { FAKE_CODEX_MODE: 'long_stream', FAKE_CODEX_STREAM_INTERVAL_MS: '50', FAKE_CODEX_STREAM_TICKS: '10000' };
const single = { ...slow, WORKER_MAX_CONCURRENCY: '1', PROXY_QUEUE_MAX: '0' };

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const client = ({ port, gateway }: Server, more: object = {}): StreamClient => {
  const body = { model: 'codex-5', messages: sayHello, stream: true, ...more };
  return new StreamClient({ port, path: '/v1/chat/completions', body, headers: gateway.withKey });
};
const prompt = (content: string) => ({ messages: [{ role: 'user', content }] });
const busy = (server: Server, activeTurns: number, queued = 0) => untilLoad(server.gateway, { activeTurns, queued });

describe('P-167', () => {
  test.each([true, false])(
    'P-167 C-39 whoever leaves (streaming: %s) frees the place at once, and the turn is interrupted',
    async (stream) => {
      const captured = capture();
      const log = join(aFolder(), 'usage');
      const server = await serve({ ...captured.env, ...single, TOKEN_LOG_PATH: log });
      const leaving = client(server, { stream });
      if (stream) await leaving.until('tick-1 ');
      else await eventually('a turn', () => captured.requests('turn/start').length === 1);
      expect((await server.chat(prompt(marker('text', { text: 'hi' })))).status).toBe(429);
      leaving.leave();
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect((await server.chat(prompt(marker('text', { text: 'hi' })))).status).toBe(200);
      expect(captured.requests('turn/interrupt')).toHaveLength(1);
      expect(captured.requests('thread/unsubscribe').length).toBeGreaterThanOrEqual(1);
      await eventually('a line of 499', () => readFileSync(log, 'utf8').includes('"status_code":499'));
    },
  );

  test('P-167 whoever leaves the queue frees its place there, and has no turn', async () => {
    const captured = capture();
    const server = await serve({ ...captured.env, ...single, PROXY_QUEUE_MAX: '1' });
    const first = client(server);
    await first.until('tick-1 ');
    const waiting = client(server, { stream: false });
    await busy(server, 1, 1);
    expect((await server.chat()).status).toBe(429);
    waiting.leave();
    await busy(server, 1, 0);
    first.leave();
    await busy(server, 0, 0);
    expect(captured.requests('turn/start')).toHaveLength(1);
  });

  test('P-167 C-39 the call of the real CLI to the provider is closed', async () => {
    const gateway = await startGateway({ PROXY_WORKER_COUNT: '1' });
    onTestFinished(() => gateway.kill());
    const held = marker('text', { text: 'first second', n: 2, barrier: 'gate', at: 1 });
    const leaving = new StreamClient({
      port: gateway.port,
      path: '/v1/responses',
      body: { model: 'codex-5', input: held, stream: true },
      headers: gateway.withKey,
    });
    await leaving.until('first');
    leaving.leave();
    await gateway.provider.until(({ activeStreams }) => activeStreams === 0);
  });
});

describe('P-168', () => {
  const started = async (env: GatewayEnv = {}) => {
    const pidFile = join(aFolder(), 'pid');
    const server = await serve({ ...slow, CHILD_PID_FILE: pidFile, ...env });
    return { server, pid: () => readFileSync(pidFile, 'utf8') };
  };

  test('P-168 by default the worker stays', async () => {
    const { server, pid } = await started();
    const before = pid();
    const leaving = client(server);
    await leaving.until('tick-1 ');
    leaving.leave();
    await busy(server, 0);
    expect((await server.chat(prompt(marker('text', { text: 'hi' })))).status).toBe(200);
    expect(pid()).toBe(before);
  });

  test('P-168 when it is wanted the worker is replaced, and the service stays up', async () => {
    const { server, pid } = await started({ PROXY_KILL_ON_DISCONNECT: 'true' });
    const before = pid();
    const leaving = client(server);
    await leaving.until('tick-1 ');
    leaving.leave();
    await eventually('another process', () => pid() !== before && pid() !== '');
    expect((await server.get('/healthz')).status).toBe(200);
    expect((await server.chat(prompt(marker('text', { text: 'hi' })))).status).toBe(200);
  });

  test.for(['1', '2'])('P-168 with %s workers, whoever else is served by it is not cut', async (count) => {
    const { server } = await started({ PROXY_KILL_ON_DISCONNECT: 'true', PROXY_WORKER_COUNT: count });
    if (count === '2') await server.gateway.until((line) => line.includes(' worker_ready slot=1 '));
    const text = Array.from({ length: 20 }, (_, tick) => `word-${tick} `).join('');
    const staying = Array.from({ length: 2 }, () =>
      client(server, prompt(marker('text', { text, n: 20, delay: 100 }))),
    );
    const leaving = Array.from({ length: 2 }, () => client(server));
    await Promise.all([...staying.map((one) => one.until('word-1 ')), ...leaving.map((one) => one.until('tick-1 '))]);
    for (const one of leaving) one.leave();
    for (const { done } of staying) {
      const frames = framesOf((await done).text);
      expect(frames.map((frame) => frame.choices[0]?.delta.content ?? '').join('')).toBe(text);
      expect(frames.some((frame) => frame.choices[0]?.finish_reason === 'stop')).toBe(true);
    }
    await server.gateway.until((line) => line.includes(' worker_ready ') && line.includes(' epoch=2 '));
  });
});

describe('P-169', () => {
  const tools = [
    { type: 'function', function: { name: 'lookup_user', parameters: { type: 'object', properties: {} } } },
  ];

  test.for<[string, GatewayEnv, Fields]>([
    ['the overall limit', { PROXY_TIMEOUT_MS: '500' }, {}],
    ['silence of a stream', { FAKE_CODEX_MODE: 'stream_hang', PROXY_STREAM_IDLE_TIMEOUT_MS: '400' }, { stream: true }],
    ['silence of a whole answer', { FAKE_CODEX_MODE: 'stream_hang', PROXY_IDLE_TIMEOUT_MS: '400' }, {}],
    ['an early answer', { PROXY_NONSTREAM_TRUNCATE_AFTER_MS: '500' }, {}],
    ['a token limit', {}, { max_tokens: 3 }],
    ['a stop word', {}, { stop: ['tick-2'] }],
    ['calls, which are the client’s to answer', { FAKE_CODEX_MODE: 'tool_call' }, { tools }],
  ])('P-169 %s interrupts the turn', async ([, env, extra]) => {
    const captured = capture();
    const server = await serve({ ...captured.env, ...slow, ...env });
    await server.chat(extra);
    await eventually('the interrupt', () => captured.requests('turn/interrupt').length === 1);
    await busy(server, 0);
  });

  test('P-169 so does the deadline of a drain', async () => {
    const captured = capture();
    const server = await serve({ ...captured.env, ...slow, PROXY_DRAIN_MS: '300' });
    const cut = client(server);
    await cut.until('tick-1 ');
    server.gateway.signal('SIGTERM');
    expect(framesOf((await cut.done).text).at(-1).error.code).toBe('server_shutting_down');
    expect(await server.gateway.exited).toEqual({ code: 0, signal: null });
    expect(captured.requests('turn/interrupt')).toHaveLength(1);
  });
});
