/**
 * The actor system of one node: a registry of cells and one run queue. Every letter goes through the queue in order, so
 * cells never re-enter each other; whatever comes from outside (a timer, worker output, a client) opens a run that lasts
 * until the queue is empty. A letter that nobody can take becomes a dead letter and is counted.
 */

import { Subject } from 'rxjs';
import { type Address, deliver, type Letter } from '../machines/links.ts';
import type { Command } from '../machines/protocol.ts';
import { Cell, type CellHouse, type CellSpec, type Machine } from './cell.ts';
import type { Clock } from './seams.ts';
import { Table } from './table.ts';
import { asError } from './thrown.ts';

export class System {
  readonly deadLetters = new Subject<Letter>();
  readonly #house: CellHouse;
  readonly #lettersMax: number;
  readonly #bug: (error: Error) => void;
  readonly #cells = new Table<Address, Cell>();
  readonly #queue: (Letter | (() => void))[] = [];
  #running = false;

  /**
   * More than `lettersMax` in flight mean that cells feed each other without end. `bug` hears of that and of whatever a task
   * throws; what follows in the queue runs all the same.
   */
  constructor(clock: Clock, lettersMax: number, bug: (error: Error) => void) {
    this.#house = { clock, run: (task) => this.run(task), route: (command) => this.#route(command) };
    this.#lettersMax = lettersMax;
    this.#bug = bug;
  }

  /** Starts an actor under an address that is free. */
  spawn<M extends Machine>(address: Address, spec: CellSpec<M>): Cell<M> {
    if (this.#cells.has(address)) throw new Error(`system: ${address} is taken`);
    const cell = new Cell(address, spec, this.#house);
    this.#cells.set(address, cell as Cell);
    this.run(() => cell.start());
    return cell;
  }

  /** Forgets an actor; letters to it are dead from now on. */
  stop(address: Address): void {
    const cell = this.#cells.get(address);
    this.#cells.delete(address);
    cell?.stop();
  }

  tell(letter: Letter): void {
    // A letter that is dropped is a slot that is lost: better to end.
    if (this.#queue.length >= this.#lettersMax) {
      this.#bug(new Error(`system: ${this.#queue.length} letters under way`));
      return;
    }
    this.#take(letter);
  }

  /** Runs a task now, or after those that are waiting. */
  run(task: () => void): void {
    this.#take(task);
  }

  #take(one: Letter | (() => void)): void {
    this.#queue.push(one);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      try {
        if (typeof next === 'function') next();
        else this.#deliver(next);
      } catch (error) {
        this.#bug(asError(error));
      }
    }
    this.#running = false;
  }

  #deliver(letter: Letter): void {
    const cell = this.#cells.get(letter.to);
    if (cell === undefined) this.deadLetters.next(letter);
    else cell.hear(letter.event);
  }

  #route(command: Command): boolean {
    const letters = deliver(command);
    for (const letter of letters) this.tell(letter);
    return letters.length > 0;
  }
}
