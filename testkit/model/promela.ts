/**
 * Local tables as a model in Promela, for Spin: queues are channels, an actor is a number, a step is one atomic sequence.
 * Which steps there are (what is fair, free, or costs a fault) and what is heard at once is said here anew, in Promela.
 * Invariant: what a step needs for itself is zero at its end, so that a state of Spin is a state of the model.
 */

import type { ActorTable, TableLetter, TableMove, TableRow, Tables } from './tables.ts';

/** Letters that are heard at once wait in a channel; a step that needs more room is stuck, which Spin reports. */
const heardMax = 16;
/** Each move of an actor is a bit of a signed number. */
const movesMax = 31;

const indented = (lines: readonly string[], depth: number): string[] =>
  lines.map((line) => `${'  '.repeat(depth)}${line}`);

const post = ({ to, event, link }: TableLetter): string =>
  link === null ? `heard!${to},${event};` : `link_${link}!${event};`;

/** One choice by number; nested, so that it takes few comparisons. */
const choose = (name: string, cases: readonly (readonly [value: number, lines: readonly string[]])[]): string[] => {
  const half = cases.length >> 1;
  const middle = cases[half];
  if (middle === undefined || half < 3)
    return [
      'if',
      ...cases.flatMap(([value, lines]) => [`:: ${name} == ${value} ->`, ...indented(lines, 1)]),
      ':: else -> assert(false)',
      'fi;',
    ];
  return [
    'if',
    `:: ${name} < ${middle[0]} ->`,
    ...indented(choose(name, cases.slice(0, half)), 1),
    ':: else ->',
    ...indented(choose(name, cases.slice(half)), 1),
    'fi;',
  ];
};

class PromelaActor {
  readonly #table: ActorTable;
  readonly #index: number;
  /** The different moves; the same move twice in one state is two. */
  readonly #moves = new Map<string, TableMove>();

  constructor(table: ActorTable, index: number) {
    this.#table = table;
    this.#index = index;
    for (const move of table.moves.flatMap((moves) => [...this.#named(moves)])) this.#moves.set(...move);
    if (this.#moves.size > movesMax) throw new Error(`promela: ${table.name} has more than ${movesMax} moves`);
  }

  declarations(): string[] {
    return [`/* ${this.#table.name} */`, `int state_${this.#index};`, `int moves_${this.#index};`];
  }

  /** Sets the moves that a state offers. */
  offer(state: number): string {
    return `moves_${this.#index} = ${this.#mask([...this.#named(this.#table.moves[state] ?? []).keys()])};`;
  }

  hasNoFairMove(): string {
    const fair = [...this.#moves].flatMap(([name, { kind }]) => (kind === 'fair' ? [name] : []));
    return `(moves_${this.#index} & ${this.#mask(fair)}) == 0`;
  }

  /** The steps that are this actor's moves. */
  steps(): string[] {
    return [...this.#moves].flatMap(([name, { kind, event }]) => {
      const offered = `:: (moves_${this.#index} & ${this.#mask([name])}) != 0`;
      const happens = `heard!${this.#index},${event}`;
      if (kind === 'fault') return [`${offered} && faults > 0 -> faults--; ${happens}`];
      if (kind !== 'deadline') return [`${offered} -> ${happens}`];
      return [`${offered} && quiet -> ${happens}`, `${offered} && !(quiet) && faults > 0 -> faults--; ${happens}`];
    });
  }

  starts(): string[] {
    return ['skip;', ...this.#table.start.map(post)];
  }

  hears(): string[] {
    const grouped = (by: (row: TableRow) => number, rows: readonly TableRow[]): [number, TableRow[]][] =>
      [...Map.groupBy(rows, by)].sort(([a], [b]) => a - b);
    const reacts = ({ next, letters }: TableRow): string[] => [
      `state_${this.#index} = ${next};`,
      this.offer(next),
      ...letters.map(post),
    ];
    return choose(
      `state_${this.#index}`,
      grouped(({ state }) => state, this.#table.rows).map(([state, rows]) => [
        state,
        choose(
          'event',
          grouped(({ event }) => event, rows).map(([event, same]) => [event, same.flatMap(reacts)]),
        ),
      ]),
    );
  }

  #named(moves: readonly TableMove[]): Map<string, TableMove> {
    const named = new Map<string, TableMove>();
    for (const move of moves) {
      let name = `${move.kind} ${move.event}`;
      while (named.has(name)) name += ', again';
      named.set(name, move);
    }
    return named;
  }

  #mask(names: readonly string[]): number {
    const order = [...this.#moves.keys()];
    return names.reduce((mask, name) => mask | (1 << order.indexOf(name)), 0);
  }
}

export const promela = (tables: Tables): string => {
  const actors = tables.actors.map((table, index) => new PromelaActor(table, index));
  const quiet = [
    ...tables.links.map((_, link) => `len(link_${link}) == 0`),
    ...actors.map((one) => one.hasNoFairMove()),
  ];
  const all = actors.length;
  return [
    `#define quiet ${quiet.join(' && ')}`,
    `int faults = ${tables.faults};`,
    'int started;',
    'int who;',
    'int event;',
    `chan heard = [${heardMax}] of { int, int };`,
    ...tables.links.map(({ name, lengthMax }, link) => `chan link_${link} = [${lengthMax}] of { int }; /* ${name} */`),
    ...actors.flatMap((actor) => actor.declarations()),
    '',
    'init {',
    'end:',
    '  do',
    '  :: atomic {',
    '      /* What happens. */',
    '      if',
    `      :: started < ${all} ->`,
    ...indented(
      actors.map((actor) => actor.offer(0)),
      4,
    ),
    ...tables.links.map(({ to }, link) => `      :: nempty(link_${link}) -> link_${link}?event; heard!${to},event`),
    ...indented(
      actors.flatMap((actor) => actor.steps()),
      3,
    ),
    '      fi;',
    '      /* And what is heard at once because of it; in the first step, of the start of each actor. */',
    '      do',
    '      :: nempty(heard) ->',
    '        heard?who,event;',
    ...indented(
      choose(
        'who',
        actors.map((actor, index) => [index, actor.hears()]),
      ),
      4,
    ),
    `      :: empty(heard) && started < ${all} ->`,
    ...indented(
      choose(
        'started',
        actors.map((actor, index) => [index, actor.starts()]),
      ),
      4,
    ),
    '        started++',
    `      :: empty(heard) && started == ${all} -> break`,
    '      od;',
    '      who = 0;',
    '      event = 0',
    '    }',
    '  od',
    '}',
    '',
  ].join('\n');
};
