/**
 * One actor, tabulated as the search needs it: local states and events become small numbers, and each reaction is computed
 * once. Invariant: two local states with the same facts have the same number.
 */

import {
  type ActorModel,
  type Move,
  type MoveKind,
  type ModelEvent,
  type Observed,
  type Posted,
  type Reaction,
  stable,
} from './actor.ts';

/** 16 bits a component. */
export const numbersMax = 2 ** 16;

/** Values known by their JSON. */
export class Interned<T> {
  readonly values: T[] = [];
  readonly #ids = new Map<string, number>();
  readonly #facts: (value: T) => unknown;
  readonly #what: string;

  constructor(what: string, facts: (value: T) => unknown = (value) => value) {
    this.#what = what;
    this.#facts = facts;
  }

  id(value: T): number {
    const key = stable(this.#facts(value));
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    const id = this.values.length;
    if (id >= numbersMax) throw new Error(`model: more than ${numbersMax} different values of ${this.#what}`);
    this.values.push(value);
    this.#ids.set(key, id);
    return id;
  }
}

/** What one event does in one local state; computed once. */
export interface Row {
  readonly id: number;
  readonly next: number;
  readonly observed: Observed;
  readonly letters: readonly Posted[];
  /** Filled by whoever knows the links. */
  sends: readonly Send[] | null;
  /** Whether a search has come by. */
  used: boolean;
}

/** A letter by numbers: appended to a queue (`link` of at least 0), or heard at once. */
export interface Send {
  readonly to: number;
  readonly event: number;
  readonly link: number;
}

export interface TabledMove {
  readonly kind: MoveKind;
  readonly event: number;
}

export class LocalTable {
  readonly actor: ActorModel;
  readonly states: Interned<unknown>;
  readonly events: Interned<ModelEvent>;
  readonly initial: Reaction<unknown>;
  readonly #rows: (Row | undefined)[][] = [];
  readonly #moves: TabledMove[][] = [];
  readonly #deliver: (from: string, command: ModelEvent) => readonly Posted[];
  readonly #number: () => number;

  constructor(
    actor: ActorModel,
    deliver: (from: string, command: ModelEvent) => readonly Posted[],
    number: () => number,
  ) {
    this.actor = actor;
    this.#deliver = deliver;
    this.#number = number;
    this.states = new Interned(`states of ${actor.name}`, (state) => this.actor.facts?.(state) ?? state);
    this.events = new Interned(`events of ${actor.name}`);
    this.initial = this.actor.start();
    this.states.id(this.initial.next);
  }

  row(state: number, event: number): Row {
    return this.#rows[state]?.[event] ?? this.#compute(state, event);
  }

  /** Every reaction that was asked for. */
  *rows(): Generator<{ readonly state: number; readonly event: number; readonly row: Row }> {
    for (const [state, rows] of this.#rows.entries())
      for (const [event, row] of (rows ?? []).entries()) if (row !== undefined) yield { state, event, row };
  }

  moves(state: number): readonly TabledMove[] {
    return (this.#moves[state] ??= this.actor.moves(this.states.values[state]).map((move: Move) => ({
      kind: move.kind,
      event: this.events.id(move.event),
    })));
  }

  #compute(state: number, event: number): Row {
    const happened = this.events.values[event] as ModelEvent;
    const { next, commands, delays = [], taken = [] } = this.actor.react(this.states.values[state], happened);
    const row: Row = {
      id: this.#number(),
      next: this.states.id(next),
      observed: { actor: this.actor.name, event: happened, commands, delays, taken },
      letters: commands.flatMap((command) => this.#deliver(this.actor.name, command)),
      sends: null,
      used: false,
    };
    (this.#rows[state] ??= [])[event] = row;
    return row;
  }
}
