/**
 * A cell hosts one machine: it feeds it events, passes its commands on (to other cells, or to the edge that the cell was
 * given), and turns a failing action into the exit reason `bug` instead of an exception. Timers of the machine run on the
 * injected clock and re-enter through the system's run queue like every other event.
 */

import type { AnyStateMachine } from 'xstate';
import type { Address } from '../machines/links.ts';
import type { Command } from '../machines/protocol.ts';
import { ChartRun } from './chart-run.ts';
import type { Clock } from './seams.ts';
import { asError } from './thrown.ts';

/** What a cell needs of a machine; XState's own types of it are checked where the machine is defined. */
export type Machine = AnyStateMachine;

export interface CellSpec<M extends Machine> {
  readonly machine: M;
  readonly input: unknown;
  /** Commands that are nobody's event. */
  readonly edge: (command: Command) => void;
  /** The machine or its edge threw, or reported a bug: the actor is gone. */
  readonly failed: (error: Error) => void;
}

export class Cell<M extends Machine = Machine> {
  readonly address: Address;
  readonly #spec: CellSpec<M>;
  readonly #run: ChartRun;
  readonly #watchers: (() => void)[] = [];
  #alive = true;

  constructor(
    address: Address,
    spec: CellSpec<M>,
    clock: Clock,
    run: (task: () => void) => void,
    route: (command: Command) => boolean,
  ) {
    this.address = address;
    this.#spec = spec;
    this.#run = new ChartRun({
      machine: spec.machine,
      input: spec.input,
      emit: (emitted) => this.#act(emitted as Command, route),
      set: ({ delayMs }, fire) => clock.schedule(delayMs, () => run(fire)),
      settled: () => {
        for (const watcher of this.#watchers) watcher();
      },
      failed: (error) => this.#fail(error),
    });
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
    this.#watchers.push(watcher);
  }

  stop(): void {
    this.#alive = false;
    this.#run.stop();
  }

  #act(command: Command, route: (command: Command) => boolean): void {
    try {
      if (command.type === 'bug.report') throw new Error(`${this.address}: unexpected ${command.event}`);
      if (!route(command)) this.#spec.edge(command);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#spec.failed(asError(error));
  }
}
