/**
 * Looks into the actor system of a node while it runs: its cells, its letters, its dead letters. Invariant: it changes nothing
 * unless it is given a machine to put in place of another; the class itself is untouched once the node is built.
 */

import type { Cell, CellSpec, Machine } from '../../actors/cell.ts';
import type { Clock } from '../../actors/seams.ts';
import { System } from '../../actors/system.ts';
import type { Address, Letter } from '../../machines/links.ts';

export interface ProbeOptions {
  /** Each letter, before it is delivered, and when. */
  readonly letter?: (letter: Letter, at: number) => void;
  /** The machine to run under that address instead of the given one. */
  readonly machine?: (address: Address, machine: Machine) => Machine;
}

export class Probe {
  readonly cells = new Map<Address, Cell>();
  readonly deadLetters: Letter[] = [];
  readonly #clock: Clock;
  readonly #options: ProbeOptions;

  constructor(clock: Clock, options: ProbeOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  /** Builds a node and watches the system that it makes for itself. */
  attach<T>(build: () => T): T {
    const { spawn } = System.prototype;
    const watch = (system: System): void => this.#watch(system);
    System.prototype.spawn = function (this: System, ...args) {
      System.prototype.spawn = spawn;
      watch(this);
      return this.spawn(...args);
    };
    try {
      return build();
    } finally {
      System.prototype.spawn = spawn;
    }
  }

  /** A state of a machine in one word. */
  state(address: Address): string {
    const snapshot = this.cells.get(address)?.snapshot() as { readonly value: unknown } | undefined;
    return snapshot === undefined ? 'gone' : stateName(snapshot.value);
  }

  #watch(system: System): void {
    const { letter, machine } = this.#options;
    const spawn = system.spawn.bind(system);
    const stop = system.stop.bind(system);
    const tell = system.tell.bind(system);
    system.deadLetters.subscribe((dead) => this.deadLetters.push(dead));
    system.spawn = (address, spec) => {
      const cell = spawn(address, machine === undefined ? spec : withMachine(spec, machine(address, spec.machine)));
      this.cells.set(address, cell as Cell);
      return cell;
    };
    system.stop = (address) => {
      this.cells.delete(address);
      stop(address);
    };
    if (letter === undefined) return;
    system.tell = (told) => {
      letter(told, this.#clock.now());
      tell(told);
    };
  }
}

/** The rest of it stays what it is, also where that is an object with a state of its own. */
const withMachine = <M extends Machine>(spec: CellSpec<M>, machine: Machine): CellSpec<M> => ({
  machine: machine as M,
  input: spec.input,
  edge: (command) => spec.edge(command),
  failed: (error) => spec.failed(error),
});

const stateName = (value: unknown): string => {
  if (typeof value === 'string') return value;
  const [entry] = Object.entries(value as object);
  return entry === undefined ? '' : `${entry[0]}.${stateName(entry[1])}`;
};
