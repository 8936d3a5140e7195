/** An npm script as a user starts it. Invariant: whatever a test does, neither the process nor its folder outlives it. */

import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { defective } from '../gateway.ts';
import { Lines } from '../gateway-lines.ts';

const root = join(import.meta.dirname, '../..');
const withinMs = 20_000;

export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'codex-actors-script-'));
  // A process that was killed just now may still be writing.
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
  return folder;
};

export const notCloned: ReadonlySet<string> = new Set([
  'node_modules',
  '.git',
  'coverage',
  'test-results',
  '.data',
  '.lock',
  '.env',
]);

/** A copy of the project as it is cloned, with the dependencies in their places. */
export function clone(): string {
  const copy = join(scratch(), 'clone');
  cpSync(root, copy, { recursive: true, filter: (path) => !notCloned.has(basename(path)) });
  for (const place of ['', 'deploy/node']) {
    const modules = join(root, place, 'node_modules');
    if (existsSync(modules)) symlinkSync(modules, join(copy, place, 'node_modules'));
  }
  return copy;
}

export interface Started {
  readonly lines: Lines;
  /** Where it listens. */
  readonly port: () => Promise<number>;
  /** SIGTERM to npm, and the code with which that ends. */
  readonly stop: () => Promise<number>;
  readonly ended: Promise<number>;
}

/** With nothing of the environment but `PATH`, `HOME` and what is given, and a folder of its own for what is temporary. */
export function npmScript(
  name: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Started {
  const child = spawn('npm', ['run', '--silent', name, '--', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TMPDIR: scratch(),
      LAUNCH_QUIET: '1',
      ...defective,
      ...env,
    },
  });
  const ended = new Promise<number>((resolve) => {
    child.once('close', (code, signal) => resolve(signal === null ? (code ?? 1) : 128));
  });
  const signal = (which: NodeJS.Signals): void => {
    try {
      process.kill(-(child.pid ?? 0), which);
    } catch {
      // The group is gone.
    }
  };
  onTestFinished(() => signal('SIGKILL'));
  const lines = new Lines(child, () => undefined);
  return {
    lines,
    ended,
    port: async () => {
      const found = await lines.until((line) => line.includes('listening on http://'), withinMs);
      return Number(/:(\d+)\/v1 /.exec(found)?.[1]);
    },
    stop: async () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
