/** Configuration that goes from home to home, and backups that come back. With real tar, and real gpg where it is installed. */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { expect, test } from 'vitest';
import { operate, scratch, stub } from './operator.ts';

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));

const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

/** All files below, with their content. */
function contents(folder: string, below = ''): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
      const path = join(below, entry.name);
      return entry.isDirectory()
        ? Object.entries(contents(folder, path))
        : [[path, readFileSync(join(folder, path), 'utf8')]];
    }),
  );
}

/** A home of Codex with a sign-in. */
function home(folder: string): string {
  const path = join(folder, '.codex-api');
  mkdirSync(join(path, 'sessions'), { recursive: true });
  writeFileSync(join(path, 'auth.json'), '{"tokens":{"access_token":"of-the-account"}}', { mode: 0o600 });
  writeFileSync(join(path, 'config.toml'), 'model = "gpt-5.2"\n');
  writeFileSync(join(path, 'sessions', 'one.jsonl'), '{}\n');
  symlinkSync('config.toml', join(path, 'link.toml'));
  return path;
}

test('P-270 W-60 port:sync-config copies two files, honours its variables, keeps what differs', async () => {
  const folder = scratch();
  const [from, to] = [join(folder, 'dev'), join(folder, 'prod')];
  mkdirSync(from);
  for (const name of ['config.toml', 'AGENTS.example.md', 'auth.json', 'other.toml'])
    writeFileSync(join(from, name), name);
  chmodSync(join(from, 'config.toml'), 0o600);
  const env = { SOURCE_HOME: from, DEST_HOME: to };

  const dry = await operate('sync-config.ts', ['--dry-run'], { env });
  expect([dry.code, existsSync(to), dry.stdout]).toEqual([
    0,
    false,
    expect.stringMatching(/^would copy .*config\.toml/),
  ]);

  expect((await operate('sync-config.ts', [], { env })).code).toBe(0);
  expect(contents(to)).toEqual({ 'config.toml': 'config.toml', 'AGENTS.example.md': 'AGENTS.example.md' });
  expect(modeOf(join(to, 'config.toml'))).toBe('644');

  writeFileSync(join(to, 'config.toml'), 'of the operator');
  const kept = await operate('sync-config.ts', [], { env });
  expect([kept.code, kept.stdout]).toEqual([0, expect.stringMatching(/config\.toml differs and is kept/)]);
  expect(readFileSync(join(to, 'config.toml'), 'utf8')).toBe('of the operator');

  expect(
    (await operate('sync-config.ts', ['--force', '--from', from, '--to', to], { env: { DEST_HOME: '/nowhere' } })).code,
  ).toBe(0);
  const { 'config.toml': replaced, 'AGENTS.example.md': _, ...former } = contents(to);
  expect(replaced).toBe('config.toml');
  expect(Object.keys(former)[0]).toMatch(/^config\.toml\.bak\.\d{4}-\d{2}-\d{2}T\d{6}Z$/);
  expect(Object.values(former)).toEqual(['of the operator']);

  const nowhere = await operate('sync-config.ts', ['--from', join(folder, 'none')]);
  expect([nowhere.code, nowhere.stdout]).toEqual([2, '']);
});

test('P-274 W-60 backup:data lies by year and day, and backup:restore brings all of it back', async () => {
  const folder = scratch();
  const source = home(folder);
  const dest = join(folder, 'backups');
  const dry = await operate('backup.ts', ['--source', source, '--dest', dest, '--dry-run']);
  expect([dry.code, dry.stdout.split('\n')[0], existsSync(dest)]).toEqual([
    0,
    expect.stringMatching(/^would pack /),
    false,
  ]);

  const { code, stdout } = await operate('backup.ts', ['--source', source, '--dest', dest, '--suffix', 'prod']);
  expect(code).toBe(0);
  const archive = /into (\S+)/.exec(stdout)?.[1] ?? '';
  expect(archive.slice(dest.length)).toMatch(
    /^\/\d{4}\/\d{2}-\d{2}\/codex-api-prod-\d{4}-\d{2}-\d{2}T\d{6}Z\.tar\.gz$/,
  );
  expect(readFileSync(`${archive}.sha256`, 'utf8')).toMatch(/^[0-9a-f]{64} {2}codex-api-prod-\S+\.tar\.gz\n$/);
  expect([modeOf(archive), modeOf(join(dest))]).toEqual(['600', '700']);

  const before = contents(source);
  writeFileSync(join(source, 'auth.json'), 'lost');
  writeFileSync(join(source, 'newer'), 'x');
  const refused = await operate('restore.ts', [archive, '--to', source]);
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    2,
    '',
    expect.stringMatching(/has content; --force moves it aside/),
  ]);
  const planned = await operate('restore.ts', [dest, '--to', source, '--force', '--dry-run']);
  expect([planned.code, planned.stdout]).toEqual([
    0,
    expect.stringContaining(`would restore ${source} from ${archive}`),
  ]);
  expect(readFileSync(join(source, 'auth.json'), 'utf8')).toBe('lost');

  expect((await operate('restore.ts', [dest, '--to', source, '--force'])).code).toBe(0);
  expect(contents(source)).toEqual(before);
  expect(modeOf(join(source, 'auth.json'))).toBe('600');
  const aside = readdirSync(folder).filter((name) => name.startsWith('.codex-api.before-'));
  expect(aside).toHaveLength(1);
  expect(contents(join(folder, aside[0] ?? ''))).toMatchObject({ 'auth.json': 'lost', newer: 'x' });
  expect(readdirSync(folder).toSorted()).toEqual(['.codex-api', ...aside, 'backups']);

  const elsewhere = join(folder, 'new', 'home');
  expect((await operate('restore.ts', [archive, '--to', elsewhere])).code).toBe(0);
  expect(contents(elsewhere)).toEqual(before);

  writeFileSync(archive, 'damaged');
  const damaged = await operate('restore.ts', [archive, '--to', elsewhere, '--force']);
  expect([damaged.code, damaged.stderr]).toEqual([1, expect.stringMatching(/is damaged: its checksum/)]);
  expect(contents(elsewhere)).toEqual(before);
});

