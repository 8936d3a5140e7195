/** What git says about this checkout: staged files as they would be committed, tracked files as they are. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../environment.ts';
import { mustRun } from '../run.ts';

export const git = (...args: readonly string[]): Promise<string> => mustRun('git', ['-C', root, ...args]);

const namesIn = (output: string): readonly string[] => output.split('\0').filter((name) => name !== '');

export interface File {
  readonly path: string;
  readonly read: () => Promise<string>;
}

export async function stagedFiles(): Promise<readonly File[]> {
  const names = namesIn(await git('diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'));
  return names.map((path) => ({ path, read: () => git('show', `:${path}`) }));
}

export async function trackedFiles(): Promise<readonly File[]> {
  const names = namesIn(await git('ls-files', '-z'));
  return names.map((path) => ({ path, read: () => Promise.resolve(readFileSync(join(root, path), 'latin1')) }));
}
