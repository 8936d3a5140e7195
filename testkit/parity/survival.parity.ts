/** What workers do wrong ends their own turns at most: the gateway stays up, answers everybody once, and recovers. */

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createRandom } from '../app-server/random.ts';
import { untilLoad } from '../gateway-health.ts';
import { marker } from '../provider/scenario.ts';
import { capture } from './captured.ts';
import { serve, type Server } from './server.ts';
import { read, readAll, type Reading, ways } from './ways.ts';

const quick = {
  WORKER_BACKOFF_INITIAL_MS: '10',
  WORKER_BACKOFF_MAX_MS: '100',
  WORKER_RESTART_MAX: '1000',
  // The head of a stream waits for its first output, however slow the machine is.
  PROXY_SSE_HEAD_DELAY_MS: '60000',
};
const hello = 'Hello from fake-codex.';

const killWorkers = (server: Server): void => {
  for (const { pid } of server.gateway.workers()) process.kill(pid, 'SIGKILL');
};
const healthy = async (server: Server): Promise<void> => {
  expect((await server.send('GET', '/healthz')).status).toBe(200);
  await server.until('/readyz', 200);
  expect((await server.chat()).json.choices[0].message.content).toBe(hello);
};

test('W-26 P-171 C-38 I-6 workers are killed at random moments, and every request gets one end', async () => {
  const rounds = 20;
  const server = await serve({ ...quick, PROXY_WORKER_COUNT: '2' });
  const random = createRandom(26);
  const said = Array.from({ length: 12 }, (_, tick) => `tick-${tick} `).join('');
  const prompt = marker('text', { text: said, n: 12, delay: 5 });
  const ends: Reading[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await server.until('/readyz', 200);
    const running = ways.map((way) => read(server, way, { prompt }));
    await new Promise((resolve) => setTimeout(resolve, random.below(90)));
    killWorkers(server);
    ends.push(...(await Promise.all(running)));
  }
  for (const { status, text, finish, error } of ends) {
    if (error === null) expect([status, text, finish]).toEqual([200, said, 'stop']);
    else expect([[200, 503].includes(status), finish, said.startsWith(text)]).toEqual([true, null, true]);
  }
  expect(ends.length).toBe(rounds * ways.length);
  expect(ends.some(({ error }) => error === 'worker_exited')).toBe(true);
  await healthy(server);
}, 180_000);

describe('W-27', () => {
  test.each(['/bin/false', '/bin/true', 'missing', 'empty'])(
    'W-27 P-171 a worker that is no worker: %s',
    async (name) => {
      const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      writeFileSync(join(folder, 'empty'), '');
      chmodSync(join(folder, 'empty'), 0o755);
      const binary = name.startsWith('/') ? name : join(folder, name);
      const server = await serve({ ...quick, CODEX_BIN: binary }, { ready: false });
      await server.gateway.until((line) => line.includes(' worker_exit ') && line.includes(' epoch=3 '));
      const statuses = ['/healthz', '/readyz', '/livez'].map(async (path) => (await server.send('GET', path)).status);
      expect(await Promise.all(statuses)).toEqual([200, 503, 200]);
      for (const reading of await readAll(server))
        expect(reading).toMatchObject({ status: 503, error: 'worker_not_ready' });
      expect((await server.send('GET', '/healthz')).json.ok).toBe(false);
    },
  );
});

describe('W-28', () => {
  test.each([
    ['answered with an error', '-32603', 500, 'worker_error'],
    ['never answered', 'ignore', 504, 'worker_request_timeout'],
  ])('W-28 a thread start %s: that request fails, and the next succeeds', async (_, act, status, error) => {
    const rule = `thread/start:${act}:1`;
    const server = await serve({ ...quick, FAKE_CODEX_REFUSE: rule, WORKER_REQUEST_TIMEOUT_MS: '500' });
    expect(await read(server, 'chat whole')).toMatchObject({ status, error });
    await healthy(server);
  });

  test('W-28 the worker exits instead of answering a thread start: those requests fail, the gateway stays', async () => {
    const server = await serve({ ...quick, FAKE_CODEX_REFUSE: 'thread/start:exit:1' });
    for (const way of ways) {
      expect(await read(server, way), way).toMatchObject({ status: 503, finish: null });
      expect((await server.send('GET', '/healthz')).status).toBe(200);
      await server.until('/readyz', 200);
    }
  });
});

