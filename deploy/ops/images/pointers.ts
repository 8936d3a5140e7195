/**
 * What a rollback goes back to when nobody says what: `codex-latest-<env>.iid`, `.tag` and `.tarpath` in BACKUP_DIR. Invariant: a
 * pointer is replaced whole.
 */

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Environment, firstOf } from '../environment.ts';
import { given } from '../homes.ts';

export interface Pointers {
  readonly id: string | undefined;
  readonly tag: string | undefined;
  readonly tar: string | undefined;
}

const files = { id: 'iid', tag: 'tag', tar: 'tarpath' } as const;

export function backupFolder(env: Environment): string {
  const named = firstOf(env, 'BACKUP_DIR');
  return named === undefined ? join(homedir(), '.cache/codex-backups') : given(named);
}

const fileOf = (folder: string, stack: string, name: keyof Pointers): string =>
  join(folder, `codex-latest-${stack}.${files[name]}`);

export function readPointers(folder: string, stack: string): Pointers {
  const read = (name: keyof Pointers): string | undefined => {
    try {
      return readFileSync(fileOf(folder, stack, name), 'utf8').trim() || undefined;
    } catch {
      return undefined;
    }
  };
  return { id: read('id'), tag: read('tag'), tar: read('tar') };
}

export function writePointers(folder: string, stack: string, pointers: Pointers): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of ['id', 'tag', 'tar'] as const) {
    const file = fileOf(folder, stack, name);
    const value = pointers[name];
    if (value === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    writeFileSync(`${file}.new`, value);
    renameSync(`${file}.new`, file);
  }
}
