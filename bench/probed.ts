/** A subject that can be asked what it holds and whether its loop stood still, see `probe.ts`. */

import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { temporaryFolder } from './processes.ts';
import type { Running, StartOptions, Subject } from './subject.ts';

export interface Memory {
  /** Anonymous pages: everything that is not a file. */
  readonly residentBytes: number;
  readonly heapBytes: number;
  readonly externalBytes: number;
}

export interface LoopDelay {
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Probed extends Running {
  /** After a collection of all garbage. */
  memory(): Promise<Memory>;
  /** Of the event loop, while `act` ran. */
  loopDelay<T>(act: () => Promise<T>): Promise<readonly [T, LoopDelay]>;
}

const probe = join(import.meta.dirname, 'probe.ts');

export async function startProbed(subject: Subject, options: StartOptions = {}): Promise<Probed> {
  const folder = temporaryFolder('codex-actors-probe-');
  const path = join(folder.path, 'socket');
  const ask = async (what: string): Promise<unknown> => {
    const socket = connect(path);
    socket.write(what);
    return JSON.parse(await text(socket)) as unknown;
  };
  try {
    const running = await subject.start({
      ...options,
      env: { ...options.env, BENCH_PROBE: path },
      nodeArgs: [...(options.nodeArgs ?? []), '--expose-gc', `--import=${probe}`],
    });
    return {
      ...running,
      memory: async () => (await ask('memory')) as Memory,
      async loopDelay(act) {
        await ask('watch');
        const result = await act();
        return [result, (await ask('loop')) as LoopDelay];
      },
      async stop() {
        await running.stop();
        folder.remove();
      },
    };
  } catch (error) {
    folder.remove();
    throw error;
  }
}