test('W-29 A-40 lines that are no messages are skipped and counted', async () => {
  const server = await serve();
  for (const reading of await readAll(server, { prompt: marker('garbage', { text: 'still here', n: 2 }) }))
    expect(reading).toMatchObject({ text: 'still here', finish: 'stop' });
  const { anomalies } = (await server.get('/healthz')).json.worker_supervisor;
  expect(anomalies['line.malformed']).toBeGreaterThanOrEqual(4 * 5);
  await healthy(server);
});

test('W-30 W-31 C-41 the real CLI is a worker, and is asked once for each request', async () => {
  const server = await serve({ CODEX_BIN: '' });
  const prompt = marker('text', { text: 'from the real one', n: 3 });
  for (const reading of await readAll(server, { prompt })) expect(reading.text).toBe('from the real one');
  expect(server.gateway.provider.samplings).toHaveLength(ways.length);
});

test('W-32 A-19 what a finished turn says late reaches nobody else', async () => {
  const server = await serve();
  const late = marker('latedelta', { text: 'done', n: 1, ms: 250 });
  const said = Array.from({ length: 20 }, (_, index) => `${index} `).join('');
  for (const way of ['chat stream', 'responses stream'] as const) {
    expect((await read(server, way, { prompt: late })).text).toBe('done');
    const other = await read(server, way, { prompt: marker('text', { text: said, n: 20, delay: 30 }) });
    expect(other).toMatchObject({ text: said, finish: 'stop' });
  }
});

test('C-42 I-5 A-51 answers that run side by side never mix', async () => {
  const server = await serve({ FAKE_CODEX_CHUNK: '97' });
  const own = Array.from({ length: 32 }, (_, index) =>
    `${'abcdefghijklmnopqrstuvwxyzABCDEF'[index]}${index}.`.repeat(40),
  );
  const readings = await Promise.all(
    own.map((text, index) =>
      read(server, ways[index % 4] ?? 'chat whole', { prompt: marker('text', { text, n: 20, delay: 2 }) }),
    ),
  );
  expect(readings.map(({ text }) => text)).toEqual(own);
});

test('W-33 A-20 what belongs to no thread, or to an unknown one, is dropped', async () => {
  const server = await serve();
  for (const kind of ['none', 'unknown']) {
    const prompt = marker('crossthread', { kind, text: 'mine', n: 2 });
    for (const reading of await readAll(server, { prompt }))
      expect(reading).toMatchObject({ text: 'mine', finish: 'stop' });
  }
  const { anomalies } = (await server.get('/healthz')).json.worker_supervisor;
  expect(Object.keys(anomalies).length).toBeGreaterThan(0);
});

test('W-34 A-47 requests of the worker may have the ids of ours', async () => {
  const server = await serve();
  for (let round = 0; round < 3; round += 1)
    for (const reading of await readAll(server, { prompt: marker('sameids', { text: 'mine', n: 2 }) }))
      expect(reading).toMatchObject({ text: 'mine', finish: 'stop', error: null });
});

test('W-35 A-46 A-47 whatever the worker asks for is declined at once, and its turn goes on', async () => {
  const rpcs = capture();
  const server = await serve(rpcs.env);
  const prompt = marker('approval', { text: 'went on', n: 2 });
  for (const reading of await readAll(server, { prompt })) expect(reading.text).toBe('went on');
  // Two approvals, the time, and something that nobody knows, in each of the turns.
  const asked = 4 * ways.length;
  await expect.poll(() => rpcs.replies().length).toBe(asked);
  const accepted = rpcs.replies().filter(({ result }) => /accept|approved/i.test(JSON.stringify(result ?? {})));
  expect(accepted).toEqual([]);
});

