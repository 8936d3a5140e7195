/** The suite's end of the load client. Invariant: one load at a time; a failure names the load. */

import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { FromClient, Load, Report, ToClient } from './client/messages.ts';
import { cpuMicrosOf, helperCore, startPinned, stopChild } from './processes.ts';
import type { Sample } from './rounds.ts';
import type { Running } from './subject.ts';

const main = join(import.meta.dirname, 'client/main.ts');

type Progress = (begun: number, over: number, seen: number) => void;

/** What happened while every stream flowed. */
export interface Flow {
  readonly deltas: number;
  readonly cpuMicros: number;
  readonly elapsedMicros: number;
}

export interface Measured {
  readonly report: Report;
  /** Of the subject, in microseconds; 0 without one. */
  readonly cpuMicros: number;
  /** Between the beginning of the last stream and the end of the first one; null: there was no such time. */
  readonly flow: Flow | null;
  readonly cpuShares: NonNullable<Sample['cpuShares']>;
}

class FlowWatch {
  readonly #streams: number;
  readonly #pids: readonly number[];
  #first: Flow | null = null;
  #last: Flow | null = null;

  constructor(streams: number, pids: readonly number[]) {
    this.#streams = streams;
    this.#pids = pids;
  }

  look(begun: number, over: number, seen: number): void {
    if (this.#streams === 0 || begun < this.#streams || over > 0) return;
    this.#last = { deltas: seen, cpuMicros: cpuMicrosOf(this.#pids), elapsedMicros: performance.now() * 1_000 };
    this.#first ??= this.#last;
  }

  flow(): Flow | null {
    if (this.#first === null || this.#last === null || this.#first === this.#last) return null;
    return {
      deltas: this.#last.deltas - this.#first.deltas,
      cpuMicros: this.#last.cpuMicros - this.#first.cpuMicros,
      elapsedMicros: this.#last.elapsedMicros - this.#first.elapsedMicros,
    };
  }
}

export class LoadClient {
  readonly #child: ChildProcess;
  #ids = 0;

  constructor() {
    this.#child = startPinned(helperCore, [main], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  run(
    load: Load,
    progress: Progress = () => {},
  ): Promise<{ readonly report: Report; readonly shimMicros: number | null }> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#child.off('message', hear);
        this.#child.off('close', gone);
        reject(new Error(`${load.kind}: ${why}`));
      };
      const gone = (): void => fail('the load client ended');
      const hear = (message: FromClient): void => {
        if (message.id !== id) return;
        if ('failure' in message) return fail(message.failure);
        if ('begun' in message) return progress(message.begun, message.over, message.seen);
        this.#child.off('message', hear);
        this.#child.off('close', gone);
        resolve(message);
      };
      this.#child.on('message', hear);
      this.#child.once('close', gone);
      this.#child.send({ id, load } satisfies ToClient);
    });
  }

  /** With what the subject and the shims used meanwhile. */
  async measure(load: Load, running: Running | null, progress: Progress = () => {}): Promise<Measured> {
    const pids = running?.pids ?? [];
    const shims = running?.shims() ?? [];
    const before = { subject: cpuMicrosOf(pids), shims: cpuMicrosOf(shims) };
    const flow = new FlowWatch(load.kind === 'streams' ? load.streams : 0, pids);
    const { report, shimMicros: own } = await this.run(load, (begun, over, seen) => {
      flow.look(begun, over, seen);
      progress(begun, over, seen);
    });
    const { elapsedMicros, clientCpuMicros } = report;
    const shimMicros = shims.length > 0 ? cpuMicrosOf(shims) - before.shims : own;
    return {
      report,
      cpuMicros: cpuMicrosOf(pids) - before.subject,
      flow: flow.flow(),
      cpuShares: {
        client: clientCpuMicros / elapsedMicros,
        ...(shimMicros === null ? {} : { shim: shimMicros / elapsedMicros }),
      },
    };
  }

  stop(): Promise<void> {
    return stopChild(this.#child);
  }
}
