/** From the dev stack to production: checked on this repository, deployed with a stub in place of docker. */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { operate, project, scratch, stub } from './operator.ts';

const root = join(import.meta.dirname, '../..');
const key = 'sk-of-this-deployment-0123';
const settings = {
  PROXY_API_KEY: key,
  DOMAIN: 'http://127.0.0.1:1',
  PROXY_CORS_ALLOWED_ORIGINS: 'https://chat.example.org',
  SKIP_ORIGIN: '1',
  SKIP_METRICS: '1',
};

/** The findings of the one run in that folder. */
function artefacts(folder: string): Readonly<Record<string, string>> {
  const [only = ''] = readdirSync(folder);
  expect(only).toMatch(/^port-\d{4}-\d{2}-\d{2}T\d{6}Z$/);
  return Object.fromEntries(
    readdirSync(join(folder, only)).map((name) => [name, readFileSync(join(folder, only, name), 'utf8')]),
  );
}

/** Neither docker nor compose. */
const bare = (): Readonly<Record<string, string>> => ({ PATH: scratch() });

/** A production machine: image a runs, and compose renders what this file holds. */
function production(rendered: string) {
  return stub(
    'docker',
    `if (args[1] === 'version' || args[0] === 'network') ;
    else if (args.includes('config')) process.stdout.write(require('node:fs').readFileSync(${JSON.stringify(rendered)}, 'utf8'));
    else if (args.includes('up')) console.log('up with ' + process.env.DOMAIN);
    else if (args.includes('-q')) console.log('container-1');
    else if (args.includes('ps')) console.log('app\\nauth');
    else if (args[0] === 'inspect' || args[0] === 'image') console.log('sha256:aaaa');
    else if (args.includes('build')) console.log('built with ' + process.env.PROXY_API_KEY);`,
  );
}

/** A project with a dev home, and what its production stack comes to. */
async function deployable(domain = settings.DOMAIN) {
  const folder = project({
    'docker-compose.yml': readFileSync(join(root, 'docker-compose.yml'), 'utf8'),
    '.codev/config.toml': 'model = "gpt-5.2"\n',
    '.codev/auth.json': '{}',
  });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const out = join(scratch(), 'out');
  const checked = await operate('port.ts', ['--output-dir', out], {
    env: { ...settings, DOMAIN: domain, ...bare() },
    project: folder,
  });
  expect([checked.code, checked.stderr]).toEqual([0, '']);
  const file = join(scratch(), 'rendered.yml');
  writeFileSync(file, (artefacts(out)['docker-compose.config.yaml'] ?? '').replaceAll('***', 'a-key'));
  return { folder, docker: production(file) };
}

/** What changes something. */
const deeds = ({ calls }: ReturnType<typeof stub>): readonly string[] =>
  calls()
    .map((args) => args.join(' '))
    .filter((line) => /^tag |^network create| (?:build|pull|up) /.test(`${line} `));

test('P-271 port:check on this repository holds, changes nothing and keeps its findings without secrets', async () => {
  const out = join(scratch(), 'out');
  const { code, stdout, stderr } = await operate('port.ts', ['--output-dir', out], { env: { ...settings, ...bare() } });
  expect([code, stderr]).toEqual([0, '']);
  const marks = stdout.match(/^\[(?:PASS|FAIL)\] .*$/gmu) ?? [];
  for (const name of [
    'one forwardauth address, http://127.0.0.1:18080/verify',
    'router codex-api',
    'router codex-preflight',
    'router codex-models',
    'router codex-health',
    'network traefik',
    'home .codex-api is mounted and writable',
  ])
    expect(marks).toContain(`[PASS] ${name}`);
  const { 'docker-compose.config.yaml': rendered = '', ...others } = artefacts(out);
  expect(Object.keys(others).toSorted()).toEqual(['NEXT_STEPS.txt', 'invariants.txt', 'sync-dry-run.txt']);
  expect(rendered).toContain('PROXY_API_KEY: ***');
  expect(stdout + Object.values(others).join('') + rendered).not.toContain(key);

  const placeholders = await operate('port.ts', ['--dry-run', '--no-sync', '--output-dir', join(out, 'none')], {
    env: bare(),
  });
  expect([placeholders.code, existsSync(join(out, 'none'))]).toEqual([0, false]);
  expect(placeholders.stdout).toMatch(/^\[WARN\] not set, placeholders stand in: PROXY_API_KEY, DOMAIN/);
});

test('P-271 port:check says whose the folders have to be', async () => {
  const folder = project({ 'docker-compose.yml': readFileSync(join(root, 'docker-compose.yml'), 'utf8') });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  const check = async (): Promise<string> => {
    const env = {
      ...settings,
      ...bare(),
      CODEX_UID: String(process.getuid?.()),
      CODEX_GID: String(process.getgid?.()),
    };
    return (await operate('port.ts', ['--dry-run'], { env, project: folder })).stdout;
  };
  mkdirSync(join(folder, '.codex-api'));
  expect(await check()).toMatch(
    /^\[WARN\] \.data: not there, or not writable for uid \d+, .*: mkdir -p \.data && chown -R /m,
  );
  mkdirSync(join(folder, '.data'));
  expect(await check()).not.toContain('not writable');
});

