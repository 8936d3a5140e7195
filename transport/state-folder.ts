/**
 * The databases of one worker: they grow with every turn and nobody needs them, so each process has a folder of its own that
 * goes with it. The name tells whose it is, so that a gateway that was killed leaves nothing behind for ever; it begins in a
 * way that no stranger's does, because the base folder is shared.
 */

import { promises } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

const { readdir, rm, stat } = promises;

const prefix = 'codex-actors-worker-';
const host = hostname().replaceAll(/[^A-Za-z0-9]/gu, '_') || 'host';
/** A process id alone comes back, after the restart of a container for one. */
const startedAt = Math.floor(performance.timeOrigin);

export const stateFolder = (base: string, slot: number, epoch: number): string =>
  join(base, `${prefix}${host}-${process.pid}-${startedAt}-${slot}-${epoch}`);

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** Removes what processes of this host left behind that are no more. */
export const removeStaleStateFolders = async (base: string): Promise<void> => {
  for (const name of await readdir(base).catch(() => [])) {
    const match = name.startsWith(prefix) ? /^(\w+)-(\d+)-(\d+)-\d+-\d+$/u.exec(name.slice(prefix.length)) : null;
    if (match === null || match[1] !== host) continue;
    const pid = Number(match[2]);
    const ours = pid === process.pid;
    if (ours ? Number(match[3]) !== startedAt : !alive(pid)) await removeStateFolder(join(base, name));
  }
};

/** Never rejects; the folder is disposable, and the next start tries again. */
export const removeStateFolder = async (path: string): Promise<void> => {
  await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
};

/** Bytes of the files in the folder; 0 when it cannot be read. */
export const stateBytes = async (path: string): Promise<number> => {
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(join(path, name)).catch(() => null))?.size ?? 0),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
};
