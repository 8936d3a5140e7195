/**
 * A cell hosts one machine: it feeds it events, passes its commands on (to other cells, or to the edge that the cell was
 * given), and turns a failing action into the exit reason `bug` instead of an exception. Timers of the machine run on the
 * injected clock and re-enter through the system's run queue like every other event.
 */

import type { AnyStateMachine } from 'xstate';
import type { Address } from '../machines/links.ts';
import type { Command } from '../machines/protocol.ts';
import type { ChartEvent, Setting } from './chart-actions.ts';
import { ChartRun, type ChartRunOptions } from './chart-run.ts';
import type { Clock } from './seams.ts';
import { asError } from './thrown.ts';

/** What a cell needs of a machine; XState's own types of it are checked where the machine is defined. */
export type Machine = AnyStateMachine;

export interface CellSpec<M extends Machine> {
  readonly machine: M;
  readonly input: unknown;
  /** Commands that are nobody's event. */
  edge(command: Command): void;
  /** The machine or its edge threw, or reported a bug: the actor is gone. */
  failed(error: Error): void;
}

/** What all cells of a system share. */
export interface CellHouse {
  readonly clock: Clock;
  readonly run: (task: () => void) => void;
  /** False: the command is nobody's event. */
  readonly route: (command: Command) => boolean;
}

const none: readonly never[] = [];

export class Cell<M extends Machine = Machine> implements ChartRunOptions {
  readonly address: Address;
  readonly #spec: CellSpec<M>;
  readonly #house: CellHouse;
  readonly #run: ChartRun;
  #watchers: readonly (() => void)[] = none;
  #alive = true;

  constructor(address: Address, spec: CellSpec<M>, house: CellHouse) {
    this.address = address;
    this.#spec = spec;
    this.#house = house;
    this.#run = new ChartRun(this);
  }

  get machine(): M {
    return this.#spec.machine;
  }

  get input(): unknown {
    return this.#spec.input;
  }

  start(): void {
    this.#run.start();
  }

  hear(event: { readonly type: string }): void {
    if (this.#alive) this.#run.hear(event);
  }

  snapshot(): unknown {
    return this.#run.snapshot;
  }

  /** Called after each event that the machine has taken. */
  watch(watcher: () => void): void {
    this.#watchers = [...this.#watchers, watcher];
  }

  stop(): void {
    this.#alive = false;
    this.#run.stop();
  }

  emit(emitted: ChartEvent): void {
    const command = emitted as Command;
    try {
      if (command.type === 'bug.report') throw new Error(`${this.address}: unexpected ${command.event}`);
      if (!this.#house.route(command)) this.#spec.edge(command);
    } catch (error) {
      this.failed(error);
    }
  }

  set({ delayMs }: Setting, fire: () => void): () => void {
    const { clock, run } = this.#house;
    return clock.schedule(delayMs, () => run(fire));
  }

  settled(): void {
    for (const watcher of this.#watchers) watcher();
  }

  failed(error: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#spec.failed(asError(error));
  }
}
