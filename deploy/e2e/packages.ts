/**
 * Programs from Debian. Invariants: what is there is not installed again, no service is started by an install, and the
 * system's own sources of packages stay as they are.
 */

import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import process from 'node:process';
import { run } from './run.ts';

/** Where Debian keeps what only root needs. */
const systemFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Of somebody who became root without its PATH, too: what is started by its name is found where it was looked for. */
export const wholePath = (path = process.env['PATH'] ?? ''): string =>
  [...new Set([...path.split(delimiter), ...systemFolders])].filter((folder) => folder !== '').join(delimiter);

export function findProgram(name: string): string | null {
  for (const folder of wholePath().split(delimiter)) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** In run level 1 `invoke-rc.d` starts nothing. */
const quiet = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };

/** systemd does not look at run levels; Debian's maintainer scripts ask this file first. */
export async function withoutServices(
  work: () => Promise<unknown>,
  { systemd = '/run/systemd/system', policy = '/usr/sbin/policy-rc.d' } = {},
): Promise<void> {
  const ours = existsSync(systemd) && !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await work();
  } finally {
    if (ours) rmSync(policy, { force: true });
  }
}

let updated: Promise<unknown> | null = null;

/** The lists of packages, which a fresh machine does not have. */
export async function updateOnce(): Promise<void> {
  updated ??= run('apt-get', ['update', '-qq'], { env: quiet, limitSeconds: 120 });
  await updated;
}

/** `programs` tells by its program whether a package is there. Returns those that were installed. */
export async function install(programs: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const missing = [
    ...new Set(
      Object.entries(programs)
        .filter(([program]) => findProgram(program) === null)
        .map(([, name]) => name),
    ),
  ];
  if (missing.length === 0) return [];
  await updateOnce();
  const args = ['install', '-y', '-qq', '--no-install-recommends', ...missing];
  await withoutServices(() => run('apt-get', args, { env: quiet, limitSeconds: 300 }));
  return missing;
}

/** The mirror that this machine takes Debian itself from. */
async function debianMirror(): Promise<string> {
  const listed = await run('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  const found = listed.split('\n').find((uri) => uri !== '' && !uri.includes('security'));
  return (found ?? 'http://deb.debian.org/debian').replace(/\/$/, '');
}

/** One package of Debian 13, unpacked into `folder`; nothing is installed. */
export async function unpackFromTrixie(name: string, folder: string): Promise<void> {
  const [sources, lists, cache, archive] = ['sources', 'lists', 'cache', 'archive'].map((one) => join(folder, one));
  for (const path of [sources, lists, cache, archive]) mkdirSync(path ?? '', { recursive: true });
  const source = [
    'Types: deb',
    `URIs: ${await debianMirror()}`,
    'Suites: trixie',
    'Components: main',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
  ];
  writeFileSync(join(sources ?? '', 'trixie.sources'), `${source.join('\n')}\n`);
  const options = {
    'Dir::Etc::SourceList': '/dev/null',
    'Dir::Etc::SourceParts': sources,
    'Dir::State::Lists': lists,
    'Dir::Cache': cache,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
  };
  const args = Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await run('apt-get', [...args, 'update', '-qq'], { limitSeconds: 120 });
  await run('apt-get', [...args, 'download', '-qq', name], { cwd: archive ?? '', limitSeconds: 120 });
  const [deb] = readdirSync(archive ?? '');
  if (deb === undefined) throw new Error(`Debian 13 has no package ${name}`);
  await run('dpkg-deb', ['-x', join(archive ?? '', deb), folder]);
}
