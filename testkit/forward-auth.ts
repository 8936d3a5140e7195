/** The ForwardAuth service as it ships, in a process of its own. Invariant: it does not outlive who started it. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { Lines } from './gateway-lines.ts';

const main = join(import.meta.dirname, '../deploy/auth/main.ts');
const startMs = 10_000;

export interface ForwardAuth {
  readonly port: number;
  readonly lines: Lines;
  readonly exited: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
}

/** With this environment and no other; a free port unless it names one. */
export async function startForwardAuth(env: Readonly<Record<string, string>>): Promise<ForwardAuth> {
  const child = spawn(process.execPath, [main], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', ...env },
  });
  const seize = (): void => void child.kill('SIGKILL');
  process.once('exit', seize);
  const lines = new Lines(child, () => undefined);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const kill = async (): Promise<void> => {
    process.removeListener('exit', seize);
    seize();
    await exited;
  };
  try {
    const found = await lines.until((line) => line.includes('listening on http://'), startMs);
    const port = Number(/:(\d+)$/.exec(found.trim())?.[1]);
    return { port, lines, exited, signal: (name) => void child.kill(name), kill };
  } catch (error) {
    await kill();
    throw error;
  }
}
