/** Snapshots, rollbacks and releases, in projects of their own, with a stub in place of docker. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operate, project, scratch, stub, tagged } from './operator.ts';

const sources = {
  'http/main.ts': 'export {};\n',
  'docker-compose.yml': 'services: {}\n',
  'deploy/compose/dev.stack.yml': 'services: {}\n',
  '.env.example': 'PROXY_API_KEY=\n',
  '.env.dev.example': '',
  '.codex-api/README.md': 'The home.\n',
  '.codex-api/.gitkeep': '',
  'CHANGELOG.md':
    '# Changelog\n\n## [Unreleased]\n\n- Soon.\n\n## [1.2.3] - 2026-11-30\n\n### Added\n\n- Something.\n\n## [1.2.2]\n\n- Old.\n',
};
/** What a mistake has added to git. */
const secrets = {
  '.env': 'PROXY_API_KEY=planted',
  '.env.dev': 'PROXY_API_KEY=planted',
  '.env.prod.local': 'x',
  '.codex-api/auth.json': '{}',
  '.codex-api/sessions/a.jsonl': '{}',
  '.codex-responses-api/config.toml': '',
  '.codev/auth.json': '{}',
  'test-results/port/a.txt': '',
  'node_modules/a/index.js': '',
  'releases/old.tar.gz': '',
  '.data/codex-usage.ndjson': '',
  'server.pem': '',
};

const idOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

/** Has images a and old; `compose` is there; a running stack has `app`. */
const docker = (images: Readonly<Record<string, string>>) =>
  stub(
    'docker',
    `const images = ${JSON.stringify(images)};
    const loaded = require('node:path').join(__dirname, 'loaded');
    const fs = require('node:fs');
    if (args[0] === 'image') {
      const id = images[args.at(-1)] ?? (fs.existsSync(loaded) ? args.at(-1) : undefined);
      if (id === undefined) process.exitCode = 1; else console.log(id);
    } else if (args[0] === 'load') fs.writeFileSync(loaded, '');
    else if (args[0] === 'save') fs.writeFileSync(args[2], 'an image');
    else if (args.includes('ps')) console.log('app\\nauth\\napp-responses');`,
  );
type Docker = ReturnType<typeof docker>;

/** What docker was asked to do, without what it was only asked. */
const deeds = ({ calls }: Docker): readonly string[] =>
  calls()
    .filter(([verb, second]) => verb !== 'image' && second !== 'version')
    .map((args) => args.join(' '))
    .filter((line) => !line.includes(' ps '));

test('P-272 snapshot:dry-run writes nothing', async () => {
  const folder = project(sources);
  const images = docker({ 'codex-actors:local': idOf('a') });
  const env = { PATH: images.path, BACKUP_DIR: join(folder, 'saved') };
  const ran = await operate('snapshot.ts', ['--dry-run', '--prune', '--docker-image', 'codex-actors:local'], {
    env,
    project: folder,
  });
  expect([ran.code, ran.stderr]).toEqual([0, '']);
  expect(
    ran.stdout
      .trim()
      .split('\n')
      .every((line) => line.startsWith('would ')),
  ).toBe(true);
  expect(ran.stdout).toMatch(/would pack the \d+ tracked files into .*\/releases\/codex-actors-1\.2\.3-prod-/);
  expect([existsSync(join(folder, 'releases')), existsSync(join(folder, 'saved')), deeds(images)]).toEqual([
    false,
    false,
    [],
  ]);
});

