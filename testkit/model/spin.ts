/**
 * Runs Spin over a Promela model and reads its counts: exhaustive, without partial order reduction. Invariant: what was not
 * searched to its end, and whatever Spin calls an error, is thrown; and nothing is left behind.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SpinOptions {
  /** Steps of the longest run without a repetition; the number of states is always enough. */
  readonly depthMax: number;
  readonly memoryMiB: number;
}

export interface SpinCounts {
  readonly states: number;
  readonly edges: number;
}

const missing = 'Spin and a C compiler are needed, as from: apt-get install -y spin gcc libc6-dev';

const run = (command: string, args: readonly string[], cwd: string): string => {
  const { error, status, signal, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT')
    throw new Error(`spin: no ${command}. ${missing}`);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`spin: ${command} ended with ${status ?? signal}\n${stdout}${stderr}`);
  return stdout;
};

const figure = (report: string, pattern: RegExp): number => {
  const found = pattern.exec(report)?.[1];
  if (found === undefined) throw new Error(`spin: no ${pattern.source} in its report\n${report}`);
  return Number(found);
};

export const spinInstalled = (): boolean =>
  ['spin', 'gcc'].every((command) => spawnSync(command, ['--version']).error === undefined);

/**
 * The counts without Spin's own initial state. Spin calls a transition whatever reaches a state: the initial state counts as
 * one, and so does the step out of it, in which the actors start.
 */
export const spin = (model: string, { depthMax, memoryMiB }: SpinOptions): SpinCounts => {
  const folder = mkdtempSync(join(tmpdir(), 'spin-'));
  try {
    writeFileSync(join(folder, 'model.pml'), model);
    // -o: variables are kept as they are, statements are not merged.
    run('spin', ['-a', '-o1', '-o2', '-o3', 'model.pml'], folder);
    const flags = ['-O0', '-w', '-DSAFETY', '-DNOREDUCE', '-DVECTORSZ=4096', `-DMEMLIM=${memoryMiB}`];
    run('gcc', [...flags, '-o', 'pan', 'pan.c'], folder);
    // A step has three parts at most, each of which is as deep as a step.
    const report = run(join(folder, 'pan'), ['-n', '-b', `-m${depthMax * 40 + 1_000}`], folder);
    if (figure(report, /errors: (\d+)/u) !== 0 || /not completed|error:/iu.test(report))
      throw new Error(`spin: not without an error\n${report}`);
    return {
      states: figure(report, /(\d+) states, stored/u) - 1,
      edges: figure(report, /(\d+) transitions \(= stored\+matched\)/u) - 2,
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
};
