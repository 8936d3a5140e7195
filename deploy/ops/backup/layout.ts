/**
 * Where backups lie: `<dest>/YYYY/MM-DD/codex-api[-suffix]-<time>.tar.gz`, `.gpg` behind it when encrypted, and a checksum beside
 * each. Invariant: what is found or removed has exactly such a name in exactly such a folder; strangers are left alone.
 */

import { readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isFolder } from '../homes.ts';
import { stamp, stampPattern } from '../moment.ts';

export interface Backup {
  readonly path: string;
  readonly suffix: string | undefined;
  readonly stamp: string;
}

const name = new RegExp(String.raw`^codex-api(?:-(.+))?-(${stampPattern})\.tar\.gz(?:\.gpg)?$`, 'u');

export function backupPath(dest: string, suffix: string | undefined, now: Date, encrypted: boolean): string {
  const time = stamp(now);
  const [year = '', month = '', day = ''] = time.slice(0, 10).split('-');
  const file = `codex-api${suffix === undefined ? '' : `-${suffix}`}-${time}.tar.gz${encrypted ? '.gpg' : ''}`;
  return join(dest, year, `${month}-${day}`, file);
}

const folders = (parent: string, shape: RegExp): readonly string[] =>
  isFolder(parent) ? readdirSync(parent).filter((each) => shape.test(each) && isFolder(join(parent, each))) : [];

/** The newest first. */
export function backupsIn(dest: string): readonly Backup[] {
  return folders(dest, /^\d{4}$/u)
    .flatMap((year) => folders(join(dest, year), /^\d{2}-\d{2}$/u).map((day) => join(dest, year, day)))
    .flatMap((folder) =>
      readdirSync(folder).flatMap((file) => {
        const [, suffix, time] = name.exec(file) ?? [];
        return time === undefined ? [] : [{ path: join(folder, file), suffix, stamp: time }];
      }),
    )
    .toSorted((one, other) => (one.stamp < other.stamp ? 1 : one.stamp > other.stamp ? -1 : 0));
}

/** Those beyond the newest `keep` of the same suffix; another suffix is another history. */
export const surplus = (all: readonly Backup[], suffix: string | undefined, keep: number): readonly Backup[] =>
  all.filter((backup) => backup.suffix === suffix).slice(keep);

/** The folders of a day and of a year, once they are empty. */
export function removeEmptyFolders({ path }: Backup): void {
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    if (readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

/** Whether a path that need not be there yet lies on another file system than `/`: something is mounted there. */
export function isMounted(path: string, deviceOf = (each: string): number => statSync(each).dev): boolean {
  for (let each = path; ; each = dirname(each)) {
    try {
      return deviceOf(each) !== deviceOf('/');
    } catch {
      if (each === dirname(each)) return false;
    }
  }
}
