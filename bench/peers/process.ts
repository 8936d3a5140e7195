/**
 * A reference that is a Node program: says `listening PORT` on stdout when it serves, ends at SIGTERM. What it does not know
 * from its arguments it has from its environment.
 */

import { createInterface } from 'node:readline';
import process from 'node:process';
import { childrenOf } from '../../testkit/process-table.ts';
import { helperCore, startPinned, stopChild, subjectCore } from '../processes.ts';
import type { Running, StartOptions } from '../subject.ts';

const startMs = 60_000;

/** `args`: the program and its arguments. Shims that it starts are its children and pin themselves to the other core. */
export async function startProgram(
  args: readonly string[],
  { env = {}, nodeArgs = [], core = subjectCore }: StartOptions = {},
): Promise<Running> {
  const child = startPinned(core, [...nodeArgs, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', FAKE_CODEX_BENCH_CORE: helperCore, ...env },
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      const fail = (why: string): void => reject(new Error(`${args.join(' ')} did not start: ${why}`));
      const late = setTimeout(() => fail(`not within ${startMs} ms`), startMs);
      child.once('close', () => fail('it ended'));
      if (child.stdout === null) return fail('it has no stdout');
      createInterface({ input: child.stdout }).on('line', (line) => {
        const found = /^listening (\d+)$/.exec(line);
        if (found === null) return;
        clearTimeout(late);
        resolve(Number(found[1]));
      });
    });
    const pid = child.pid ?? 0;
    return {
      port,
      pids: [pid],
      shims: () => childrenOf(pid).map((one) => one.pid),
      headers: {},
      stop: () => stopChild(child),
    };
  } catch (error) {
    await stopChild(child);
    throw error;
  }
}
