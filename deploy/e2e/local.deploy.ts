/** The quick start, the development stack with its script, and every CLI that users may name, each as it is documented. */

import { execFile } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { Project } from './compose.ts';
import { type Container, docker, image, startContainer, tryDocker } from './docker.ts';
import { findProgram } from './packages.ts';
import { freePorts } from './ports.ts';

const root = join(import.meta.dirname, '../..');
const shim = '/app/scripts/fake-codex-jsonrpc.js';
const publicKey = 'codex-local-secret';

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'codex-actors-local-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  chmodSync(path, 0o777);
  return path;
};

const withKey = { authorization: `Bearer ${publicKey}`, 'content-type': 'application/json' };

async function said(origin: string): Promise<string> {
  const answer = await fetch(`${origin}/v1/chat/completions`, {
    method: 'POST',
    headers: withKey,
    body: JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'Say hello.' }], stream: false }),
  });
  const { choices } = (await answer.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content ?? '';
}

const modelsOf = async (origin: string): Promise<{ object: string; data: { id: string }[] }> =>
  (await (await fetch(`${origin}/v1/models`)).json()) as { object: string; data: { id: string }[] };

const requestsOf = async (origin: string): Promise<number> => {
  const usage = await (await fetch(`${origin}/v1/usage`, { headers: withKey })).json();
  return (usage as { total_requests: number }).total_requests;
};

test('P-244 W-61 W-64 the quick start needs nothing but the file, and keeps its usage', async () => {
  const [port = 0] = await freePorts(1);
  const origin = `http://127.0.0.1:${port}`;
  const project = new Project('docker-compose.local.yml', { PORT: String(port) });
  await project.up();
  expect((await modelsOf(origin)).object).toBe('list');
  project.set({ CODEX_BIN: shim });
  await project.up();
  expect(await said(origin)).toBe('Hello from fake-codex.');
  const before = await requestsOf(origin);
  expect(before).toBeGreaterThan(0);
  await project.run('rm', '--stop', '--force', 'app');
  await project.up();
  expect(await requestsOf(origin)).toBeGreaterThanOrEqual(before);
});

const gateway = (env: Readonly<Record<string, string>>): Promise<Container> => {
  const settings = { PROXY_ENV: 'dev', PROXY_WORKER_COUNT: '1', ...env };
  const options = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return startContainer(['--init', '--health-interval', '500ms', '-v', `${folder()}:/app/.codex-api`, ...options]);
};

test('P-246 each CLI that users name is started: that of the PATH, the fake, the fake of the legacy protocol', async () => {
  await (await gateway({ CODEX_BIN: 'codex' })).healthy();
  const fake = await gateway({ CODEX_BIN: shim });
  await fake.healthy();
  expect(await said(`http://${fake.address}:11435`)).toBe('Hello from fake-codex.');
  const legacy = await gateway({ CODEX_BIN: '/app/scripts/fake-codex-proto.js', PROXY_USE_APP_SERVER: 'false' });
  await legacy.healthy();
  expect(await said(`http://${legacy.address}:11435`)).toBe('Hello from fake-codex.');
});

test('P-246 no name of a file chooses the protocol: the start says which variable to set', async () => {
  const one = await gateway({ CODEX_BIN: '/app/scripts/fake-codex-proto.js' });
  const hint = 'set PROXY_USE_APP_SERVER=false';
  for (const since = Date.now(); !(await one.logs()).includes(hint); await wait(100))
    if (Date.now() - since > 10_000) throw new Error(`no such hint\n${await one.logs()}`);
});

test('P-247 a home that is mounted read-only is refused, by its name', async () => {
  const home = '/home/node/.codex';
  const mounted = ['-v', `${folder()}:${home}:ro`, '-e', `CODEX_HOME=${home}`, '-e', 'PROXY_API_KEY=mine'];
  const { code, stdout, stderr } = await tryDocker('run', '--rm', ...mounted, image);
  expect(code).toBe(1);
  expect(stdout + stderr).toContain(`CODEX_HOME is not writable (EROFS): ${home}`);
});

/** A copy of what the script needs, so that nothing here is written to. */
function devStack(env: Readonly<Record<string, string>>) {
  const copy = folder();
  for (const name of ['deploy', 'bin']) mkdirSync(join(copy, name));
  for (const name of ['deploy/ops', 'deploy/compose', '.codev'])
    cpSync(join(root, name), join(copy, name), { recursive: true });
  cpSync(join(root, '.env.dev.example'), join(copy, '.env.dev'));
  symlinkSync(findProgram(process.env['DEPLOY_DOCKER'] ?? 'docker') ?? '/usr/bin/docker', join(copy, 'bin/docker'));
  const { DOCKER_HOST = '', DOCKER_CONFIG = '', PATH = '' } = process.env;
  const all = { PATH: `${join(copy, 'bin')}:${PATH}`, DOCKER_HOST, DOCKER_CONFIG, IMAGE: image, ...env };
  const run = (action: string): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [join(copy, 'deploy/ops/dev-stack.ts'), action], { env: all }, (error, out, words) => {
        if (error === null) resolve(out);
        else reject(new Error(`${error.message}\n${out}${words}`));
      });
    });
  return { copy, run };
}

test('P-245 P-265 dev:stack:up, and down again', async () => {
  const [port = 0] = await freePorts(1);
  const { copy, run } = devStack({ DEV_PORT: String(port) });
  onTestFinished(() =>
    run('down').then(
      () => undefined,
      () => undefined,
    ),
  );
  const config = readFileSync(join(copy, '.codev/config.toml'), 'utf8');
  expect(await run('up')).toContain(`http://127.0.0.1:${port}/v1`);
  const origin = `http://127.0.0.1:${port}`;
  expect((await modelsOf(origin)).data[0]?.id).toBe('codev-5');
  expect(await said(origin)).toBe('Hello from fake-codex.');
  const verify = (headers = {}) => fetch('http://127.0.0.1:18081/verify', { headers });
  for (const since = Date.now(); (await verify(withKey).catch(() => null))?.status !== 200; await wait(100))
    if (Date.now() - since > 10_000) throw new Error('the auth service does not let the key in');
  const refused = await verify();
  expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm=api-dev']);
  expect(await docker('volume', 'ls', '-q')).toContain('codex-dev_data');
  await run('down');
  expect(await docker('volume', 'ls', '-q')).not.toContain('codex-dev_data');
  expect(readFileSync(join(copy, '.codev/config.toml'), 'utf8')).toBe(config);
  expect(existsSync(join(copy, '.codev/config.operator.toml'))).toBe(false);
});
