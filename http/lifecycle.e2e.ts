/**
 * How the gateway ends and what it does while it cannot serve: drain with and without a deadline, workers that never come
 * up, nobody signed in, clients that leave. In every state each request gets its answer and the process stays in charge.
 */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bodyOf, post, refused, stream, streamed, whole } from '../testkit/answers.ts';
import { type Gateway, type GatewayEnv, type GatewayOptions, startGateway } from '../testkit/gateway.ts';
import { healthOf, untilLoad, untilRestarted } from '../testkit/gateway-health.ts';
import { gone } from '../testkit/process-table.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { ask } from '../testkit/raw-client.ts';
import { StreamClient } from '../testkit/stream-client.ts';
import { variables } from './config-table.ts';

const main = join(import.meta.dirname, 'main.ts');
const shim = join(import.meta.dirname, '../testkit/app-server/main.ts');
const gateways: Gateway[] = [];
const started = async (env: GatewayEnv = {}, options: GatewayOptions = {}): Promise<Gateway> => {
  const gateway = await startGateway(env, options);
  gateways.push(gateway);
  return gateway;
};
afterEach(async () => {
  await Promise.all(gateways.splice(0).map((gateway) => gateway.kill()));
});

/** A turn whose provider has sent one piece of its text and waits. */
const held = marker('text', { text: 'first second', n: 2, barrier: 'gate', at: 1 });
const isWaiting = (gateway: Gateway, count: number): Promise<unknown> =>
  gateway.provider.until(() => gateway.provider.waiting('gate') === count);
/** What is left of its workers. */
const stateFolders = (gateway: Gateway): readonly string[] => readdirSync(join(gateway.folder, 'state'));

describe('drain', () => {
  test('lets running answers finish, refuses new ones, ends 0; a second SIGINT of the same Ctrl-C changes nothing', async () => {
    const gateway = await started();
    const live = stream(gateway, 'responses', held);
    const unread = post(gateway, 'chat', bodyOf('chat', held));
    await Promise.all([live.until('first'), isWaiting(gateway, 2)]);

    gateway.signal('SIGINT');
    await gateway.until((line) => line.includes(' shutdown_initiated '));
    gateway.signal('SIGINT');
    expect((await ask(gateway.port, '/readyz')).status).toBe(503);
    for (const dialect of ['responses', 'chat'] as const) {
      expect(refused(await stream(gateway, dialect, 'late').done)).toMatchObject({
        status: 503,
        code: 'server_shutting_down',
      });
    }

    gateway.provider.release('gate');
    expect(streamed('responses', await live.done)).toMatchObject({ text: 'first second', code: null });
    expect(whole('chat', await unread.done).text).toBe('first second');
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(gateway.journal.filter((line) => line.includes(' shutdown_initiated '))).toHaveLength(1);
  });

  test('a Ctrl-C, which reaches its whole process group, lets a running answer finish and leaves no folder', async () => {
    const gateway = await started({}, { ownGroup: true });
    const live = stream(gateway, 'responses', held);
    await Promise.all([live.until('first'), isWaiting(gateway, 1)]);
    expect(stateFolders(gateway)).not.toEqual([]);

    gateway.signalGroup('SIGINT');
    await gateway.until((line) => line.includes(' shutdown_initiated '));
    gateway.provider.release('gate');
    expect(streamed('responses', await live.done)).toMatchObject({ text: 'first second', code: null });
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(stateFolders(gateway)).toEqual([]);
  });

  test('a later SIGINT ends it at once, with 130, and its workers with it', async () => {
    const gateway = await started();
    const live = stream(gateway, 'responses', held);
    await Promise.all([live.until('first'), isWaiting(gateway, 1)]);
    const workers = gateway.workers();
    gateway.signal('SIGTERM');
    await gateway.until((line) => line.includes(' shutdown_initiated '));
    // One of them comes late enough to be meant.
    const insisting = setInterval(() => gateway.signal('SIGINT'), 200);
    expect(await gateway.exited).toEqual({ code: 130, signal: null });
    clearInterval(insisting);
    await gone(workers);
  });

  test('cuts what is still running at its deadline by the failure recipe, and ends 0', async () => {
    const gateway = await started({ PROXY_DRAIN_MS: '300' });
    const live = (['responses', 'chat'] as const).map((dialect) => ({
      dialect,
      client: stream(gateway, dialect, held),
    }));
    const unread = post(gateway, 'responses', bodyOf('responses', held));
    await Promise.all([...live.map(({ client }) => client.until('first')), isWaiting(gateway, 3)]);

    gateway.signal('SIGTERM');
    for (const { dialect, client } of live) {
      expect(streamed(dialect, await client.done).code).toBe('server_shutting_down');
    }
    expect(refused(await unread.done)).toMatchObject({ status: 503, code: 'server_shutting_down' });
    expect(await gateway.exited).toEqual({ code: 0, signal: null });
    expect(stateFolders(gateway)).toEqual([]);
  });
});

