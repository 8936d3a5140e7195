/** The hook before a commit, really run by git in a copy of the project; and the linters of documents. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { clone, npmScript } from './npm-script.ts';

const identity = {
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.org',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.org',
};

test('P-280 a commit is refused for a secret, for its format and for lint, and taken without them', () => {
  const copy = clone();
  const env = { PATH: process.env['PATH'], HOME: copy, LAUNCH_QUIET: '1', GIT_CONFIG_NOSYSTEM: '1', ...identity };
  const ran = (program: string, ...args: readonly string[]) =>
    spawnSync(program, args, { cwd: copy, env, encoding: 'utf8' });
  const put = (path: string, text: string): void => {
    mkdirSync(join(copy, path, '..'), { recursive: true });
    writeFileSync(join(copy, path), text);
    expect(ran('git', 'add', '--force', path).status).toBe(0);
  };
  const committed = () => {
    const { status, stdout, stderr } = ran('git', 'commit', '--quiet', '-m', 'x');
    return { status, told: `${stdout}${stderr}` };
  };

  ran('git', 'init', '--quiet', '--initial-branch=main');
  put('README.md', '# x\n');
  expect(committed().status).toBe(0);
  for (const expected of ['put the hooks in place', 'the hooks are in place'])
    expect(ran('npm', 'run', '--silent', 'hooks').stdout).toContain(expected);

  const key = ['sk', 'proj', 'Ab3'.repeat(14)].join('-');
  put('http/new-file.ts', `export const key = '${key}';\n`);
  const secret = committed();
  expect(secret.status).toBe(1);
  expect(secret.told).toContain('http/new-file.ts:1: looks like a key of OpenAI');
  expect(secret.told).not.toContain(key);

  put('http/new-file.ts', 'export const x  = 1\nvar y: any = eval("1") == 1;\n');
  const careless = committed();
  expect(careless.status).toBe(1);
  expect(careless.told).toContain('npm run format');
  expect(careless.told).toMatch(/no-var|no-explicit-any/);

  put('.env.production', 'PROXY_API_KEY=x\n');
  expect(committed().told).toContain('.env.production: an environment file is not to be committed');
  ran('git', 'rm', '--quiet', '--cached', '.env.production');

  put('http/new-file.ts', '/** A file. */\nexport const x = 1;\n');
  expect(committed()).toEqual({ status: 0, told: '' });
  expect(ran('npm', 'run', '--silent', 'hooks', '--', '--remove').status).toBe(0);
});

test('P-280 no tracked file holds a secret', async () => {
  const scan = npmScript('secrets:scan');
  expect([await scan.ended, scan.lines.stdout]).toEqual([0, [expect.stringMatching(/^\d+ files, no secret$/)]]);
});

test.each(['lint:runbooks', 'lint:readyz-doc'])('P-280 npm run %s finds nothing wrong', async (name) => {
  const lint = npmScript(name);
  expect([await lint.ended, lint.lines.stderr]).toEqual([0, []]);
});
