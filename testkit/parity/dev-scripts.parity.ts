/** The commands of development, started as a user starts them. */

import { readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedMark } from '../../transport/config-toml.ts';
import { ask } from '../raw-client.ts';
import { npmScript, scratch } from './npm-script.ts';

const root = join(import.meta.dirname, '../..');
/** For what takes a second when nothing else runs. */
const withinMs = 20_000;
const noFile = ['--dotenv', '/nonexistent/.env'];

test('P-260 npm run start, start:codev and start:codev:shim answer /healthz', async () => {
  const answers = async (name: string): Promise<string> => {
    const home = scratch();
    const own = name === 'start' ? [] : ['--home', home, '-p', '0', ...noFile];
    const env = name === 'start' ? { PORT: '0', CODEX_HOME: home, PROXY_ENV: 'local' } : {};
    const started = npmScript(name, own, env);
    const port = await started.port();
    await expect.poll(async () => JSON.parse((await ask(port, '/healthz')).text).ok, { timeout: withinMs }).toBe(true);
    const [first] = JSON.parse((await ask(port, '/v1/models')).text).data;
    expect([name, await started.stop()]).toEqual([name, 0]);
    return first.id;
  };
  const names = ['start', 'start:codev', 'start:codev:shim'];
  expect(await Promise.all(names.map(answers))).toEqual(['codex-5', 'codev-5', 'codev-5']);
});

test('P-261 W-61 dev: no file is needed, a key in one is used and not shown, and files that are missing are seeded', async () => {
  const folder = scratch();
  const [file, home] = [join(folder, 'env'), join(folder, 'home')];
  writeFileSync(file, 'PROXY_API_KEY="the-secret-of-the-file"\nPORT=11435\nCODEX_SHIM=1\n');
  const started = npmScript('dev', ['--home', home, '--dotenv', file, '--port', '0']);
  const port = await started.port();
  const withKey = { headers: { authorization: 'Bearer the-secret-of-the-file' } };
  expect((await ask(port, '/v1/usage', withKey)).status).toBe(200);
  expect((await ask(port, '/v1/usage')).status).toBe(401);
  expect(readdirSync(home)).toEqual(expect.arrayContaining(['AGENTS.example.md', 'config.toml']));

  // A source that changes: the gateway drains, and the next one answers.
  const source = join(root, 'http/main.ts');
  const now = new Date();
  utimesSync(source, now, now);
  await started.lines.until((line) => line.includes('http/main.ts changed'), withinMs);
  await started.lines.until((line) => line.includes(' shutdown_complete'), withinMs);
  await expect
    .poll(() => started.lines.stdout.filter((line) => line.includes('listening on')), { timeout: withinMs })
    .toHaveLength(2);

  expect(await started.stop()).toBe(0);
  expect([...started.lines.stdout, ...started.lines.stderr].join('\n')).not.toContain('the-secret-of-the-file');
  // As it was seeded, not as the gateway needs it.
  expect(readFileSync(join(home, 'config.toml'), 'utf8')).not.toContain(generatedMark);
});

test('P-261 dev: without a key it ends with code 1 and one line that says what to do', async () => {
  const started = npmScript('dev', noFile);
  expect(await started.ended).toBe(1);
  expect(started.lines.stderr).toHaveLength(1);
  expect(started.lines.stderr[0]).toMatch(/^dev: PROXY_API_KEY is not set\..*\.env/);
});

test('P-261 dev:shim needs no key and no file', async () => {
  const started = npmScript('dev:shim', ['-p', '0', '--home', scratch(), ...noFile]);
  const port = await started.port();
  expect(JSON.parse((await ask(port, '/v1/models')).text).data[0].id).toBe('codev-5');
  expect(await started.stop()).toBe(0);
});
