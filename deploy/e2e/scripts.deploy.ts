/** The operator scripts with the real image and the real docker: smoke, backup and restore, snapshot and rollback. */

import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { edgeBefore, operate, project, scratch, stub } from '../../testkit/parity/operator.ts';
import { docker, image, startContainer, tryDocker } from './docker.ts';
import { freePorts } from './ports.ts';

const key = 'key-of-the-deploy-tests';
const token = 'token-of-the-deploy-tests';
const nodeUser = 1000;

const { PATH = '', HOME = '', DOCKER_HOST = '', DOCKER_CONFIG = '' } = process.env;
const here = { PATH, HOME, DOCKER_HOST, DOCKER_CONFIG };

/** A home that the image's user owns. */
function home(): string {
  const path = join(scratch(), '.codex-api');
  mkdirSync(path);
  writeFileSync(join(path, 'auth.json'), '{"tokens":{"access_token":"of-the-account"}}', { mode: 0o600 });
  for (const each of [path, join(path, 'auth.json')]) chownSync(each, nodeUser, nodeUser);
  return path;
}

/** Resolves when it is healthy, with the port on this machine's loopback. */
async function gateway(folder: string) {
  const [port = 0] = await freePorts(1);
  const settings = {
    PROXY_API_KEY: key,
    PROXY_WORKER_COUNT: '1',
    PROXY_ENABLE_METRICS: 'true',
    PROXY_METRICS_TOKEN: token,
    CODEX_BIN: '/app/scripts/fake-codex-jsonrpc.js',
  };
  const container = await startContainer([
    ...['--init', '--read-only', '--tmpfs', '/tmp:mode=1777', '--cap-drop', 'ALL', '--health-interval', '500ms'],
    ...['-p', `127.0.0.1:${port}:11435`, '-v', `${folder}:/app/.codex-api`],
    ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
  ]);
  await container.healthy();
  return { container, port };
}

test('P-266 P-274 smoke:prod passes before the image, and a home that was lost comes back from its backup', async () => {
  const folder = home();
  const { container, port } = await gateway(folder);
  const edge = await edgeBefore(port);
  const env = {
    ...here,
    ...{ KEY: key, METRICS_TOKEN: token, DOMAIN: edge.url, ORIGIN_HOST: edge.url, IMAGE: image },
    ...{ METRICS_ENDPOINT: `http://127.0.0.1:${port}/metrics`, TOOL_SMOKE_ALLOW_MISSING: '1' },
  };
  const smoke = await operate('smoke.ts', ['prod'], { env });
  expect([smoke.code, smoke.stderr, smoke.stdout]).toEqual([
    0,
    '',
    expect.stringMatching(/\nAll 12 checks passed\.\n$/),
  ]);
  expect(smoke.stdout).not.toMatch(/\[(?:FAIL|SKIP)\]|key-of-|token-of-/);

  const dest = join(scratch(), 'backups');
  expect((await operate('backup.ts', ['--source', folder, '--dest', dest], { env: here })).code).toBe(0);
  expect(await container.stop()).toBe(0);
  await docker('rm', container.id);
  rmSync(folder, { recursive: true });
  const restored = await operate('restore.ts', [dest, '--to', folder], { env: here });
  expect([restored.code, restored.stderr]).toEqual([0, '']);
  const { uid, mode } = statSync(join(folder, 'auth.json'));
  expect([uid, (mode & 0o777).toString(8)]).toEqual([nodeUser, '600']);
  expect(readFileSync(join(folder, 'auth.json'), 'utf8')).toContain('of-the-account');
  await gateway(folder);
});

test('P-272 P-273 a snapshot tags and saves the image, and a rollback finds it again after docker has lost it', async () => {
  const own = 'codex-actors-rollback-test';
  const folder = project({ 'docker-compose.yml': 'services: {}\n' });
  // There is nothing to start here; what compose is asked is in testkit/parity/snapshots.parity.ts.
  const env = { ...here, PATH: stub('docker-compose').path, BACKUP_DIR: join(folder, 'saved') };
  onTestFinished(async () => {
    const { stdout } = await tryDocker('image', 'ls', '-q', own);
    for (const id of new Set(stdout.split('\n').filter((each) => each !== '')))
      await tryDocker('image', 'rm', '-f', id);
  });
  const build = async (text: string): Promise<string> => {
    const context = scratch();
    writeFileSync(join(context, 'Dockerfile'), 'FROM scratch\nCOPY text /\nCMD ["none"]\n');
    writeFileSync(join(context, 'text'), text);
    await docker('build', '-q', '-t', `${own}:latest`, context);
    return (await docker('image', 'inspect', '--format', '{{.Id}}', `${own}:latest`)).trim();
  };
  const first = await build('first');
  const args = ['--docker-image', `${own}:latest`, '--docker-tag-prefix', own, '--no-tarball'];
  const taken = await operate('snapshot.ts', args, { env, project: folder });
  expect([taken.code, taken.stderr]).toEqual([0, '']);
  expect(await build('second')).not.toBe(first);
  await docker('image', 'rm', '-f', first);
  expect((await tryDocker('image', 'inspect', first)).code).not.toBe(0);

  const back = await operate('rollback.ts', ['--env', 'prod', '--tag', `${own}:latest`], { env, project: folder });
  expect(back.stdout).toContain(`load ${join(folder, 'saved')}`);
  expect((await docker('image', 'inspect', '--format', '{{.Id}}', `${own}:latest`)).trim()).toBe(first);
});
