/** Every wait has a deadline of its own, and each of them has a name. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { chatText, framesOf, serve } from './server.ts';

const hang = { FAKE_CODEX_JSONRPC_HANG: 'message' };
const slow = { FAKE_CODEX_MODE: 'long_stream', FAKE_CODEX_STREAM_INTERVAL_MS: '50', FAKE_CODEX_STREAM_TICKS: '10000' };
const ask = (content: string) => ({ messages: [{ role: 'user', content }] });
const done = 'data: [DONE]';

test('P-154 before any output the overall limit is a 504 request_timeout, in all four ways to read', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, ...hang, PROXY_TIMEOUT_MS: '500' });
  const answers = [
    await server.chat(),
    await server.chat({ stream: true }),
    await server.resp(),
    await server.resp({ stream: true }),
  ];
  for (const { status, json } of answers) {
    expect([status, json.error.code, json.error.type]).toEqual([504, 'request_timeout', 'timeout_error']);
    expect(json.error.retryable).toBe(true);
  }
  expect((await server.get('/readyz')).status).toBe(200);
});

test('P-154 P-169 behind some output it ends the stream, and the turn', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, ...slow, PROXY_TIMEOUT_MS: '1500' });
  const chat = await server.chat({ stream: true });
  const frames = framesOf(chat.text);
  expect(chat.status).toBe(200);
  expect(chatText(frames)).toMatch(/^tick-0 tick-1 /);
  expect(frames.at(-1).error).toMatchObject({ code: 'request_timeout', type: 'timeout_error' });
  expect(chat.text.trimEnd().endsWith(done)).toBe(true);
  const events = await server.respFrames();
  const end = events.find(({ type }) => type === 'response.failed');
  expect(end.response).toMatchObject({ status: 'failed', error: { code: expect.any(String) } });
  expect(JSON.stringify(events.slice(-2))).toContain('request_timeout');
  expect((await server.chat()).json.error.code).toBe('request_timeout');
  await eventually('three interrupts', () => captured.requests('turn/interrupt').length === 3);
});

test('P-154 zero switches it off', async () => {
  const server = await serve({ ...slow, FAKE_CODEX_STREAM_TICKS: '15', PROXY_TIMEOUT_MS: '0' });
  expect((await server.chat()).json.choices[0].finish_reason).toBe('stop');
});

test('P-155 C-37 W-42 a worker that is silent while a whole body is awaited is a 504 idle_timeout', async () => {
  const server = await serve({ ...hang, PROXY_IDLE_TIMEOUT_MS: '400' });
  const sentAt = performance.now();
  for (const { status, json } of [await server.chat(), await server.resp()])
    expect([status, json.error.code, json.error.type]).toEqual([504, 'idle_timeout', 'timeout_error']);
  expect(performance.now() - sentAt).toBeLessThan(5_000);
});

test('P-155 whatever the worker says is a sign of life, thoughts included', async () => {
  const server = await serve({ PROXY_IDLE_TIMEOUT_MS: '1500' });
  const pieces = await server.chat(ask(marker('text', { text: 'a b c d e f', n: 6, delay: 400 })));
  expect(pieces.json.choices[0].message.content).toBe('a b c d e f');
  const sentAt = performance.now();
  const thinking = { input: marker('reason', { parts: 2, n: 1, delay: 400 }), reasoning: { summary: 'auto' } };
  expect((await server.resp(thinking)).json.status).toBe('completed');
  expect(performance.now() - sentAt).toBeGreaterThan(1_500);
});

test('P-156 C-37 a stream that falls silent ends with idle_timeout, and nobody is said to have left', async () => {
  const captured = capture();
  const server = await serve({
    ...captured.env,
    FAKE_CODEX_MODE: 'stream_hang',
    PROXY_STREAM_IDLE_TIMEOUT_MS: '1000',
  });
  const chat = await server.chat({ stream: true });
  const frames = framesOf(chat.text);
  expect(chatText(frames)).toBe('Hello (pre-hang)');
  expect(frames.at(-1).error).toMatchObject({ code: 'idle_timeout', type: 'timeout_error' });
  expect(chat.text.trimEnd().endsWith(done)).toBe(true);
  const events = await server.resp({ stream: true });
  expect(events.text).toContain('response.failed');
  expect(events.text).toContain('idle_timeout');
  for (const { text } of [chat, events]) expect(text).not.toMatch(/request_aborted|cancelled/);
  await eventually('two interrupts', () => captured.requests('turn/interrupt').length === 2);
});

test('P-156 it is the limit for the first event, too; the CLI itself waits longer than both', async () => {
  const server = await serve({
    ...hang,
    PROXY_STREAM_IDLE_TIMEOUT_MS: '400',
    PROXY_IDLE_TIMEOUT_MS: '50000',
    PROXY_SSE_HEAD_DELAY_MS: '100',
  });
  const config = readFileSync(join(server.gateway.folder, 'home', 'config.toml'), 'utf8');
  expect(config).toContain('stream_idle_timeout_ms = 80000\n');
  const chat = await server.chat({ stream: true });
  expect(framesOf(chat.text).at(-1).error.code).toBe('idle_timeout');
  expect(chat.text.trimEnd().endsWith(done)).toBe(true);
});

describe('P-157', () => {
  test.each(['thread/start', 'thread/inject_items', 'turn/start'])(
    'P-157 C-37 a worker that never answers %s is a worker_request_timeout',
    async (method) => {
      const server = await serve({ FAKE_CODEX_REFUSE: `${method}:ignore:2`, WORKER_REQUEST_TIMEOUT_MS: '400' });
      const [whole, streamed] = [await server.chat(), await server.resp({ stream: true })];
      for (const { status, json } of [whole, streamed]) {
        expect([status, json.error.code, json.error.retryable]).toEqual([504, 'worker_request_timeout', true]);
      }
      expect((await server.chat()).status).toBe(200);
    },
  );
});

test('P-158 a worker that does not shake hands in time is killed, which counts as a failure', async () => {
  const server = await serve(
    {
      FAKE_CODEX_HANDSHAKE_MODE: 'timeout',
      WORKER_HANDSHAKE_TIMEOUT_MS: '200',
      WORKER_BACKOFF_INITIAL_MS: '10',
      WORKER_BACKOFF_MAX_MS: '20',
    },
    { ready: false },
  );
  const exit = await server.gateway.until((line) => line.includes(' worker_exit ') && line.includes(' epoch=2 '));
  expect(exit).toContain('signal=SIGKILL');
  const { status, json } = await server.get('/readyz');
  expect(status).toBe(503);
  expect(json.health.readiness.details.consecutive_failures).toBeGreaterThanOrEqual(2);
  expect(json.health.readiness.details.restarts_total).toBeGreaterThanOrEqual(1);
  expect((await server.get('/livez')).status).toBe(200);
});
