import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const run = (args: readonly string[], input: string | Uint8Array = '', env: { readonly [name: string]: string } = {}) =>
  spawnSync(process.execPath, [main, ...args], {
    input,
    env: { PATH: '/usr/bin:/bin', CODEX_WORKER_SUPERVISED: 'true', ...env },
    encoding: 'utf8',
    timeout: 20_000,
  });
const hello = '{"method":"initialize","id":1,"params":{"clientInfo":{"name":"t","version":"1"}}}\n';

test('--version and the catalog', () => {
  expect(run(['--version']).stdout).toBe('codex-cli 0.169.0\n');
  const { models } = JSON.parse(run(['debug', 'models', '--bundled']).stdout) as { models: { slug: string }[] };
  expect(models.map((model) => model.slug)[0]).toBe('gpt-6.1-sol');
});

test('the end of stdin ends the process with code 0, after its lines have left', () => {
  const { status, stdout } = run(['app-server', '--strict-config'], hello, { FAKE_CODEX_CHUNK: '3' });
  expect([status, stdout.split('\n')[0]?.startsWith('{"id":1,"result":{"userAgent":"t/0.169.0 ')]).toEqual([0, true]);
});

test('invalid UTF-8 ends it with code 0', () => {
  const { status, stderr } = run(['app-server'], Buffer.from([0x7b, 0xff, 0x0a]));
  expect([status, stderr]).toEqual([0, 'stream did not contain valid UTF-8\n']);
});

test('a crash is a signal; a bad setting is an error with code 1', () => {
  expect(run(['app-server'], hello, { FAKE_CODEX_CRASH_AFTER_LINES: '1' }).signal).toBe('SIGKILL');
  const { status, stderr } = run(['app-server'], '', { FAKE_CODEX_SEED: 'x' });
  expect([status, stderr]).toEqual([1, 'Error: FAKE_CODEX_SEED must be a number of at least 0, not x\n']);
});

test('P-262 alone, under its old name, it says that nobody supervises it', () => {
  const { status, stdout } = run(['app-server'], hello, { CODEX_WORKER_SUPERVISED: '' });
  const lines = stdout.split('\n');
  expect([status, lines[0], lines[1]?.startsWith('{"id":1,"result"')]).toEqual([
    0,
    '{"event":"fallback","mode":"jsonrpc"}',
    true,
  ]);
});

describe('P-262 the face of the shim', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fake-codex-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const events = (stdout: string): unknown[] =>
    stdout
      .split('\n')
      .filter((line) => line.includes('"event"'))
      .map((line) => (JSON.parse(line) as { event: unknown }).event);

  test('is ready, beats, and exits by itself with its code', async () => {
    const env = {
      FAKE_CODEX_WORKER_HEARTBEAT_MS: '5',
      FAKE_CODEX_WORKER_AUTOEXIT_MS: '100',
      FAKE_CODEX_WORKER_EXIT_CODE: '3',
    };
    const child = spawn(process.execPath, [main, 'app-server'], {
      env: { ...env, CODEX_WORKER_SUPERVISED: 'true', CHILD_PID_FILE: join(folder, 'pid') },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, readFileSync(join(folder, 'pid'), 'utf8')]).toEqual([3, String(child.pid)]);
    expect(new Set(events(stdout))).toEqual(new Set(['starting', 'ready', 'heartbeat', 'exit']));
  });

  test('keeps every line of both directions', () => {
    const file = join(folder, 'rpcs');
    run(['app-server'], hello, { FAKE_CODEX_CAPTURE_RPCS: file, FAKE_CODEX_SKIP_READY: '1' });
    const kept = readFileSync(file, 'utf8').trimEnd().split('\n');
    const entries = kept.map((line) => JSON.parse(line) as { direction: string; message: object });
    expect(entries[0]).toEqual({ direction: 'sent', message: { event: 'starting' } });
    expect(entries).toContainEqual({ direction: 'received', message: JSON.parse(hello) as unknown });
    expect(entries).toContainEqual({ direction: 'sent', message: { event: 'shutdown', signal: 'end' } });
    const answers = entries.filter(({ message }) => 'result' in message);
    expect(answers).toMatchObject([{ direction: 'sent', message: { id: 1 } }]);
  });

  test('what it does not understand ends it by name', () => {
    const { status, stderr } = run(['app-server'], '', { FAKE_CODEX_MODE: 'x' });
    expect([status, stderr.startsWith('Error: FAKE_CODEX_MODE must be one of tool_call, ')]).toEqual([1, true]);
  });
});
