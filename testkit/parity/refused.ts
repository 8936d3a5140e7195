/** A gateway that is not meant to start: how it ends, and what it says. Invariant: it ends, within twenty seconds. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';

const main = join(import.meta.dirname, '../../http/main.ts');

export interface Refused {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With this environment and no other. */
export function refused(env: Readonly<Record<string, string>>, args: readonly string[] = []): Refused {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
  });
  return { status, stdout, stderr };
}
