/** The end of the server: answers first, then workers, then the process; and at once when it is told so. */

import { expect, test } from 'vitest';
import { RawConnection } from '../raw-client.ts';
import { marker } from '../provider/scenario.ts';
import { StreamClient } from '../stream-client.ts';
import { framesOf, serve, type Server } from './server.ts';
import { untilLoad } from '../gateway-health.ts';

const slow = { FAKE_CODEX_MODE: 'long_stream', FAKE_CODEX_STREAM_INTERVAL_MS: '50', FAKE_CODEX_STREAM_TICKS: '10000' };
const asking = ({ port, gateway }: Server, content: string, stream: boolean): StreamClient => {
  const body = { model: 'codex-5', messages: [{ role: 'user', content }], stream };
  return new StreamClient({ port, path: '/v1/chat/completions', body, headers: gateway.withKey });
};

test.for(['SIGTERM', 'SIGINT'] as const)(
  'P-177 C-45 on %s running answers end as they would, new ones are refused, and the exit code is 0',
  async (signal) => {
    const server = await serve();
    const content = marker('text', { text: 'a b c d e f', n: 6, delay: 300 });
    const [whole, live] = [asking(server, content, false), asking(server, content, true)];
    await live.until('"content":"a');
    await untilLoad(server.gateway, { activeTurns: 2, queued: 0 });
    const idle = new RawConnection(server.port);
    idle.request('GET', '/livez');
    await idle.until('"ok":true');
    server.gateway.signal(signal);
    await server.gateway.until((line) => line.includes(' shutdown_initiated '));
    const { status, json } = await server.send('GET', '/readyz');
    expect([status, json.health.readiness.reason]).toEqual([503, 'shutdown_in_progress']);
    for (const refused of [await server.chat(), await server.resp({ stream: true })])
      expect([refused.status, refused.json.error.code]).toEqual([503, 'server_shutting_down']);

    const answer = JSON.parse((await whole.done).text);
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'a b c d e f' } });
    const streamed = await live.done;
    expect(framesOf(streamed.text).some((frame) => frame.choices[0]?.finish_reason === 'stop')).toBe(true);
    expect(streamed.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    await idle.closed;
    expect(await server.gateway.exited).toEqual({ code: 0, signal: null });
  },
);

test('P-177 at the deadline the rest is interrupted, by the recipe of a failure, and the exit code is 0', async () => {
  const server = await serve({ ...slow, PROXY_DRAIN_MS: '300' });
  const live = asking(server, 'hi', true);
  await live.until('tick-1 ');
  const whole = asking(server, 'hi', false);
  await untilLoad(server.gateway, { activeTurns: 2, queued: 0 });
  server.gateway.signal('SIGTERM');
  const streamed = await live.done;
  expect(framesOf(streamed.text).at(-1).error.code).toBe('server_shutting_down');
  expect(streamed.text.trimEnd().endsWith('data: [DONE]')).toBe(true);
  const answer = await whole.done;
  expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([503, 'server_shutting_down']);
  expect(await server.gateway.exited).toEqual({ code: 0, signal: null });
});

test('P-177 an idle server ends within six seconds, also with a worker that takes its time', async () => {
  const server = await serve({ FAKE_CODEX_WORKER_SHUTDOWN_DELAY_MS: '60000', WORKER_SHUTDOWN_GRACE_MS: '1000' });
  const toldAt = performance.now();
  server.gateway.signal('SIGTERM');
  expect(await server.gateway.exited).toEqual({ code: 0, signal: null });
  expect(performance.now() - toldAt).toBeLessThan(6_000);
});

test('P-177 a second signal, once it cannot be the same Ctrl-C, ends it at once', async () => {
  const server = await serve(slow);
  const live = asking(server, 'hi', true);
  await live.until('tick-1 ');
  server.gateway.signal('SIGTERM');
  await server.gateway.until((line) => line.includes(' shutdown_initiated '));
  await new Promise((resolve) => setTimeout(resolve, 1_200));
  const toldAt = performance.now();
  server.gateway.signal('SIGTERM');
  expect(await server.gateway.exited).toEqual({ code: 143, signal: null });
  expect(performance.now() - toldAt).toBeLessThan(1_000);
});
