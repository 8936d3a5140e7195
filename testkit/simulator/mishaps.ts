/**
 * What befalls processes from outside: at their birth, and at any time of their life. Each has the name under which the
 * report counts it.
 */

import type { Random } from '../app-server/random.ts';
import type { MemoryProcess, ProcessPlan } from '../world/memory-process.ts';

type BirthFault = (random: Random) => ProcessPlan;

const births: Readonly<Record<string, BirthFault>> = {
  'birth.missing': () => ({ spawn: 'missing' }),
  'birth.fails': () => ({ spawn: 'fails' }),
  'birth.dies': () => ({ server: { faults: { crashAfterLines: 1 } } }),
  'birth.version': () => ({ server: { version: '0.1.0' } }),
  'birth.refuses': () => ({
    server: { rules: [{ method: 'initialize', times: 9, act: { code: -32_603, message: 'no' } }] },
  }),
  'birth.ignores': () => ({ server: { rules: [{ method: 'initialize', times: 9, act: 'ignore' }] } }),
  'birth.silent': () => ({ server: { neverReady: true } }),
  'birth.slow': (random) => ({ server: { readyDelayMs: 1_000 + random.below(9_000) } }),
  'birth.short_lived': (random) => ({ server: { faults: { crashAfterLines: 20 + random.below(2_000) } } }),
  'birth.narrow_pipe': (random) => ({
    stdinBytesMax: 200 + random.below(4_000),
    stdin: { delayMs: 40, splitChance: 0.5 },
  }),
  'birth.reorders': (random) => ({ server: { reorder: true, unloadDelayMs: random.below(900) } }),
  'birth.same_ids': () => ({ sameIds: true }),
  'birth.undying': (random) => ({ killMs: random.below(6_000) }),
  'birth.fragments': () => ({ stdout: { delayMs: 9, splitChance: 0.8 } }),
};

/** Calls `later` when it is over. */
type Mishap = (process: MemoryProcess, random: Random, later: (delayMs: number, end: () => void) => void) => void;

const mishaps: Readonly<Record<string, Mishap>> = {
  'life.killed': (process) => process.die(null, 'SIGKILL', true),
  'life.ends': (process) => process.die(0, null),
  'life.stdout_closes': (process) => process.closeStdout(),
  'life.stdin_closes': (process) => process.closeStdin(),
  'life.freezes': (process, random, later) => {
    process.freeze();
    later(random.below(9_000), () => process.thaw());
  },
  'life.stops': (process) => process.freeze(),
  'life.deaf': (process, random, later) => {
    process.deafen();
    later(random.below(9_000), () => process.listen());
  },
};

export const birthKinds: readonly string[] = Object.keys(births);
export const mishapKinds: readonly string[] = Object.keys(mishaps);

export const planBirth = (kind: string, random: Random): ProcessPlan => {
  const plan = births[kind];
  if (plan === undefined) throw new Error(`no such birth: ${kind}`);
  return plan(random);
};

export const befall = (kind: string, ...[process, random, later]: Parameters<Mishap>): void => {
  const happen = mishaps[kind];
  if (happen === undefined) throw new Error(`no such mishap: ${kind}`);
  happen(process, random, later);
};
