/**
 * A client from npm as a process of its own: nothing of the environment but its home, which goes with the gateway.
 * Invariant: it runs as published, does not outlive its test, and a test that fails shows the end of what it wrote.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFailed, onTestFinished } from 'vitest';
import { childrenOf, seize } from '../process-table.ts';

const modules = join(import.meta.dirname, '../../node_modules');
const tailChars = 4_000;

export interface ClientRun {
  readonly code: number | null;
  readonly stdout: string;
}

/** `bin`: the file that the package names as its command. Only from within a test. */
export async function runClient(
  bin: string,
  args: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<ClientRun> {
  const child = spawn(process.execPath, [join(modules, bin), ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    stdout += more;
  });
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    stderr = (stderr + more).slice(-tailChars);
  });
  onTestFailed(() => {
    const printed = `stdout:\n${stdout.slice(-tailChars)}\nstderr:\n${stderr}`;
    process.stderr.write(`${bin} ended with ${child.signalCode ?? child.exitCode}\n${printed}\n`);
  });
  onTestFinished(async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      // The commands of some packages only start another program.
      for (const one of childrenOf(child.pid)) seize(one);
      child.kill('SIGKILL');
    }
    await exited;
  });
  const code = await exited;
  return { code, stdout };
}
