/** Worker processes: how many, how they start, which may, what their ends cost, and when they are renewed. */

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, relative } from 'node:path';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { GatewayEnv } from '../gateway.ts';
import { untilLoad, untilReady } from '../gateway-health.ts';
import { marker } from '../provider/scenario.ts';
import { StreamClient } from '../stream-client.ts';
import { capture } from './captured.ts';
import { eventually } from './eventually.ts';
import { type Loose, sayHello, type Server, serve } from './server.ts';
import { ended } from './start.ts';

const shim = join(import.meta.dirname, '../app-server/main.ts');
const quick = { WORKER_BACKOFF_INITIAL_MS: '10', WORKER_BACKOFF_MAX_MS: '50' };
const hello = 'Hello from fake-codex.';
/** Workers are weighed every ten seconds. */
const renewedWithinMs = 40_000;

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function program(path: string, ...lines: readonly string[]): string {
  writeFileSync(path, `${lines.join('\n')}\n`);
  chmodSync(path, 0o755);
  return path;
}

const slowly = (server: Server, text: string): StreamClient => {
  const content = marker('text', { text, n: 4, delay: 300 });
  const body = { model: 'codex-5', messages: [{ role: 'user', content }], stream: true };
  return new StreamClient({ port: server.port, path: '/v1/chat/completions', body, headers: server.gateway.withKey });
};
const health = async (server: Server): Promise<Loose> => (await server.get('/readyz')).json;
const details = async (server: Server): Promise<Loose> => (await health(server)).health.readiness.details;
const text = ({ json }: { readonly json: Loose }): unknown => json.choices?.[0]?.message.content ?? json;

test('P-170 so many workers run; a turn goes to the one with the fewest; one of them down is not noticed', async () => {
  const server = await serve({ PROXY_WORKER_COUNT: '2' });
  await untilReady(server.gateway);
  const workers = server.gateway.workers();
  expect(workers).toHaveLength(2);
  const running = Array.from({ length: 4 }, (_, at) => slowly(server, `a b c ${at}`));
  await untilLoad(server.gateway, { activeTurns: 4, queued: 0 });
  const spread = (await health(server)).worker_supervisor.workers.map((worker: Loose) => worker.active_turns);
  expect(spread).toEqual([2, 2]);
  await Promise.all(running.map(({ done }) => done));

  process.kill(workers[0]?.pid ?? 0, 'SIGKILL');
  await server.gateway.until((line) => line.includes(' worker_exit '));
  expect((await server.get('/readyz')).status).toBe(200);
  expect(text(await server.chat())).toBe(hello);
  await untilReady(server.gateway);
});

test('P-170 there are 1 to 64 of them', async () => {
  for (const count of ['0', '65', '1.5', 'many']) {
    const { code, stderr } = await ended({ PROXY_WORKER_COUNT: count });
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`PROXY_WORKER_COUNT="${count}": expected an integer from 1 to 64`),
    ]);
  }
});

test('P-171 the death of a worker ends its own turns, each once, and nobody else’s', async () => {
  const server = await serve({ ...quick, PROXY_WORKER_COUNT: '2' });
  await untilReady(server.gateway);
  const running = Array.from({ length: 4 }, (_, at) => slowly(server, `a b c ${at}`));
  await Promise.all(running.map((one) => one.until('"content"')));
  process.kill(server.gateway.workers()[0]?.pid ?? 0, 'SIGKILL');
  const answers = (await Promise.all(running.map(({ done }) => done))).map(({ text: body }) => body);
  expect(answers.filter((body) => body.includes('worker_exited'))).toHaveLength(2);
  expect(answers.filter((body) => body.includes('"finish_reason":"stop"'))).toHaveLength(2);
  for (const body of answers) expect(body.match(/\[DONE\]/g)).toHaveLength(1);
  await untilReady(server.gateway);
});

