/** What a gateway holds of the system: processes, descriptors, memory. Read from /proc, so that it cannot be mistaken itself. */

import { readdirSync, readFileSync } from 'node:fs';
import type { Gateway } from '../gateway.ts';
import { heapFreeBytes } from '../memory-probe.ts';

/** Connections that a client keeps open for its next request are closed by then. */
const settledMs = 10_000;
const lookMs = 20;

/** Every child, those that have ended and were not asked for included. */
export const childPids = ({ pid }: Gateway): readonly number[] =>
  readdirSync(`/proc/${pid}/task`)
    .flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '))
    .filter((text) => text !== '')
    .map(Number);

/** 0 for what has ended. */
const groupOf = (pid: string): number => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , group] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? 0 : Number(group);
  } catch {
    return 0;
  }
};

/** The groups among these in which a process runs. */
export function livingGroups(groups: readonly number[]): readonly number[] {
  const known = new Set(groups);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/u.test(name));
  return [...new Set(pids.map(groupOf).filter((group) => known.has(group)))];
}

export const descriptors = ({ pid }: Gateway): number => readdirSync(`/proc/${pid}/fd`).length;

/** Resolves when what is looked at is as it should be; nobody tells of it, so this has to look again. */
export async function settled<T>(look: () => T, accepts: (seen: T) => boolean): Promise<void> {
  const deadline = performance.now() + settledMs;
  for (let seen = look(); !accepts(seen); seen = look()) {
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(seen)}: ${accepts.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

/** For `NODE_OPTIONS` comes `memory-probe.ts`. Without mapped files, and without the part of the heap that is empty. */
export async function heldBytes(gateway: Gateway): Promise<number> {
  const before = gateway.lines.all.length;
  gateway.signal('SIGUSR2');
  const line = await gateway.lines.until((text) => text.startsWith(heapFreeBytes), 10_000, before);
  const status = readFileSync(`/proc/${gateway.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) * 1_024 - Number(line.split('=')[1]);
}
