/**
 * All actors of a model together: a global state is a vector with one number for each actor, queue and monitor, and one for
 * the faults that are left. A step is the delivery of one letter or one move of one actor, with everything that is heard at
 * once because of it. Invariant: `successors` visits the same steps in the same order every time.
 */

import { type Model, type Monitor, type Observed, stable, Violation } from './actor.ts';
import { Interned, LocalTable, numbersMax, type Row, type Send } from './local-table.ts';
import { QueueTable } from './queue-table.ts';

interface Link {
  readonly name: string;
  readonly to: number;
  readonly queue: QueueTable;
}

interface Watch {
  readonly monitor: Monitor;
  readonly ghosts: Interned<unknown>;
  /** Ghost and row to ghost; -1: violated. */
  readonly next: Map<number, number>;
}

/** Longer chains of letters that are heard at once do not come to an end. */
const chainMax = 1_000;
const rowsMax = 2 ** 26;

export interface Bounds {
  readonly queueMax: number;
}

/** Which of the steps that a state offers; equal numbers in different states are the same action. */
export type Visit = (action: number, fair: boolean) => void;

export class Composition {
  readonly model: Model;
  readonly tables: readonly LocalTable[];
  readonly links: readonly Link[];
  readonly watches: readonly Watch[];
  readonly width: number;
  /** What the step that is visited leads to. */
  readonly next: Uint16Array;
  /** The reactions of the step that is visited. */
  readonly rows: Row[] = [];
  /** What the step that is visited breaks. */
  violation: string | null = null;
  readonly #faults: number;
  readonly #actions = new Interned<string>('actions');
  readonly #indexes: ReadonlyMap<string, number>;
  readonly #relevant: (readonly number[] | undefined)[] = [];
  readonly #moveActions: number[][] = [];
  #state: Uint16Array;
  #rowCount = 0;
  #letters: Send[] = [];

  constructor(model: Model, { queueMax }: Bounds) {
    this.model = model;
    this.#indexes = new Map(model.actors.map(({ name }, index) => [name, index]));
    if (!(model.faults >= 0 && model.faults < numbersMax)) throw new Error(`model: ${model.faults} faults`);
    const number = (): number => this.#number();
    this.tables = model.actors.map(
      (actor) => new LocalTable(actor, (from, command) => model.deliver(from, command), number),
    );
    this.links = model.links.map(([from, to]) => ({
      name: `${from} > ${to}`,
      to: this.#index(to),
      queue: new QueueTable(queueMax),
    }));
    for (const { name } of this.links) this.#actions.id(name);
    this.watches = model.monitors.map((monitor) => {
      const ghosts = new Interned<unknown>(`ghosts of ${monitor.name}`);
      ghosts.id(monitor.initial);
      return { monitor: monitor, ghosts, next: new Map() };
    });
    this.width = this.tables.length + this.links.length + this.watches.length + 1;
    this.#faults = this.width - 1;
    this.next = new Uint16Array(this.width);
    this.#state = new Uint16Array(this.width);
  }