describe('P-172', () => {
  const dumping = (seen: string): readonly string[] => [
    '#!/bin/sh',
    '[ "$1" = app-server ] || exit 1',
    `printf '%s\\n' "$0" "$*" "$PWD" > ${seen}.part && mv ${seen}.part ${seen}`,
    'exec sleep 30',
  ];
  const seenBy = async (env: Readonly<Record<string, string>>, seen: string): Promise<readonly string[]> => {
    const server = await serve(env, { ready: false });
    const lines = (
      await eventually('the start', () => {
        try {
          return readFileSync(seen, 'utf8');
        } catch {
          return null;
        }
      })
    ).split('\n');
    expect(lines[2]).toBe(join(server.gateway.folder, 'work'));
    return lines;
  };

  test('P-172 the subcommand app-server, in the work folder; everything else stands in the generated configuration', async () => {
    const folder = aFolder();
    const path = program(join(folder, 'codex'), ...dumping(join(folder, 'seen')));
    const lines = await seenBy({ CODEX_BIN: path, CODEX_MODEL: 'gpt-5.5' }, join(folder, 'seen'));
    expect(lines.slice(0, 2)).toEqual([path, 'app-server --strict-config']);
  });

  test('P-172 a name is looked up in PATH, a relative path from the current folder', async () => {
    const folder = aFolder();
    mkdirSync(join(folder, 'bin'));
    const path = program(join(folder, 'bin', 'my-codex'), ...dumping(join(folder, 'seen')));
    const PATH = [join(folder, 'bin'), process.env['PATH']].join(delimiter);
    expect((await seenBy({ CODEX_BIN: 'my-codex', PATH }, join(folder, 'seen')))[0]).toBe(path);
    rmSync(join(folder, 'seen'));
    const here = relative(process.cwd(), path);
    expect((await seenBy({ CODEX_BIN: here }, join(folder, 'seen')))[0]).toBe(path);
  });

  test('P-172 a script runs with the current Node', async () => {
    const script = join(aFolder(), 'codex.mjs');
    writeFileSync(script, `await import(${JSON.stringify(shim)});\n`);
    const server = await serve({ CODEX_BIN: script });
    expect(text(await server.chat())).toBe(hello);
  });

  test('P-172 the generated configuration: model, sandbox, approvals, provider', async () => {
    const server = await serve({ CODEX_MODEL: 'gpt-5.5' });
    const config = readFileSync(join(server.gateway.folder, 'home', 'config.toml'), 'utf8');
    for (const line of [
      'model = "gpt-5.5"',
      'sandbox_mode = "read-only"',
      'approval_policy = "never"',
      'model_provider = "upstream"',
    ])
      expect(config.split('\n')).toContain(line);
    // Keys of old versions, which this one refuses.
    expect(config).not.toMatch(/preferred_auth_method|tools\.web_search|parallel_tool_calls/);
  });
});

test('P-173 ready is who was initialized, once; what it calls itself is no matter', async () => {
  const captured = capture();
  const server = await serve({
    ...captured.env,
    FAKE_CODEX_WORKER_READY_DELAY_MS: '100',
    FAKE_CODEX_WORKER_HEARTBEAT_MS: '20',
  });
  // Asked for with the handshake, answered behind it.
  await server.gateway.until((line) => line.includes(' models_observed '));
  const { readiness } = (await health(server)).health;
  expect(readiness.reason).toBe('handshake_complete');
  expect(readiness.handshake.models.length).toBeGreaterThan(0);
  expect(text(await server.chat())).toBe(hello);
  expect(captured.requests('initialize')).toHaveLength(1);
  expect(captured.requests('initialized')).toHaveLength(1);
});

