import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
const run = (args: readonly string[], input: string | Uint8Array = '', env: { readonly [name: string]: string } = {}) =>
  spawnSync(process.execPath, [main, ...args], {
    input,
    env: { PATH: '/usr/bin:/bin', ...env },
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
