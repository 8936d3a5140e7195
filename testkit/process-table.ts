/**
 * Which processes run, from /proc. A process is known by its id and the time it started, so that a later one under the
 * same id is never taken for it, and never killed in its place.
 */

import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

export interface Pid {
  readonly pid: number;
  /** In clock ticks since boot. */
  readonly startedAt: string;
}

interface Row extends Pid {
  readonly parent: number;
  readonly state: string;
}

const goneMs = 5_000;
const lookMs = 5;

function row(pid: number): Row | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The command's name, in brackets, may hold blanks and brackets itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { pid, state: fields[0] ?? '', parent: Number(fields[1]), startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** A zombie has ended; its parent has only not asked yet. */
export function alive({ pid, startedAt }: Pid): boolean {
  const now = row(pid);
  return now !== undefined && now.startedAt === startedAt && now.state !== 'Z' && now.state !== 'X';
}

/** Undefined when there is none under that id. */
export function processOf(pid: number): Pid | undefined {
  const found = row(pid);
  return found && { pid, startedAt: found.startedAt };
}

export function childrenOf(parent: number): readonly Pid[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => row(Number(name)) ?? [])
    .filter((one) => one.parent === parent && one.state !== 'Z' && one.state !== 'X')
    .map(({ pid, startedAt }) => ({ pid, startedAt }));
}

export function seize(victim: Pid): void {
  if (alive(victim)) process.kill(victim.pid, 'SIGKILL');
}

/** Resolves when none of them runs. The kernel tells only parents of an end, so this one wait has to look again. */
export async function gone(those: readonly Pid[], timeoutMs: number = goneMs): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const left = those.filter(alive);
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`still running: ${left.map(({ pid }) => pid).join(', ')}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