test('P-174 C-38 a crash is answered and healed within the back-off', async () => {
  const server = await serve({ FAKE_CODEX_MODE: 'crash', WORKER_BACKOFF_INITIAL_MS: '50' });
  const { status, json } = await server.chat();
  expect([status, json.error.type]).toEqual([503, 'backend_unavailable']);
  const healedAt = performance.now();
  await server.until('/readyz', 200);
  expect(performance.now() - healedAt).toBeLessThan(5_000);
  expect((await details(server)).restarts_total).toBeGreaterThanOrEqual(1);
  expect(text(await server.chat())).toBe(hello);
});

test('P-175 C-42 A-51 a thread for each request, closed behind it; no request has anything of another one', async () => {
  const captured = capture();
  const server = await serve({ ...captured.env, PROXY_WORKER_COUNT: '1' });
  const asked = Array.from({ length: 40 }, (_, at) => `only-${at} mine-${at} alone-${at}`);
  const answers = await Promise.all(
    asked.map((content, at) =>
      server.chat({ messages: [{ role: 'user', content: marker('text', { text: content, n: 3, delay: at % 7 }) }] }),
    ),
  );
  expect(answers.map(text)).toEqual(asked);
  await eventually('every thread closed', () => captured.requests('thread/unsubscribe').length === asked.length);
  const started = captured.requests('thread/start');
  expect(started).toHaveLength(asked.length);
  expect(started.every(({ ephemeral }) => ephemeral === true)).toBe(true);
  const threads = captured.requests('turn/start').map(({ threadId }) => threadId);
  expect(new Set(threads).size).toBe(asked.length);
});

test('P-165 a line that is too long costs its worker; garbage is counted and skipped', async () => {
  const server = await serve({ ...quick, WORKER_LINE_BYTES_MAX: '65536' });
  const ask = (content: string) => server.chat({ messages: [{ role: 'user', content }] });
  const { status, json } = await ask(marker('text', { n: 1, size: 100_000 }));
  expect([status, json.error?.code]).toEqual([503, 'worker_exited']);
  expect((await details(server)).last_log_sample).toContain('a line of more than 65536 bytes');
  await server.until('/readyz', 200);
  expect(text(await ask(marker('garbage', { text: 'clean', n: 1 })))).toBe('clean');
  expect((await health(server)).worker_supervisor.anomalies['line.malformed']).toBeGreaterThan(0);
});

test('P-178 a worker is renewed after so many turns: no request notices, and it is no failure', async () => {
  const server = await serve({ WORKER_MAX_TURNS: '5', PROXY_WORKER_COUNT: '1' });
  for (let at = 0; at < 12; at += 1) {
    expect((await server.chat()).status).toBe(200);
    // A worker that is never idle is not replaced yet.
    await untilLoad(server.gateway, { activeTurns: 0, queued: 0 });
  }
  await server.gateway.until((line) => line.includes(' worker_ready ') && line.includes(' epoch=3 '));
  expect(await details(server)).toMatchObject({ restarts_total: 0, consecutive_failures: 0 });
  expect(server.gateway.journal.filter((line) => line.includes(' worker_worn '))).toHaveLength(2);
});

test.for<[string, GatewayEnv]>([
  ['databases', { CODEX_BIN: '', WORKER_STATE_BYTES_MAX: '1' }],
  ['memory', { WORKER_MAX_RSS_MB: '1' }],
])('P-178 so it is above its limit on %s', async ([, env]) => {
  const server = await serve({ ...env, PROXY_WORKER_COUNT: '2' });
  await untilReady(server.gateway);
  const again = (slot: number) => (line: string) => line.includes(` worker_ready slot=${slot} epoch=2 `);
  let waiting = true;
  const renewed = Promise.all([0, 1].map((slot) => server.gateway.until(again(slot), renewedWithinMs))).finally(() => {
    waiting = false;
  });
  while (waiting) expect((await server.chat()).status).toBe(200);
  await renewed;
  const failures = server.gateway.journal.filter((line) => / worker_(exit|worn|restart|handshake|silent)/.test(line));
  expect(await details(server), failures.join('\n')).toMatchObject({ restarts_total: 0, consecutive_failures: 0 });
});