test('P-271 port:deploy needs CONFIRM_DEPLOY=prod and everything else, before anything happens', async () => {
  const { folder, docker } = await deployable();
  const run = (args: readonly string[], env: Readonly<Record<string, string>>) =>
    operate('port.ts', args, { env: { PATH: docker.path, ...env }, project: folder });
  const confirmed = { ...settings, CONFIRM_DEPLOY: 'prod' };
  const wrongs = [
    [['--deploy'], settings, /set CONFIRM_DEPLOY=prod/],
    [['--deploy'], { ...confirmed, CONFIRM_DEPLOY: 'yes' }, /set CONFIRM_DEPLOY=prod/],
    [['--deploy'], { CONFIRM_DEPLOY: 'prod', PROXY_API_KEY: key }, /set DOMAIN, PROXY_CORS_ALLOWED_ORIGINS to deploy/],
    [['--deploy'], { ...confirmed, PROXY_API_KEY: 'codex-local-secret' }, /the key that everybody knows/],
    [['--smoke'], {}, /--smoke needs DOMAIN/],
    [['--deploy', '--sync', '--no-sync'], confirmed, /exclude each other/],
    [['--deploy', '--domain'], confirmed, /argument missing/],
    [['--deploy'], { ...confirmed, SMOKE_WAIT_SECONDS: 'soon' }, /SMOKE_WAIT_SECONDS="soon"/],
    [['--deploy'], { ...confirmed, ...bare() }, /docker compose is not installed/],
  ] as const;
  await Promise.all(
    wrongs.map(async ([args, env, why]) => {
      const { code, stdout, stderr } = await run(args, env);
      expect([args, code, stdout, stderr]).toEqual([args, 2, '', expect.stringMatching(why)]);
    }),
  );
  const dry = await run(['--deploy', '--sync', '--dry-run'], settings);
  expect([dry.code, dry.stdout]).toEqual([
    0,
    expect.stringMatching(/would docker compose .* up -d --no-build app auth$/m),
  ]);
  expect(existsSync(join(folder, '.codex-api'))).toBe(false);
  expect([deeds(docker), existsSync(join(folder, 'test-results'))]).toEqual([[], false]);
});

test('P-271 what was checked is what is started: --domain beats DOMAIN for both', async () => {
  const other = 'other.example.org';
  const { folder, docker } = await deployable(other);
  const env = { ...settings, CONFIRM_DEPLOY: 'prod', BACKUP_DIR: join(folder, 'saved'), PATH: docker.path };
  expect((await operate('port.ts', ['--deploy'], { env, project: folder })).code).toBe(1);
  rmSync(join(folder, 'test-results'), { recursive: true });
  const { code } = await operate('port.ts', ['--deploy', '--domain', other], { env, project: folder });
  expect([code, artefacts(join(folder, 'test-results'))['deploy.log']]).toEqual([
    0,
    expect.stringContaining(`up with ${other}`),
  ]);
});

test('P-271 port:prod copies, notes what runs, deploys and smokes; a check that fails keeps it from all that', async () => {
  const { folder, docker } = await deployable();
  const saved = join(folder, 'saved');
  const env = { ...settings, CONFIRM_DEPLOY: 'prod', BACKUP_DIR: saved, SMOKE_WAIT_SECONDS: '0', PATH: docker.path };
  const { code, stdout } = await operate('port.ts', ['--sync', '--deploy', '--smoke'], { env, project: folder });
  const compose = `compose -f ${join(folder, 'docker-compose.yml')}`;
  expect(deeds(docker)).toEqual([
    expect.stringMatching(/^tag sha256:aaaa codex-actors:before-/),
    `${compose} build app`,
    `${compose} up -d --no-build app auth`,
  ]);
  expect(readFileSync(join(saved, 'codex-latest-prod.iid'), 'utf8')).toBe('sha256:aaaa');
  expect(readdirSync(join(folder, '.codex-api'))).toEqual(['config.toml']);
  const found = artefacts(join(folder, 'test-results'));
  expect(Object.keys(found).toSorted()).toEqual([
    'NEXT_STEPS.txt',
    'deploy.log',
    'docker-compose.config.yaml',
    'invariants.txt',
    'smoke.txt',
    'sync.log',
  ]);
  expect(found['deploy.log']).toMatch(/build app\nbuilt with \*\*\*\n/);
  // Nobody listens at the edge of this test.
  expect([code, found['smoke.txt']]).toEqual([1, expect.stringMatching(/\[FAIL\] edge \/healthz: .*ECONNREFUSED/)]);
  expect(stdout).not.toContain(key);

  const broken = await deployable();
  writeFileSync(join(broken.folder, 'broken.yml'), 'services: { app: {} }\n');
  const stubbed = production(join(broken.folder, 'broken.yml'));
  const ran = await operate('port.ts', ['--sync', '--deploy', '--smoke'], {
    env: { ...env, PATH: stubbed.path },
    project: broken.folder,
  });
  expect([ran.code, ran.stdout]).toEqual([
    1,
    expect.stringMatching(/\[FAIL\] router codex-api: it has no rule[^]*nothing was deployed\.\n$/),
  ]);
  expect([deeds(stubbed), existsSync(join(broken.folder, '.codex-api'))]).toEqual([[], false]);
});