  /** The initial state; what the actors emit when they start is already under way. */
  initial(): Uint16Array {
    this.next.fill(0);
    this.next[this.#faults] = this.model.faults;
    this.rows.length = 0;
    this.violation = null;
    for (const { actor, initial } of this.tables) {
      const { commands, delays = [], taken = [] } = initial;
      const observed: Observed = { actor: actor.name, event: { type: 'start' }, commands, delays, taken };
      const letters = commands.flatMap((command) => this.model.deliver(actor.name, command));
      this.#follow({ id: this.#number(), next: 0, observed, letters, sends: null, used: false });
      this.#drain();
    }
    return this.next.slice();
  }

  /**
   * Visits every step from a state; `next`, `rows` and `violation` tell what it does. Letters and fair moves come first, since
   * they decide whether anybody can still do something: only where nobody can does a deadline pass for nothing. A timer or a
   * choice that is open keeps no deadline from passing.
   */
  successors(state: Uint16Array, visit: Visit): void {
    this.#state = state;
    let idle = true;
    for (const [index, { to, queue }] of this.links.entries()) {
      const component = this.tables.length + index;
      const content = state[component] as number;
      if (content === 0) continue;
      idle = false;
      this.#begin();
      this.next[component] = queue.pop(content);
      this.#hear(to, queue.head(content));
      visit(index, true);
    }
    for (const [index, table] of this.tables.entries())
      for (const { kind, event } of table.moves(state[index] as number))
        if (kind === 'fair') {
          idle = false;
          this.#move(index, event);
          visit(this.#action(index, event), true);
        }
    const faults = state[this.#faults] as number;
    for (const [index, table] of this.tables.entries())
      for (const { kind, event } of table.moves(state[index] as number)) {
        if (kind === 'fair') continue;
        const free = kind === 'timer' || kind === 'choice' || (kind === 'deadline' && idle);
        if (!free && faults === 0) continue;
        this.#move(index, event);
        if (!free) this.next[this.#faults] = faults - 1;
        visit(this.#action(index, event), free && kind !== 'choice');
      }
  }

  actionName(action: number): string {
    return this.#actions.values[action] as string;
  }

  /** What a component of a state stands for. */
  componentNames(): readonly string[] {
    return [
      ...this.tables.map(({ actor }) => actor.name),
      ...this.links.map(({ name }) => name),
      ...this.watches.map(({ monitor }) => monitor.name),
      'faults left',
    ];
  }

  indexOf(actor: string): number {
    return this.#index(actor);
  }

  /** Of a new row. */
  #number(): number {
    this.#rowCount += 1;
    if (this.#rowCount >= rowsMax) throw new Error(`model: more than ${rowsMax} different reactions`);
    return this.#rowCount;
  }

  #index(actor: string): number {
    const index = this.#indexes.get(actor);
    if (index === undefined) throw new Error(`model: there is no actor ${actor}`);
    return index;
  }

  #action(actor: number, event: number): number {
    const known = this.#moveActions[actor]?.[event];
    if (known !== undefined) return known;
    const table = this.tables[actor] as LocalTable;
    const action = this.#actions.id(`${table.actor.name}: ${stable(table.events.values[event])}`);
    (this.#moveActions[actor] ??= [])[event] = action;
    return action;
  }

  #begin(): void {
    this.next.set(this.#state);
    this.rows.length = 0;
    this.violation = null;
  }

  #move(actor: number, event: number): void {
    this.#begin();
    this.#hear(actor, event);
  }

  #hear(actor: number, event: number): void {
    this.#react(actor, event);
    this.#drain();
  }

  #drain(): void {
    for (let heard = 0; heard < this.#letters.length; heard += 1) {
      if (heard === chainMax) throw new Error(`model: ${chainMax} letters were heard at once, without an end`);
      const { to, event } = this.#letters[heard] as Send;
      this.#react(to, event);
    }
    this.#letters.length = 0;
  }

  #react(actor: number, event: number): void {
    const row = (this.tables[actor] as LocalTable).row(this.next[actor] as number, event);
    this.next[actor] = row.next;
    this.#follow(row);
  }

  #follow(row: Row): void {
    this.rows.push(row);
    for (const send of (row.sends ??= this.#sends(row))) {
      if (send.link < 0) {
        this.#letters.push(send);
        continue;
      }
      const { queue, name } = this.links[send.link] as Link;
      const component = this.tables.length + send.link;
      const content = queue.push(this.next[component] as number, send.event);
      if (content < 0) this.violation ??= `queue bound: ${name} is longer than its bound`;
      else this.next[component] = content;
    }
    for (const index of (this.#relevant[row.id] ??= this.#watchers(row))) this.#watch(index, row);
  }

  #sends({ observed, letters }: Row): Send[] {
    return letters.map(({ to, event }) => ({
      to: this.#index(to),
      event: (this.tables[this.#index(to)] as LocalTable).events.id(event),
      link: this.model.links.findIndex(([from, at]) => from === observed.actor && at === to),
    }));
  }

  #watchers({ observed }: Row): number[] {
    return this.watches.flatMap(({ monitor }, index) => (monitor.about(observed) ? [index] : []));
  }

  #watch(index: number, row: Row): void {
    const { monitor, ghosts, next } = this.watches[index] as Watch;
    const component = this.tables.length + this.links.length + index;
    const ghost = this.next[component] as number;
    const key = ghost * rowsMax + row.id;
    let after = next.get(key);
    if (after === undefined) {
      const verdict = monitor.observe(ghosts.values[ghost], row.observed);
      after = verdict instanceof Violation ? -1 : ghosts.id(verdict);
      next.set(key, after);
    }
    if (after >= 0) this.next[component] = after;
    else {
      const verdict = monitor.observe(ghosts.values[ghost], row.observed) as Violation;
      this.violation ??= `${monitor.name}: ${verdict.text}`;
    }
  }
}
