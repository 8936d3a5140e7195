/**
 * A Docker daemon of our own: images, containers and sockets in a scratch folder, so that another daemon of this machine and what
 * belongs to it is never touched. Invariant: `stop` takes every container and network along, and leaves nothing mounted.
 */

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { findProgram } from './packages.ts';
import { run, tryRun } from './run.ts';

export interface Engine {
  /** For children that call `docker`. */
  readonly env: Readonly<Record<string, string>>;
  /** Resolves when it serves. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const debians = '/usr/bin/docker';

/** Debian's client has BuildKit built in; another one that is first in PATH may not. */
export const dockerClient = (): string => (existsSync(debians) ? debians : 'docker');

/** Those whose root is below `folder`. */
const processesIn = (folder: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readlinkSync(`/proc/${name}/root`).startsWith(`${folder}/`);
      } catch {
        return false;
      }
    })
    .map(Number);

const startMs = 30_000;
const stopMs = 20_000;

/** Also what a program that was killed had mounted. Nothing is removed through a mount. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const ours = mounts.map((line) => line.split(' ')[1] ?? '').filter((path) => path.startsWith(`${folder}/`));
  for (const path of ours.toReversed()) await tryRun('umount', ['-l', path]);
}

/** Started, and to be stopped from then on; whether it serves is what `ready` says. */
export function startEngine(folder: string): Engine {
  for (const name of ['data', 'exec', 'config']) mkdirSync(join(folder, name), { recursive: true });
  const [socket, pidFile, logFile] = [join(folder, 'sock'), join(folder, 'pid'), join(folder, 'log')];
  const log = openSync(logFile, 'w');
  const daemon = spawn(
    findProgram('dockerd') ?? 'dockerd',
    ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec'), '-H', `unix://${socket}`, '-p', pidFile],
    { stdio: ['ignore', log, log], detached: true },
  );
  let ended = false;
  const closed = new Promise<void>((resolve) => {
    daemon.once('error', () => resolve());
    daemon.once('close', () => resolve());
  }).then(() => {
    ended = true;
  });
  const env = {
    DOCKER_HOST: `unix://${socket}`,
    DOCKER_CONFIG: join(folder, 'config'),
    ...(existsSync(debians) ? { DOCKER_BUILDKIT: '1' } : {}),
    DEPLOY_DOCKER: dockerClient(),
  };
  const docker = (...args: string[]) => tryRun(env.DEPLOY_DOCKER, args, { env: { ...process.env, ...env } });

  async function stop(): Promise<void> {
    if (!ended) {
      const { stdout } = await docker('ps', '-aq');
      const containers = stdout.split('\n').filter((id) => id !== '');
      if (containers.length > 0) await docker('rm', '-f', ...containers);
      await docker('network', 'prune', '-f');
      daemon.kill('SIGTERM');
      await Promise.race([closed, wait(stopMs, undefined, { ref: false })]);
      if (!ended) daemon.kill('SIGKILL');
      await closed;
    }
    // Steps of a build that was broken off go on without their daemon.
    for (const pid of processesIn(folder)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
    await unmountBelow(folder);
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }

  async function ready(): Promise<void> {
    for (const started = Date.now(); (await docker('info')).code !== 0; await wait(100)) {
      if (!ended && Date.now() - started < startMs) continue;
      throw new Error(`dockerd does not start here\n${readFileSync(logFile, 'utf8').slice(-4_000)}`);
    }
    await run(env.DEPLOY_DOCKER, ['version'], { env: { ...process.env, ...env } });
  }
  return { env, ready, stop };
}