describe('a worker that never comes up', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'codex-actors-e2e-bin-'));
    writeFileSync(join(folder, 'empty'), '');
    chmodSync(join(folder, 'empty'), 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const few = {
    PROXY_WORKER_COUNT: '1',
    WORKER_RESTART_MAX: '1',
    WORKER_BACKOFF_INITIAL_MS: '10',
    WORKER_BACKOFF_MAX_MS: '20',
  };

  test.each(['/bin/false', '/bin/true', 'missing', 'empty'])('%s: the gateway stays up and says so', async (name) => {
    const binary = name.startsWith('/') ? name : join(folder, name);
    const gateway = await started({ ...few, CODEX_BIN: binary }, { workersReady: 0 });
    // The second exit spends the last restart.
    await gateway.until((line) => line.includes(' worker_exit ') && line.includes(' epoch=2 '));

    const statuses = ['/healthz', '/readyz', '/livez'].map(async (path) => (await ask(gateway.port, path)).status);
    expect(await Promise.all(statuses)).toEqual([200, 503, 503]);
    expect(await healthOf(gateway)).toMatchObject({ ok: false });
    const bodies = [bodyOf('responses', 'hi'), bodyOf('responses', 'hi', { stream: true })];
    for (const body of bodies) {
      const refusal = refused(await post(gateway, 'responses', body).done);
      expect(refusal).toMatchObject({ status: 503, code: 'worker_not_ready' });
      expect(refusal.message).not.toContain(folder);
    }
    await gateway.stop();
    gateways.splice(0);
  });
});

test('no worker outlives a gateway that is killed, idle or at work', async () => {
  const gateway = await started({}, { workersReady: 2 });
  const live = stream(gateway, 'responses', held);
  await Promise.all([live.until('first'), isWaiting(gateway, 1)]);
  const workers = gateway.workers();
  expect(workers).toHaveLength(2);
  gateway.signal('SIGKILL');
  await gone(workers);
});

test('whoever reads along may leave: it goes on serving, and its log is lost', async () => {
  const gateway = await started({ PROXY_WORKER_COUNT: '1', WORKER_BACKOFF_INITIAL_MS: '10' });
  gateway.deafen();
  // The end of a worker and the start of the next are told.
  for (const { pid } of gateway.workers()) process.kill(pid, 'SIGKILL');
  await untilRestarted(gateway);
  for (let at = 0; at < 2; at += 1) {
    expect(streamed('responses', await stream(gateway, 'responses', marker('text')).done).code).toBeNull();
  }
  expect(await healthOf(gateway)).toMatchObject({
    ok: true,
    health: { readiness: { details: { restarts_total: 1, last_log_sample: expect.stringContaining('SIGKILL') } } },
  });
  gateway.signal('SIGTERM');
  expect(await gateway.exited).toEqual({ code: 0, signal: null });
});

test('P-178: workers are renewed after so many turns, and no request notices', async () => {
  const gateway = await started({ WORKER_MAX_TURNS: '2' }, { workersReady: 2 });
  for (let at = 0; at < 8; at += 1) {
    expect(streamed('responses', await stream(gateway, 'responses', marker('text')).done).code).toBeNull();
  }
  for (const slot of [0, 1]) await gateway.until((line) => line.includes(` worker_ready slot=${slot} epoch=2 `));
});

describe('the models', () => {
  const asking = (model: string) => bodyOf('responses', marker('text'), { model });

  test('are known before any worker has told them: what exists is served, what does not is refused', async () => {
    const gateway = await started({}, { workersReady: 0 });
    const [known, unknown] = ['gpt-5.5', 'gpt-4o'].map((model) => post(gateway, 'responses', asking(model)).done);
    expect(refused(await (unknown as Promise<never>))).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(whole('responses', await (known as Promise<never>)).text).not.toBe('');
  });

  test('while nobody can tell them, a model is not denied: the workers are not ready', async () => {
    const gateway = await started({ CODEX_BIN: '/bin/false' }, { workersReady: 0 });
    const refusal = refused(await post(gateway, 'responses', asking('gpt-5.5')).done);
    expect(refusal).toMatchObject({ status: 503, code: 'worker_not_ready' });
  });
});