test('P-178 the databases of each worker are its own, and go with it', async () => {
  const server = await serve({ CODEX_BIN: '', PROXY_WORKER_COUNT: '2', ...quick });
  const folders = (): readonly string[] => readdirSync(join(server.gateway.folder, 'state'));
  await untilReady(server.gateway);
  const before = folders();
  expect(before).toHaveLength(2);
  process.kill(server.gateway.workers()[0]?.pid ?? 0, 'SIGKILL');
  await server.gateway.until((line) => / worker_ready slot=\d epoch=2 /.test(line));
  await eventually('another folder in the place of one', () => {
    const kept = folders().filter((name) => before.includes(name));
    return folders().length === 2 && kept.length === 1;
  });
  server.gateway.signal('SIGTERM');
  await server.gateway.exited;
  expect(folders()).toEqual([]);
});

describe('P-179', () => {
  const refusal = async (server: Server): Promise<void> => {
    for (const { status, json, headers } of [await server.chat(), await server.resp({ stream: true })]) {
      expect([status, json.error.code, json.error.type]).toEqual([503, 'worker_incompatible', 'backend_unavailable']);
      expect(headers['x-should-retry']).toBe('false');
    }
  };

  test.each(['0.44.0', '0.154.9', 'none'])(
    'P-179 a CLI of version %s is not worked with, and the process is well',
    async (version) => {
      const server = await serve({ ...quick, WORKER_RESTART_MAX: '2', FAKE_CODEX_VERSION: version }, { ready: false });
      const line = await server.gateway.until((one) => one.includes(' worker_handshake_failed '));
      expect(line).toContain('worker_incompatible');
      expect(line).toContain('0.155.0 or later');
      await server.gateway.until((one) => one.includes(' worker_exit ') && one.includes(' epoch=3 '));
      await refusal(server);
      const [live, ready, well] = await Promise.all(['/livez', '/readyz', '/healthz'].map((path) => server.get(path)));
      expect([live?.status, ready?.status, well?.status]).toEqual([200, 503, 200]);
      expect(ready?.json.health.readiness.reason).toBe('handshake_failed');
    },
  );

  test('P-179 one that only speaks the old protocol, or has no such command line, is known for that', async () => {
    const folder = aFolder();
    const old = join(folder, 'v1.mjs');
    const lines = [
      "import { createInterface } from 'node:readline';",
      "if (process.argv[2] !== 'app-server') process.exit(1);",
      'for await (const line of createInterface({ input: process.stdin })) {',
      '  const { id, method } = JSON.parse(line);',
      '  const error = { code: -32600, message: `Invalid request: unknown variant \\`${method}\\`, expected one of \\`newConversation\\`` };',
      '  if (id !== undefined) process.stdout.write(`${JSON.stringify({ error, id })}\\n`);',
      '}',
    ];
    writeFileSync(old, lines.join('\n'));
    const ancient = program(
      join(folder, 'codex'),
      '#!/bin/sh',
      `echo "error: unexpected argument '--strict-config' found" >&2`,
      'exit 2',
    );
    for (const binary of [old, ancient]) {
      const server = await serve({ ...quick, CODEX_BIN: binary }, { ready: false });
      await server.gateway.until((one) => one.includes(' worker_exit ') && one.includes(' epoch=3 '));
      await refusal(server);
      expect((await server.get('/livez')).status).toBe(200);
    }
  });

  test('P-179 from 0.155 on another version is worked with, and that is said', async () => {
    const server = await serve({ FAKE_CODEX_VERSION: '0.155.0' });
    expect(text(await server.chat({ messages: sayHello }))).toBe(hello);
    expect(server.gateway.journal.find((line) => line.includes(' worker_version '))).toContain('0.155.0');
  });

  test('P-179 the CLI is pinned to one version', () => {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as Loose;
    expect(manifest.dependencies['@openai/codex']).toBe('0.169.0');
  });
});