test('P-272 a snapshot holds no home, no environment file and no result, even where git tracks one', async () => {
  const folder = project({ ...sources, ...secrets });
  const out = join(folder, 'out');
  const images = docker({ 'codex-actors:local': idOf('a') });
  const env = { PATH: images.path, BACKUP_DIR: join(folder, 'saved') };
  const args = [
    '--output-dir',
    out,
    '--env',
    'dev',
    '--version',
    '9.9.9',
    '--keep',
    '2',
    '--docker-image',
    'codex-actors:local',
  ];
  const ran = await operate('snapshot.ts', args, { env, project: folder });
  expect([ran.code, ran.stderr]).toEqual([0, '']);

  const lockName = readdirSync(out).find((name) => name.endsWith('.lock.json')) ?? '';
  const lock = JSON.parse(readFileSync(join(out, lockName), 'utf8'));
  expect(lock).toEqual({
    version: '9.9.9',
    env: 'dev',
    git_sha: expect.stringMatching(/^[0-9a-f]{40}$/),
    created_at: expect.stringMatching(/^\d{4}-/),
    tarball: expect.stringMatching(/^codex-actors-9\.9\.9-dev-\S+Z\.tar\.gz$/),
    tarball_sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    docker_tag: expect.stringMatching(/^codex-actors:dev-/),
    image_id: idOf('a'),
    release_url: null,
    keep: 2,
    notes: '',
  });
  const listed = execFileSync('tar', ['-tzf', join(out, lock.tarball)], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const held = listed.map((path) => path.slice(path.indexOf('/') + 1)).filter((path) => !path.startsWith('deploy/'));
  expect(held).toEqual(
    [...Object.keys(sources).filter((path) => !path.startsWith('deploy/')), 'package.json'].toSorted(),
  );
  const { docker_tag: tag } = lock;
  const tar = join(folder, 'saved', readdirSync(join(folder, 'saved')).find((name) => name.endsWith('.tar')) ?? '');
  expect(deeds(images)).toEqual([`tag ${idOf('a')} ${tag}`, `save -o ${tar} ${tag}`]);
  expect(readFileSync(join(folder, 'saved/codex-latest-dev.iid'), 'utf8')).toBe(idOf('a'));
  expect(readFileSync(join(folder, 'saved/codex-latest-dev.tarpath'), 'utf8')).toBe(tar);
});

test('P-272 pruning keeps the newest of the environment; --no-tarball; what is not understood is refused', async () => {
  const folder = project(sources);
  const out = join(folder, 'releases');
  mkdirSync(out);
  const old = (env: string, year: number): string => `codex-actors-1.0.0-${env}-${year}-01-01T000000Z`;
  for (const name of [old('prod', 2020), old('prod', 2021), old('dev', 2020)])
    for (const end of ['.tar.gz', '.lock.json']) writeFileSync(join(out, `${name}${end}`), '');
  const ran = await operate('snapshot.ts', ['--no-tarball', '--prune', '--keep', '2'], { project: folder });
  expect(ran.code).toBe(0);
  const left = readdirSync(out)
    .filter((name) => name.endsWith('.lock.json'))
    .toSorted();
  expect(left).toEqual([
    `${old('dev', 2020)}.lock.json`,
    `${old('prod', 2021)}.lock.json`,
    expect.stringMatching(/^codex-actors-1\.2\.3-prod-/),
  ]);
  expect(existsSync(join(out, `${old('prod', 2020)}.tar.gz`))).toBe(false);
  const wrongs = [
    ['--env', 'test'],
    ['--keep', 'all'],
    ['--docker-image', '--privileged'],
    ['--version', '../x'],
    ['more'],
  ];
  await Promise.all(
    wrongs.map(async (args) => {
      const refused = await operate('snapshot.ts', args, { project: folder });
      expect([args, refused.code, refused.stdout]).toEqual([args, 2, '']);
    }),
  );
});

test('P-273 ops:rollback asks first: a dry run changes nothing, and arguments are checked before any action', async () => {
  const folder = project(sources);
  const images = docker({ [idOf('a')]: idOf('a') });
  const env = { PATH: images.path, BACKUP_DIR: join(folder, 'saved') };
  const run = (args: readonly string[]) => operate('rollback.ts', args, { env, project: folder });
  const dry = await run(['--env', 'prod', '--image-id', idOf('a'), '--dry-run']);
  expect(dry.stdout.trim().split('\n')).toEqual([
    `would tag ${idOf('a')} as codex-actors:local`,
    `would docker compose -f ${join(folder, 'docker-compose.yml')} up -d --no-build app auth app-responses (IMAGE=codex-actors:local)`,
  ]);
  expect([dry.code, deeds(images)]).toEqual([0, []]);

  const lock = join(folder, 'a.lock.json');
  writeFileSync(lock, JSON.stringify({ env: 'dev', image_id: idOf('a') }));
  const wrongs = [
    [['--env', 'test'], /--env "test": expected prod, dev or both/],
    [['--from-lock'], /argument missing/],
    [['--image-id', '--rm'], /ambiguous|expected the name of an image/],
    [['--from-lock', lock, '--image-id', idOf('a')], /exclude each other/],
    [['--from-lock', join(folder, 'none')], /none is missing/],
    [['--from-lock', lock, '--env', 'prod'], /is no lock of prod/],
    [['--from-lock', lock], /is no lock of prod/],
    [['--tag', 'codex-actors:x'], /--tag needs --env prod or --env dev/],
    [['--env', 'dev'], /dev: nothing to go back to in/],
    [['--env', 'dev', '--image-id', idOf('b')], /docker does not have sha256:bb.*no saved copy/],
  ] as const;
  await Promise.all(
    wrongs.map(async ([args, why]) => {
      const { code, stdout, stderr } = await run(args);
      expect([args, code, stdout, stderr]).toEqual([args, 2, '', expect.stringMatching(why)]);
    }),
  );
  expect(deeds(images)).toEqual([]);
});

test('P-273 from a lock, from the newest snapshot, from its saved copy, for both stacks', async () => {
  const folder = project(sources);
  const saved = join(folder, 'saved');
  mkdirSync(saved);
  const lock = join(folder, 'a.lock.json');
  writeFileSync(
    lock,
    JSON.stringify({
      images: [
        { env: 'dev', image_id: idOf('b') },
        { env: 'prod', docker_tag: 'codex-actors:prod-1' },
      ],
    }),
  );
  const tar = join(saved, 'b.tar');
  for (const [name, text] of [
    ['b.tar', 'x'],
    ['codex-latest-dev.tarpath', tar],
    ['codex-latest-prod.iid', idOf('a')],
  ] as const)
    writeFileSync(join(saved, name), text);
  const known = { 'codex-actors:prod-1': idOf('c'), [idOf('a')]: idOf('a') };
  const [production, development] = [join(folder, 'docker-compose.yml'), join(folder, 'deploy/compose/dev.stack.yml')];
  const up = (file: string) => `-f ${file} up -d --no-build app auth app-responses`;

  const images = docker(known);
  const env = { PATH: images.path, BACKUP_DIR: saved };
  const both = await operate('rollback.ts', ['--from-lock', lock], { env, project: folder });
  expect([both.code, both.stderr]).toEqual([0, '']);
  expect(deeds(images)).toEqual([
    `load -i ${tar}`,
    `tag ${idOf('c')} codex-actors:local`,
    `compose ${up(production)}`,
    `tag ${idOf('b')} codex-actors:dev`,
    `compose -p codex-dev ${up(development)}`,
  ]);

  const again = docker(known);
  const pointer = { env: { PATH: again.path, BACKUP_DIR: saved }, project: folder };
  expect((await operate('rollback.ts', ['--env', 'prod', '--tag', 'codex-actors:older'], pointer)).code).toBe(0);
  expect(deeds(again)).toEqual([`tag ${idOf('a')} codex-actors:older`, `compose ${up(production)}`]);
});

test('P-292 a release has archive, lock, verified checksums and notes; its tag, version and changelog agree', async () => {
  const folder = project({ ...sources, ...secrets });
  const gh = stub('gh');
  const run = (args: readonly string[]) => operate('release.ts', args, { project: folder, env: { PATH: gh.path } });
  const refused = async (args: readonly string[]): Promise<string> => {
    const ended = await run(args);
    expect([ended.code, ended.stdout]).toEqual([2, '']);
    return ended.stderr;
  };
  expect(await refused([])).toMatch(/there is no tag v1\.2\.3/);
  tagged(folder, 'v1.2.3');
  expect(await refused(['--version', '1.2.2'])).toMatch(/package\.json says 1\.2\.3/);
  writeFileSync(join(folder, 'http/main.ts'), 'changed');
  expect(await refused([])).toMatch(/changes that are not committed/);
  writeFileSync(join(folder, 'http/main.ts'), sources['http/main.ts']);

  const out = join(scratch(), 'out');
  const dry = await run(['--dry-run', '--publish', '--output-dir', out]);
  expect([dry.code, existsSync(out), gh.calls()]).toEqual([0, false, []]);
  const { code, stderr } = await run(['--publish', '--output-dir', out]);
  expect([code, stderr]).toEqual([0, '']);
  const [sums, lock, archive, notes] = [
    'SHA256SUMS',
    'codex-actors-1.2.3.lock.json',
    'codex-actors-1.2.3.tar.gz',
    'RELEASE_NOTES.md',
  ];
  expect(readdirSync(out).toSorted()).toEqual([notes, sums, lock, archive]);
  execFileSync('sha256sum', ['--check', '--strict', '--quiet', sums], { cwd: out });
  expect(readFileSync(join(out, notes), 'utf8')).toBe('### Added\n\n- Something.\n');
  expect(
    execFileSync('tar', ['-xzOf', archive, 'codex-actors-1.2.3/package.json'], { cwd: out, encoding: 'utf8' }),
  ).toContain('1.2.3');
  const files = [archive, lock, sums].map((name) => join(out, name));
  expect(gh.calls()).toEqual([
    ['release', 'create', 'v1.2.3', '--verify-tag', '--title', 'v1.2.3', '--notes-file', join(out, notes), ...files],
  ]);

  const twice = join(scratch(), 'out');
  expect((await run(['--output-dir', twice])).code).toBe(0);
  expect(readFileSync(join(twice, archive)).equals(readFileSync(join(out, archive)))).toBe(true);
});
