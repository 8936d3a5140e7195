/** Runs a program to its end, without a shell. Invariant: it has a time limit, and a failure says what it has written last. */

import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly input?: string;
  readonly limitSeconds?: number;
}

const tailChars = 4_000;

const running = new Set<ChildProcess>();
let stopped = false;

/** Ends what runs and lets nothing else begin, so that whoever waits for it fails. */
export function stopRuns(): void {
  stopped = true;
  for (const child of running) child.kill('SIGTERM');
}

/** For cleaning up. */
export function allowRuns(): void {
  stopped = false;
}

/** However it ends. */
export function tryRun(command: string, args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { env = process.env, cwd, input = '', limitSeconds = 120 } = options;
  return new Promise((resolve, reject) => {
    if (stopped) {
      reject(new Error(`${command} was not started any more`));
      return;
    }
    const child = spawn(command, args, { env, ...(cwd === undefined ? {} : { cwd }), stdio: 'pipe' });
    running.add(child);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    const limit = setTimeout(() => {
      err.push(Buffer.from(`\nover its limit of ${limitSeconds} s`));
      child.kill('SIGKILL');
    }, limitSeconds * 1000);
    child.once('error', (error) => {
      running.delete(child);
      clearTimeout(limit);
      reject(new Error(`${command} could not be started: ${error.message}`));
    });
    child.once('close', (code) => {
      running.delete(child);
      clearTimeout(limit);
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** What it has written to stdout; rejects unless it ends with 0. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await tryRun(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(' ')}: exit ${code}\n${`${stdout}${stderr}`.slice(-tailChars)}`);
}
