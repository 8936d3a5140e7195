/** Where the figures were made: enough to judge them by, nothing that names the machine. */

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { loadUws } from '../http/uws.ts';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGibibytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly uws: string;
  /** Who runs where, as it was checked. */
  readonly placement?: string;
}

const git = (...args: readonly string[]): string => {
  try {
    return execFileSync('git', ['-C', join(import.meta.dirname, '..'), ...args], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
};

export const machine = (placement: string): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: cpus().length,
  memoryGibibytes: Math.round(totalmem() / 2 ** 30),
  kernel: release().split('-')[0] ?? '',
  node: process.versions.node,
  uws: loadUws().build,
  placement,
});

/** With a `+` where tracked files were changed. */
export const commit = (): string =>
  git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : '+');

export const today = (): string => new Date().toISOString().slice(0, 10);
