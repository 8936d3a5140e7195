/** The set-up of a checkout, run in a copy of this one. */

import { execFile } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { clone, notCloned } from './npm-script.ts';

const filesOf = (folder: string, from = folder): readonly string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !notCloned.has(name) || name === '.env' || name === 'test-results')
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      const { mtimeMs, mode } = lstatSync(path);
      const own = `${relative(from, path)} ${mode.toString(8)} ${entry.isFile() ? mtimeMs : ''}`;
      return entry.isDirectory() ? [own, ...filesOf(path, from)] : [own];
    });

const setUp = (
  copy: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const whole = { PATH: process.env['PATH'], HOME: copy, LAUNCH_QUIET: '1', ...env };
    const program = [join(copy, 'deploy/launch.mjs'), 'deploy/ops/setup.ts', ...args];
    execFile(process.execPath, program, { cwd: copy, env: whole, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });

test('P-277 a set-up makes what is missing, leaves .env alone, and changes nothing the second time', async () => {
  const copy = clone();
  rmSync(join(copy, '.codev'), { recursive: true, force: true });
  writeFileSync(join(copy, '.env'), 'PROXY_API_KEY=mine\n');
  const before = filesOf(copy);
  const planned = await setUp(copy, ['--seed-dev-config', '--verify', '--dry-run']);
  for (const step of ['make .codev', 'complete the dependencies', 'run npm run check'])
    expect(planned.stdout).toContain(`would ${step}`);
  expect(filesOf(copy)).toEqual(before);

  const first = await setUp(copy, ['--seed-dev-config', '--skip-browsers']);
  expect([first.code, first.stderr]).toEqual([0, '']);
  for (const name of ['.codev/config.toml', '.codev/AGENTS.example.md', '.codex-api', '.codex-responses-api', '.data'])
    expect(existsSync(join(copy, name)), name).toBe(true);
  const after = filesOf(copy);

  const second = await setUp(copy, ['--seed-dev-config', '--fork'], { QUIET: '1' });
  expect(second).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(filesOf(copy)).toEqual(after);
  expect(readFileSync(join(copy, '.env'), 'utf8')).toBe('PROXY_API_KEY=mine\n');

  rmSync(join(copy, '.github'), { recursive: true });
  const fork = await setUp(copy, ['--fork', '--no-ci']);
  expect([fork.code, fork.stderr.split('\n').length]).toEqual([1, 2]);
  expect(fork.stderr).toContain('.github/workflows/ci.yml');
  expect((await setUp(copy, ['--bogus'])).code).toBe(2);
});