describe('nobody signed in', () => {
  const hi = bodyOf('responses', 'hi', { stream: true });

  test('without a network: live, and a 401 within six seconds that says how to sign in', async () => {
    // Asked before any worker is up: it waits until one has told that it has no account.
    const env = { CODEX_PROVIDER_URL: '', HTTPS_PROXY: 'http://127.0.0.1:9' };
    const gateway = await started(env, { workersReady: 0 });
    const sentAt = performance.now();
    const answer = await post(gateway, 'responses', hi).done;
    expect(performance.now() - sentAt).toBeLessThan(6_000);
    const refusal = refused(answer);
    expect(refusal).toMatchObject({ status: 401, code: 'invalid_api_key', details: null });
    expect(refusal.message).toContain('codex login');
    expect(await healthOf(gateway)).toMatchObject({ health: { liveness: { live: true } } });
  });

  test('the 401 carries a login for callers on this machine only; once it is used, requests succeed', async () => {
    const env = { CODEX_BIN: shim, FAKE_CODEX_SIGNED_OUT: '1', FAKE_CODEX_LOGIN_MS: '1000' };
    const gateway = await started(env, { workersReady: 2 });
    const headers = { ...gateway.withKey, 'x-forwarded-for': '203.0.113.7' };
    const remote = new StreamClient({ port: gateway.port, path: '/v1/responses', body: hi, headers });
    const [here, there] = await Promise.all([post(gateway, 'responses', hi).done, remote.done]);
    const { message, details } = refused(here);
    expect(details).toMatchObject({ verification_url: 'https://auth.openai.com/codex/device', user_code: 'ABCD-1234' });
    expect(message).toContain('user_code=ABCD-1234');
    expect(refused(there)).toMatchObject({ status: 401, details: null });
    expect(there.text).not.toContain('ABCD-1234');

    // The other worker does not notice the sign-in: it is replaced.
    await gateway.until((line) => line.includes(' worker_ready ') && line.includes(' epoch=2 '));
    const dialects = ['responses', 'chat'] as const;
    for (const dialect of dialects)
      expect(streamed(dialect, await stream(gateway, dialect, 'hi').done).code).toBeNull();
  });
});

test('a client that leaves frees its turn: streaming, waiting for the whole, or still in the queue', async () => {
  const gateway = await started({ PROXY_WORKER_COUNT: '1', WORKER_MAX_CONCURRENCY: '1' });
  const { provider } = gateway;
  const live = stream(gateway, 'responses', held);
  await live.until('first');
  live.leave();
  await provider.until(() => provider.samplings[0]?.ending === 'client');

  // With one slot in all, each of the following is served because the one before gave it back.
  const unread = post(gateway, 'chat', bodyOf('chat', held));
  await isWaiting(gateway, 1);
  unread.leave();
  await provider.until(() => provider.samplings[1]?.ending === 'client');

  const third = stream(gateway, 'chat', held);
  await third.until('first');
  const queued = stream(gateway, 'responses', 'queued');
  await untilLoad(gateway, { activeTurns: 1, queued: 1 });
  queued.leave();
  await untilLoad(gateway, { activeTurns: 1, queued: 0 });
  provider.release('gate');
  expect(streamed('chat', await third.done).text).toBe('first second');

  await untilLoad(gateway, { activeTurns: 0, queued: 0 });
  expect(streamed('responses', await stream(gateway, 'responses', marker('text')).done).code).toBeNull();
  expect(provider.samplings.map(({ ending }) => ending)).toEqual(['client', 'client', 'finished', 'finished']);
});

describe('the start', () => {
  /** `http/main.ts` until it ends by itself. */
  const run = (env: Readonly<Record<string, string>>, ...args: string[]) =>
    new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
      const home = mkdtempSync(join(tmpdir(), 'codex-actors-e2e-start-'));
      const options = { env: { PATH: process.env['PATH'] ?? '', CODEX_HOME: home, PROXY_CODEX_WORKDIR: home, ...env } };
      execFile(process.execPath, [main, ...args], { ...options, timeout: 20_000 }, (error, stdout, stderr) => {
        rmSync(home, { recursive: true, force: true });
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });

  test('--help and --check-config end 0; the help names every variable and the check shows no key', async () => {
    const help = await run({}, '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    for (const { name } of Object.values(variables)) expect(help.stdout).toContain(name);
    const check = await run({ PROXY_API_KEY: 'very-secret' }, '--check-config');
    expect(check).toMatchObject({ code: 0, stderr: '' });
    expect(check.stdout).toContain('The configuration is valid.');
    expect(check.stdout).not.toContain('very-secret');
  });

  test('wrong values end 1, and all are named at once with what is expected', async () => {
    const env = {
      PORT: 'eighty',
      PROXY_WORKER_COUNT: '0',
      PROXY_ENABLE_CORS: 'perhaps',
      CODEX_PROVIDER_URL: 'ftp://x',
    };
    const { code, stdout, stderr } = await run(env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    const lines = stderr.trim().split('\n');
    expect(lines).toHaveLength(Object.keys(env).length);
    for (const [name, value] of Object.entries(env)) {
      expect(lines).toContainEqual(expect.stringMatching(`^CONFIG_INVALID: ${name}="${value}": expected .`));
    }
  });

  test('the key that everybody knows is refused on an address that everybody reaches', async () => {
    const { code, stderr } = await run({ PROXY_HOST: '0.0.0.0', PORT: '0' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^CONFIG_INSECURE: PROXY_HOST="0\.0\.0\.0": .*PROXY_API_KEY.*\n$/);
  });

  test('a port in use ends 1 with one clear line', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const { code, stderr } = await run({ PORT: String(port), CODEX_BIN: shim });
    taken.close();
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toEqual([
      expect.stringMatching(`^cannot start: cannot listen on 127\\.0\\.0\\.1:${port}: the port is in use`),
    ]);
  });
});
