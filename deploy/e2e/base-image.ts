/**
 * The base image that the Dockerfile names: pulled, or where no registry of images can be reached, a stand-in under the same name,
 * made of Debian's packages, this Node and this npm. Invariant: what only a network that re-signs TLS needs is in the
 * stand-in, never in the Dockerfile.
 */

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { dockerClient } from './engine.ts';
import { findProgram, updateOnce } from './packages.ts';
import { run, tryRun } from './run.ts';

const pullSeconds = 45;
const bundle = 'etc/ssl/certs/ca-certificates.crt';

/** The name of the first stage, with the argument's default in the place of the argument. */
export function baseImageOf(dockerfile: string): string {
  const from = /^FROM\s+(\S+)/m.exec(dockerfile)?.[1] ?? '';
  const argument = /^\$\{?(\w+)\}?$/.exec(from)?.[1];
  if (argument === undefined) return from;
  return new RegExp(`^ARG\\s+${argument}=(\\S+)`, 'm').exec(dockerfile)?.[1] ?? '';
}

/** Of the npm that runs this, or that is installed beside the host's Node. */
async function npmFolder(): Promise<string> {
  const { npm_execpath: running } = process.env;
  const cli = running ?? realpathSync(findProgram('npm') ?? '/usr/bin/npm');
  const folder = dirname(dirname(realpathSync(cli)));
  if (!existsSync(join(folder, 'package.json'))) throw new Error(`there is no npm at ${folder}`);
  return folder;
}

/** What Node, the CLI and a shell need; a whole system takes ten times as long to put together. */
const packages = [
  ...['base-files', 'libc6', 'libgcc-s1', 'libstdc++6', 'libatomic1', 'dash', 'coreutils', 'findutils', 'grep', 'sed'],
  ...['libacl1', 'libattr1', 'libselinux1', 'libpcre2-8-0', 'libgmp10', 'libssl3'],
];

/** Packages still have these four beside `/usr`, where a system of today has links. */
function mergeUsr(folder: string): void {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    const [apart, merged] = [join(folder, name), join(folder, 'usr', name)];
    mkdirSync(merged, { recursive: true });
    if (existsSync(apart)) cpSync(apart, merged, { recursive: true, verbatimSymlinks: true });
    rmSync(apart, { recursive: true, force: true });
    symlinkSync(`usr/${name}`, apart);
  }
}

async function rootFileSystem(folder: string): Promise<void> {
  const archives = join(folder, 'archives');
  mkdirSync(archives, { recursive: true });
  await updateOnce();
  await run('apt-get', ['-o', 'APT::Sandbox::User=root', 'download', '-qq', ...packages], { cwd: archives });
  for (const archive of readdirSync(archives)) await run('dpkg-deb', ['-x', join(archives, archive), folder]);
  rmSync(archives, { recursive: true });
  mergeUsr(folder);
  // As in the image that it stands for: Node, npm and a user of that name.
  mkdirSync(join(folder, 'usr/local/bin'), { recursive: true });
  cpSync(process.execPath, join(folder, 'usr/local/bin/node'));
  const modules = join(folder, 'usr/local/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  cpSync(await npmFolder(), join(modules, 'npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, 'usr/local/bin', name));
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n');
  writeFileSync(join(folder, 'etc/group'), 'root:x:0:\nnode:x:1000:\n');
  mkdirSync(join(folder, 'home/node'), { recursive: true });
  chownSync(join(folder, 'home/node'), 1000, 1000);
  mkdirSync(join(folder, 'tmp'), { recursive: true });
  chmodSync(join(folder, 'tmp'), 0o1777);
  mkdirSync(dirname(join(folder, bundle)), { recursive: true });
  if (existsSync(`/${bundle}`)) cpSync(`/${bundle}`, join(folder, bundle), { dereference: true });
}

/** Where this machine's npm goes, for the one in the stand-in. */
async function registry(): Promise<string> {
  const { stdout } = await tryRun('npm', ['config', 'get', 'registry']);
  return stdout.trim();
}

export type BaseImage = 'was there' | 'pulled' | 'stand-in';

export async function ensureBaseImage(
  name: string,
  scratch: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<BaseImage> {
  const docker = dockerClient();
  if ((await tryRun(docker, ['image', 'inspect', name], { env })).code === 0) return 'was there';
  if ((await tryRun(docker, ['pull', '-q', name], { env, limitSeconds: pullSeconds })).code === 0) return 'pulled';
  const folder = join(scratch, 'base');
  try {
    await rootFileSystem(folder);
    const changes = [
      `ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      `ENV NODE_EXTRA_CA_CERTS=/${bundle}`,
      `ENV npm_config_registry=${await registry()}`,
      'CMD ["node"]',
    ];
    const archive = join(scratch, 'base.tar');
    await run('tar', ['-C', folder, '-cf', archive, '.'], { limitSeconds: 120 });
    await run(docker, ['import', ...changes.flatMap((change) => ['--change', change]), archive, name], { env });
    rmSync(archive);
    return 'stand-in';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
