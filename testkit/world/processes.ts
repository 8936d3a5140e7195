/**
 * All worker processes of a world, dead and alive, and the spawner that makes them. Invariant: every process that was ever
 * started is in the registry, under the slot and the epoch for which it was launched.
 */

import type { Channel, Clock } from '../../actors/seams.ts';
import type { Epoch, ResponseId, Slot } from '../../machines/ids.ts';
import type { WorkerLauncher } from '../../transport/launcher.ts';
import type { ProcessSpawner } from '../../transport/process.ts';
import { type LineWatch, MemoryProcess, type ProcessPlan } from './memory-process.ts';

export interface Birth {
  readonly slot: number;
  readonly epoch: number;
  /** Processes that were launched before it. */
  readonly index: number;
}

export interface ProcessesOptions {
  readonly clock: Clock;
  readonly seed: number;
  readonly plan: (birth: Birth) => ProcessPlan;
  readonly watch: LineWatch;
}

export class Processes {
  readonly all: MemoryProcess[] = [];
  /** Launches that never became a process. */
  stillborn = 0;
  /** The process that was told to produce a response. */
  readonly serving = new Map<ResponseId, MemoryProcess>();
  readonly #options: ProcessesOptions;
  #launches = 0;
  #birth: Birth = { slot: 0, epoch: 0, index: 0 };
  #plan: ProcessPlan = {};

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  get alive(): readonly MemoryProcess[] {
    return this.all.filter((process) => process.alive);
  }

  /** The program that the next launch finds; the launcher looks it up each time. */
  get binary(): string {
    return this.#plan.spawn === 'missing' ? '/nonexistent/codex' : process.execPath;
  }

  readonly spawner: ProcessSpawner = (_spec, events) => {
    const { clock, seed, watch } = this.#options;
    if (this.#plan.spawn === 'fails') {
      this.stillborn += 1;
      clock.schedule(0, () => events.exited({ code: null, signal: null, reason: 'spawn failed: EAGAIN' }));
      return { pid: null, write: () => true, end: () => undefined, kill: () => undefined };
    }
    const { slot, epoch, index } = this.#birth;
    const born = new MemoryProcess({
      pid: 1_000 + index,
      slot,
      epoch,
      seed: (seed + Math.imul(index + 1, 0x9e3779b1)) >>> 0,
      clock,
      events,
      plan: this.#plan,
      watch,
    });
    this.all.push(born);
    return born;
  };

  /** A launcher that notes which process is which, and which response it serves. */
  wrap(launcher: WorkerLauncher): WorkerLauncher {
    return {
      ...launcher,
      launch: (slot: Slot, epoch: Epoch): Channel => {
        this.#birth = { slot, epoch, index: this.#launches++ };
        this.#plan = this.#options.plan(this.#birth);
        if (this.#plan.spawn === 'missing') this.stillborn += 1;
        const before = this.all.length;
        const channel = launcher.launch(slot, epoch);
        const born = this.all[before];
        return {
          output: channel.output,
          facts: channel.facts,
          send: (command) => {
            if (command.type === 'turn.start' && born !== undefined) this.serving.set(command.response, born);
            channel.send(command);
          },
        };
      },
    };
  }
}