test('P-274 the newest of a folder is never the backup of another home', async () => {
  const folder = scratch();
  const dest = join(folder, 'backups');
  const source = home(folder);
  for (const more of [[], ['--suffix', 'responses']])
    expect((await operate('backup.ts', ['--source', source, '--dest', dest, ...more])).code).toBe(0);
  const restore = (...more: string[]) =>
    operate('restore.ts', [dest, '--to', join(folder, 'to'), '--dry-run', ...more]);
  const refused = await restore();
  expect([refused.code, refused.stdout, refused.stderr]).toEqual([
    2,
    '',
    expect.stringMatching(/several suffixes \(none, responses\): say which with --suffix, or name the archive/),
  ]);
  expect((await restore('--suffix', 'other')).stderr).toMatch(/has no backup with the suffix other/);
  expect((await restore('--suffix', 'responses')).stdout).toMatch(/from \S+codex-api-responses-/);
});

test('P-274 an archive with links in the place of files changes nothing outside of the home', async () => {
  const folder = scratch();
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'file'), 'x');
  chmodSync(join(outside, 'file'), 0o644);
  const to = join(folder, 'home');
  const archiveOf = (name: string, make: (at: string) => void): string => {
    const at = join(folder, name);
    mkdirSync(at);
    make(at);
    execFileSync('tar', ['-czf', `${at}.tar.gz`, '-C', at, '.codex-api']);
    return `${at}.tar.gz`;
  };

  const link = archiveOf('one', (at) => symlinkSync(outside, join(at, '.codex-api')));
  const refused = await operate('restore.ts', [link, '--to', to, '--no-checksum']);
  expect([refused.code, refused.stderr, existsSync(to)]).toEqual([
    1,
    expect.stringMatching(/does not hold exactly one folder/),
    false,
  ]);

  const signIn = archiveOf('other', (at) => {
    mkdirSync(join(at, '.codex-api'));
    symlinkSync(join(outside, 'file'), join(at, '.codex-api', 'auth.json'));
  });
  expect((await operate('restore.ts', [signIn, '--to', to, '--no-checksum'])).code).toBe(0);
  expect(modeOf(join(outside, 'file'))).toBe('644');
});

test('P-274 nobody else reads an archive while it is written, and owners come back by number', async () => {
  const folder = scratch();
  const source = home(folder);
  const dest = join(folder, 'backups');
  // Folders that were there before may be open.
  const [year = '', month = '', day = ''] = new Date().toISOString().slice(0, 10).split('-');
  mkdirSync(join(dest, year, `${month}-${day}`), { recursive: true, mode: 0o755 });
  const tar = stub(
    'tar',
    "console.error((require('node:fs').statSync(args[1]).mode & 0o777).toString(8)); process.exitCode = 2;",
  );
  const { stderr } = await operate('backup.ts', ['--source', source, '--dest', dest], { env: { PATH: tar.path } });
  expect(stderr).toMatch(/tar ended with 2: 600$/m);

  const archive =
    /into (\S+)/.exec((await operate('backup.ts', ['--source', source, '--dest', dest])).stdout)?.[1] ?? '';
  await operate('restore.ts', [archive, '--to', join(folder, 'to')], { env: { PATH: tar.path } });
  expect(tar.calls().at(-1)).toContain('--numeric-owner');
});