test('W-36 P-174 the restart cap holds within a window: behind it the service recovers by itself', async () => {
  const windowMs = 4_000;
  const server = await serve({
    ...quick,
    WORKER_RESTART_MAX: '2',
    WORKER_RESTART_WINDOW_MS: String(windowMs),
  });
  for (let crash = 1; crash <= 3; crash += 1) {
    await server.until('/readyz', 200);
    killWorkers(server);
    await server.gateway.until((line) => line.includes(' worker_exit ') && line.includes(` epoch=${crash} `));
  }
  await server.until('/livez', 503);
  expect((await server.send('GET', '/livez')).json.health.liveness.reason).toBe('restart_limit_exceeded');
  await server.until('/livez', 200);
  await healthy(server);
});

test('W-37 A-54 a turn that an interrupt does not end costs its worker, and its slot is free again', async () => {
  const server = await serve({ ...quick, WORKER_MAX_CONCURRENCY: '1', PROXY_STREAM_IDLE_TIMEOUT_MS: '1000' });
  const [before] = server.gateway.workers();
  const stuck = await read(server, 'chat stream', { prompt: marker('stuck', { text: 'so far', n: 2 }) });
  expect(stuck).toMatchObject({ text: 'so far', error: 'idle_timeout' });
  const startedAt = performance.now();
  expect((await server.chat()).json.choices[0].message.content).toBe(hello);
  // Two seconds for the slot, and the start of a process on a busy machine.
  expect(performance.now() - startedAt).toBeLessThan(8_000);
  await server.gateway.until((line) => line.includes(' worker_ready slot=0 epoch=2 '));
  const [after] = server.gateway.workers();
  expect(after?.pid).not.toBe(before?.pid);
});

test('W-38 P-173 a handshake that is refused is tried again at once, with back-off', async () => {
  const env = { ...quick, FAKE_CODEX_HANDSHAKE_MODE: 'error', WORKER_STARTUP_TIMEOUT_MS: '60000' };
  const server = await serve({ ...env, WORKER_HANDSHAKE_TIMEOUT_MS: '60000' }, { ready: false });
  const refused = (epoch: number) => (line: string) =>
    line.includes('handshake failed (-32603)') && line.includes(` epoch=${epoch} `);
  for (const epoch of [1, 2, 3]) await server.gateway.until(refused(epoch));
  expect((await server.send('GET', '/readyz')).json.health.readiness.details.restarts_total).toBeGreaterThanOrEqual(2);
});

test('W-39 P-54 W-31 P-99 C-41 some 300 requests: as many turns, every thread closed, nothing left behind', async () => {
  const requests = 304;
  const rpcs = capture();
  const server = await serve({ ...rpcs.env, PROXY_STORE_RESPONSES_MAX: '0' });
  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${server.gateway.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1_024;
  };
  const some = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at += 4) {
      const readings = await Promise.all(ways.map((way) => read(server, way)));
      for (const { text } of readings) expect(text).toBe(hello);
    }
  };
  await some(requests / 2);
  const halfway = residentBytes();
  await some(requests / 2);
  expect(residentBytes() - halfway).toBeLessThan(32 * 1_048_576);

  expect(rpcs.requests('turn/start')).toHaveLength(requests);
  expect(rpcs.requests('thread/start')).toHaveLength(requests);
  // An answer may be over a moment before its turn is.
  await untilLoad(server.gateway, { activeTurns: 0, queued: 0 });
  const file = rpcs.env['FAKE_CODEX_CAPTURE_RPCS'] ?? '';
  const closed = (): number => readFileSync(file, 'utf8').split('"method":"thread/closed"').length - 1;
  await expect.poll(closed).toBe(requests);
  const left = readdirSync(join(server.gateway.folder, 'home'));
  expect(left.filter((name) => /sessions|rollout/.test(name))).toEqual([]);
});
