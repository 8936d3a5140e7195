/**
 * The local tables of a search as plain data, for other engines: which state and event lead to which state and letters.
 * Invariant: nothing of how the actors are composed is in here; whoever reads it composes them for himself.
 */

import type { MoveKind, Posted } from './actor.ts';
import type { LocalTable } from './local-table.ts';
import type { Searched } from './search.ts';

export interface TableLetter {
  /** The actor's place among the actors; the event is one of its numbers. */
  readonly to: number;
  readonly event: number;
  /** The place of its queue among the links; null: it is heard at once. */
  readonly link: number | null;
}

export interface TableRow {
  readonly state: number;
  readonly event: number;
  readonly next: number;
  readonly letters: readonly TableLetter[];
}

export interface TableMove {
  readonly kind: MoveKind;
  readonly event: number;
}

export interface ActorTable {
  readonly name: string;
  /** The first state is number 0. */
  readonly rows: readonly TableRow[];
  /** For each state. */
  readonly moves: readonly (readonly TableMove[])[];
  /** What it says when it starts. */
  readonly start: readonly TableLetter[];
}

export interface Tables {
  readonly actors: readonly ActorTable[];
  readonly links: readonly { readonly name: string; readonly to: number; readonly lengthMax: number }[];
  readonly faults: number;
}

/** Of a search that was complete, without monitors and without symmetry: neither is in the tables. */
export const tablesOf = ({ composition, symmetry, cut, found }: Searched, queueMax: number): Tables => {
  if (symmetry !== null || cut || found !== null || composition.watches.length > 0)
    throw new Error('tables: of a complete search without monitors and without symmetry only');
  const { model, tables } = composition;
  const letters = (from: string, posted: readonly Posted[]): TableLetter[] =>
    posted.map(({ to, event }) => {
      const link = model.links.findIndex(([sender, hearer]) => sender === from && hearer === to);
      const at = composition.indexOf(to);
      return { to: at, event: (tables[at] as LocalTable).events.id(event), link: link < 0 ? null : link };
    });
  return {
    actors: tables.map((table): ActorTable => {
      const { name } = table.actor;
      const posted = table.initial.commands.flatMap((command) => model.deliver(name, command));
      return {
        name,
        rows: [...table.rows()].map(({ state, event, row }) => {
          return { state, event, next: row.next, letters: letters(name, row.letters) };
        }),
        moves: table.states.values.map((_, state) => table.moves(state)),
        start: letters(name, posted),
      };
    }),
    links: model.links.map(([from, to]) => {
      return { name: `${from} > ${to}`, to: composition.indexOf(to), lengthMax: queueMax };
    }),
    faults: model.faults,
  };
};
