/** The CLI that is driven without a gateway, as a process on the subject's core. */

import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { startPinned, stopChild, subjectCore } from '../processes.ts';

export interface Order {
  readonly model: string;
  /** A turn each. */
  readonly texts: readonly string[];
  readonly concurrent: number;
  /** All of them on one thread, one behind the other. */
  readonly oneThread: boolean;
}

type Answer = { readonly elapsedMs: number } | { readonly failure: string };

export interface CliAlone {
  readonly pid: number;
  /** Milliseconds. */
  run(order: Order): Promise<number>;
  stop(): Promise<void>;
}

export async function startCliAlone(env: Readonly<Record<string, string>>): Promise<CliAlone> {
  const child = startPinned(subjectCore, [join(import.meta.dirname, 'cli-alone-main.ts')], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', ...env },
  });
  const answer = async (): Promise<number> => {
    const ended = once(child, 'exit').then(([code]): [Answer] => [{ failure: `it ended with ${String(code)}` }]);
    const [told] = (await Promise.race([once(child, 'message'), ended])) as [Answer];
    if ('failure' in told) throw new Error(`the CLI alone: ${told.failure}`);
    return told.elapsedMs;
  };
  await answer();
  return {
    pid: child.pid ?? 0,
    run(order) {
      child.send(order);
      return answer();
    },
    stop: () => stopChild(child),
  };
}
