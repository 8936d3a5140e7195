/** The homes of Codex, and what in them may be passed on. Invariant: a sign-in never leaves its home by these scripts. */

import { statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { root } from './environment.ts';

export const devHome = '.codev';
export const prodHome = '.codex-api';

/** Configuration, not credentials. */
export const seedFiles: readonly string[] = ['config.toml', 'AGENTS.example.md'];

/** Of a path that an operator gives: from the project, where npm and the launcher start every script. */
export const given = (path: string, cwd = process.cwd()): string => (isAbsolute(path) ? path : join(cwd, path));

/** Of a name that the project chose. */
export const ofProject = (path: string): string => (isAbsolute(path) ? path : join(root, path));

export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