test('P-274 pruning keeps the newest of a suffix, after the backup and only then', async () => {
  const folder = scratch();
  const source = home(folder);
  const dest = join(folder, 'backups');
  const old = (day: string, name: string): string => {
    const path = join(dest, '2020', day);
    mkdirSync(path, { recursive: true });
    for (const end of ['', '.sha256']) writeFileSync(join(path, `${name}${end}`), '');
    return join('2020', day, name);
  };
  const first = old('01-01', 'codex-api-2020-01-01T000000Z.tar.gz');
  const second = old('01-02', 'codex-api-2020-01-02T000000Z.tar.gz.gpg');
  const other = old('01-01', 'codex-api-prod-2020-01-01T000000Z.tar.gz');
  const stranger = old('01-01', 'notes.tar.gz');
  const args = ['--source', source, '--dest', dest, '--prune', '--keep', '2'];

  const dry = await operate('backup.ts', [...args, '--dry-run']);
  expect(dry.stdout.match(/would remove \S+/g)).toEqual([`would remove ${join(dest, first)}`]);
  expect((await operate('backup.ts', args)).code).toBe(0);
  expect([first, second, other, stranger].map((path) => existsSync(join(dest, path)))).toEqual([
    false,
    true,
    true,
    true,
  ]);
  expect(existsSync(join(dest, `${first}.sha256`))).toBe(false);

  const tar = stub('tar', "process.stderr.write('disk full\\n'); process.exitCode = 2;");
  const failed = await operate('backup.ts', [...args.slice(0, -1), '1'], { env: { PATH: tar.path } });
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/tar ended with 2: disk full/)]);
  expect(existsSync(join(dest, second))).toBe(true);
});

test('P-274 what is not possible is refused before anything is written', async () => {
  const folder = scratch();
  const source = home(folder);
  const dest = join(folder, 'backups');
  const refused = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    const ended = await operate('backup.ts', ['--source', source, '--dest', dest, ...args], { env });
    expect([ended.code, ended.stdout, existsSync(dest)]).toEqual([2, '', false]);
    return ended.stderr;
  };
  expect(await refused(['--keep', '0'])).toMatch(/--keep "0": expected a whole number/);
  expect(await refused(['--suffix', '../up'])).toMatch(/--suffix .*: expected a word/);
  expect(await refused(['--encrypt'])).toMatch(/set CODEX_BACKUP_GPG_KEY/);
  expect(await refused(['--source', join(folder, 'none')])).toMatch(/none is not a folder/);
  if (statSync(folder).dev === statSync('/').dev)
    expect(await refused(['--mount-check'])).toMatch(/nothing is mounted at/);
  // Where something is mounted on every Linux.
  if (existsSync('/dev/shm') && statSync('/dev/shm').dev !== statSync('/').dev) {
    const args = ['--source', source, '--dest', '/dev/shm/codex-actors-none', '--mount-check', '--dry-run'];
    const planned = await operate('backup.ts', args);
    expect([planned.code, planned.stdout]).toEqual([0, expect.stringContaining('/dev/shm/codex-actors-none/')]);
  }
});

test.runIf(onPath('gpg'))(
  'P-274 an encrypted backup comes back with its passphrase, and not with another one',
  async () => {
    const folder = scratch();
    const source = home(folder);
    const dest = join(folder, 'backups');
    const env = { CODEX_BACKUP_GPG_KEY: 'a passphrase of this test' };
    const { code, stdout, stderr } = await operate('backup.ts', ['--source', source, '--dest', dest, '--encrypt'], {
      env,
    });
    expect([code, stderr]).toEqual([0, '']);
    const archive = /into (\S+)/.exec(stdout)?.[1] ?? '';
    expect(archive).toMatch(/\.tar\.gz\.gpg$/);
    expect(readFileSync(archive, 'latin1')).not.toContain('of-the-account');

    const to = join(folder, 'restored');
    const wrong = await operate('restore.ts', [archive, '--to', to], { env: { CODEX_BACKUP_GPG_KEY: 'not that one' } });
    expect([wrong.code, wrong.stderr, existsSync(to)]).toEqual([
      1,
      expect.stringMatching(/gpg ended with 2: .*decryption failed/),
      false,
    ]);
    expect(wrong.stderr + wrong.stdout + stdout).not.toMatch(/passphrase of this test|not that one/);
    expect((await operate('restore.ts', [archive, '--to', to], { env })).code).toBe(0);
    expect(contents(to)).toEqual(contents(source));
    expect(readdirSync(folder).toSorted()).toEqual(['.codex-api', 'backups', 'restored']);
  },
);
