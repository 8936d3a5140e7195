/** The sign-in, with a script in place of the CLI. */

import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

interface Ended {
  readonly code: number;
  readonly output: string;
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-login-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Notes what it was called with, and ends with that code. */
function fakeCli(folder: string, code: number): string {
  const file = join(folder, 'codex.mjs');
  const noted = JSON.stringify(join(folder, 'called'));
  writeFileSync(
    file,
    `import { writeFileSync } from 'node:fs';
     writeFileSync(${noted}, JSON.stringify([process.env.CODEX_HOME, ...process.argv.slice(2)]));
     console.log('code ABCD-1234');
     process.exitCode = ${code};`,
  );
  return file;
}

const login = (args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ended> =>
  new Promise((resolve) => {
    const whole = { PATH: '', ...env };
    execFile(
      process.execPath,
      [join(import.meta.dirname, 'login.ts'), ...args],
      { env: whole },
      (error, stdout, stderr) =>
        resolve({
          code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1,
          output: stdout + stderr,
        }),
    );
  });

const file = ['-c', 'cli_auth_credentials_store="file"'];

test('the CLI asks for a device code in the home of the gateway, which is made for its owner only', async () => {
  const folder = scratch();
  const home = join(folder, 'home');
  const env = { CODEX_BIN: fakeCli(folder, 0), CODEX_HOME: home };
  expect(await login(['--dry-run'], env)).toEqual({
    code: 0,
    output: expect.stringMatching(/would make .*\nwould run CODEX_HOME=.*--device-auth\n$/),
  });
  expect([existsSync(home), existsSync(join(folder, 'called'))]).toEqual([false, false]);

  const { code, output } = await login([], env);
  expect([code, output]).toEqual([0, expect.stringContaining('code ABCD-1234')]);
  expect(JSON.parse(readFileSync(join(folder, 'called'), 'utf8'))).toEqual([home, 'login', ...file, '--device-auth']);
  expect((statSync(home).mode & 0o777).toString(8)).toBe('700');
});

test('another way, another home, and what the CLI says in the end', async () => {
  const folder = scratch();
  const env = { CODEX_BIN: fakeCli(folder, 7), CODEX_HOME: join(folder, 'not') };
  expect((await login(['--with-api-key', '--home', folder], env)).code).toBe(1);
  expect(JSON.parse(readFileSync(join(folder, 'called'), 'utf8'))).toEqual([
    folder,
    'login',
    ...file,
    '--with-api-key',
  ]);
});

test.each([
  [['--browser', '--status'], {}, 'exclude each other'],
  [['--service', 'app', '--home', '/x'], {}, '--service has its own home'],
  [['--service', '-x'], {}, 'ambiguous'],
  [['--status', '--home', '/nowhere/at/all'], {}, 'nobody is signed in'],
  [[], { CODEX_BIN: 'no-such-codex' }, 'CODEX_BIN=no-such-codex is not in PATH'],
  [[], { CODEX_BIN: '/nowhere/codex' }, '/nowhere/codex is missing'],
] as const)('%j %j is refused: %s', async (args, env, why) => {
  expect(await login(args, env)).toEqual({ code: 2, output: expect.stringContaining(why) });
});
