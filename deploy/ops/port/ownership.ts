/**
 * Whether the user of the containers can write the folders that they mount. Invariant: it only looks. A folder that is missing is
 * wrong, too: Docker would make it for root.
 */

import { statSync } from 'node:fs';
import { type Environment, numberOf } from '../environment.ts';
import { ofProject, prodHome } from '../homes.ts';

interface Owned {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

export interface User {
  readonly uid: number;
  readonly gid: number;
}

const idMax = 2 ** 31 - 1;

/** As in docker-compose.yml. */
export const containerUser = (env: Environment): User => ({
  uid: numberOf(env, 'CODEX_UID', 1000, 0, idMax),
  gid: numberOf(env, 'CODEX_GID', 1000, 0, idMax),
});

/** Without capabilities root has no more rights than others. */
export function writes({ uid, gid }: User, folder: Owned): boolean {
  const shift = folder.uid === uid ? 6 : folder.gid === gid ? 3 : 0;
  return ((folder.mode >> shift) & 0o3) === 0o3;
}

/** Null: all is well. */
export function ownershipWarning(user: User): string | null {
  const wrong = [prodHome, '.data'].filter((name) => {
    const found = statSync(ofProject(name), { throwIfNoEntry: false });
    return found === undefined || !found.isDirectory() || !writes(user, found);
  });
  if (wrong.length === 0) return null;
  return `${wrong.join(' and ')}: not there, or not writable for uid ${user.uid}, which the containers run as: mkdir -p .data && chown -R ${user.uid}:${user.gid} ${wrong.join(' ')}`;
}
