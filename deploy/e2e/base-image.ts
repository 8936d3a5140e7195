/**
 * The base image that the Dockerfile names: pulled, or where no registry of images can be reached, a stand-in under the same name,
 * made of Debian's packages, this Node and this npm. Invariant: what only a network that re-signs TLS needs is in the
 * stand-in, never in the Dockerfile.
 */

import { appendFileSync, chownSync, cpSync, existsSync, mkdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { dockerClient } from './engine.ts';
import { debianMirror, findProgram } from './packages.ts';
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

async function rootFileSystem(folder: string): Promise<void> {
  const args = ['--variant=minbase', '--include=ca-certificates,libstdc++6', 'bookworm', folder, await debianMirror()];
  await run('debootstrap', args, { limitSeconds: 300 });
  rmSync(join(folder, 'var/cache/apt/archives'), { recursive: true, force: true });
  rmSync(join(folder, 'var/lib/apt/lists'), { recursive: true, force: true });
  // As in the image that it stands for: Node, npm and a user of that name.
  cpSync(process.execPath, join(folder, 'usr/local/bin/node'));
  const modules = join(folder, 'usr/local/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  cpSync(await npmFolder(), join(modules, 'npm'), { recursive: true });
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(folder, 'usr/local/bin', name));
  appendFileSync(join(folder, 'etc/passwd'), 'node:x:1000:1000::/home/node:/bin/bash\n');
  appendFileSync(join(folder, 'etc/group'), 'node:x:1000:\n');
  mkdirSync(join(folder, 'home/node'), { recursive: true });
  chownSync(join(folder, 'home/node'), 1000, 1000);
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
