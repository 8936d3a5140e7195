/**
 * Processes on their cores, their folders, and what they use. Invariant: what was started or made here is over when the benchmark is,
 * however it ends: Ctrl-C leaves no process and no folder.
 */

import { type ChildProcess, spawn, spawnSync, type StdioOptions } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { childrenOf, type Pid, processOf, seize } from '../testkit/process-table.ts';

/** The subject has one for itself; client and shims share the other. */
export const subjectCore = '0';
export const helperCore = '1';

const stopMs = 10_000;

/** All threads of this process; what it starts afterwards is where it is told to be. */
export function pinSelf(core: string): void {
  const { status, error, stderr } = spawnSync('taskset', ['-acp', core, String(process.pid)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`core ${core} cannot be had: ${error?.message ?? stderr.trim()}`);
}

/** Asked once, before anything is measured: a process that is told its core has it, and no other. In words. */
export function checkCores(): string {
  for (const core of [subjectCore, helperCore]) {
    const look = ['-c', core, process.execPath, '-p', `fs.readFileSync('/proc/self/status', 'latin1')`];
    const { stdout, status, error, stderr } = spawnSync('taskset', look, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`core ${core} cannot be had: ${error?.message ?? stderr.trim()}`);
    if (!new RegExp(`^Cpus_allowed_list:\\s+${core}$`, 'm').test(stdout))
      throw new Error(`what is told to be on core ${core} is not`);
  }
  return `the server on core ${subjectCore}, workers and client on core ${helperCore}`;
}

/** With all that it has started, parents first. */
const familyOf = (parent: Pid): readonly Pid[] => [parent, ...childrenOf(parent.pid).flatMap(familyOf)];

/** What is to be done when this process ends before it has been; the latest first, so a process before the folder it writes to. */
const pending = new Set<() => void>();
process.once('exit', () => {
  for (const each of [...pending].toReversed()) each();
});

export interface Folder {
  readonly path: string;
  remove(): void;
}

/** For what is needed while the benchmark runs. */
export function temporaryFolder(prefix: string): Folder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  // Who has just been killed may still be writing.
  const clear = (): void => rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  pending.add(clear);
  return {
    path,
    remove() {
      pending.delete(clear);
      clear();
    },
  };
}

/** Node on a core of its own. */
export function startPinned(
  core: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly stdio: StdioOptions },
): ChildProcess {
  const child = spawn('taskset', ['-c', core, process.execPath, ...args], {
    env: options.env ?? process.env,
    stdio: options.stdio,
    serialization: 'json',
  });
  // A launcher that is killed cannot pass that on to what it has launched.
  const kill = (): void => {
    const own = child.pid === undefined ? undefined : processOf(child.pid);
    if (own !== undefined) for (const each of familyOf(own)) seize(each);
  };
  pending.add(kill);
  child.once('close', () => pending.delete(kill));
  return child;
}

/** SIGTERM, and SIGKILL for who does not listen. */
export async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), stopMs);
  await ended;
  clearTimeout(late);
}

/** CPU time that the threads of a process have used so far, in microseconds; those that have ended count no more. */
export function cpuMicros(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]) / 1_000;
    } catch {
      return sum;
    }
  }, 0);
}

const microsPerTick = 10_000;

/** Of children that have ended and were waited for; the kernel counts them in ticks. */
export function endedMicros(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return (Number(user) + Number(system)) * microsPerTick;
}

export const cpuMicrosOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuMicros(pid), 0);

/** Resident memory of a process in bytes: anonymous pages, without the files that all Nodes share. */
/** @public */
export function memoryBytes(pid: number): number {
  const found = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  return Number(found?.[1] ?? Number.NaN) * 1_024;
}
