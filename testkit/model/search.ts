/**
 * Breadth-first search of everything that a model can do, so that the first violation found has the shortest story.
 * Invariant: a search that reaches its bound says so; it never passes for a complete one.
 */

import type { Model } from './actor.ts';
import { Composition } from './composition.ts';
import type { Row } from './local-table.ts';
import { Numbers } from './numbers.ts';
import { StateSet } from './state-set.ts';
import { Symmetry } from './symmetry.ts';

export interface SearchOptions {
  readonly statesMax: number;
  /** Letters in one queue. */
  readonly queueMax?: number;
  /** Keeps the edges, for `progress`. */
  readonly keepEdges?: boolean;
  /** Called every 100,000 states. */
  readonly progressed?: (states: number, depth: number) => void;
}

/** The edges of state `n` are those from `firsts[n]` to before `firsts[n + 1]`. */
export interface Edges {
  readonly firsts: Numbers;
  readonly targets: Numbers;
  /** Twice the action, plus one when it is fair. */
  readonly actions: Numbers;
}

export interface Found {
  /** As in `one outcome: resp_0 ended twice`. */
  readonly text: string;
  /** The state before the step that breaks it. */
  readonly state: number;
  /** Which of that state's steps. */
  readonly step: number;
}

/** Where a reaction came first: its state, and which of its steps. */
export interface Sighting {
  readonly row: Row;
  readonly state: number;
  readonly step: number;
  readonly depth: number;
}

export interface Searched {
  readonly composition: Composition;
  readonly symmetry: Symmetry | null;
  readonly states: StateSet;
  readonly parents: Numbers;
  readonly edges: number;
  readonly depth: number;
  readonly graph: Edges | null;
  readonly found: Found | null;
  /** The reactions that were seen, each where it came first. */
  readonly sightings: readonly Sighting[];
  /** The bound was hit. */
  readonly cut: boolean;
}

export const search = (model: Model, options: SearchOptions): Searched => {
  const composition = new Composition(model, { queueMax: options.queueMax ?? 8 });
  const symmetry = model.symmetric === undefined ? null : new Symmetry(composition, model.symmetric);
  const states = new StateSet(composition.width);
  const parents = new Numbers();
  const graph: Edges | null =
    options.keepEdges === true ? { firsts: new Numbers(), targets: new Numbers(), actions: new Numbers() } : null;
  const sightings: Sighting[] = [];
  let found: Found | null = null;
  let edges = 0;
  let depth = 0;
  let levelEnd = 1;
  let state = 0;
  let step = 0;

  const sight = (): void => {
    for (const row of composition.rows) {
      if (row.used) continue;
      row.used = true;
      sightings.push({ row, state, step, depth });
    }
  };
  const reach = (vector: Uint16Array): number => {
    const before = states.size;
    const id = states.add(vector);
    if (id === before) parents.push(state);
    return id;
  };
  const visit = (action: number, fair: boolean): void => {
    edges += 1;
    sight();
    if (composition.violation !== null) found ??= { text: composition.violation, state, step };
    step += 1;
    const id = reach(symmetry === null ? composition.next : symmetry.canonical(composition.next));
    graph?.targets.push(id);
    graph?.actions.push(action * 2 + (fair ? 1 : 0));
  };

  const first = composition.initial();
  reach(first);
  if (composition.violation !== null) found = { text: composition.violation, state: 0, step: -1 };
  const vector = new Uint16Array(composition.width);
  for (; state < states.size && states.size <= options.statesMax && found === null; state += 1) {
    if (state === levelEnd) {
      depth += 1;
      levelEnd = states.size;
    }
    if (state % 100_000 === 99_999) options.progressed?.(state + 1, depth);
    graph?.firsts.push(graph.targets.length);
    step = 0;
    states.read(state, vector);
    composition.successors(vector, visit);
  }
  graph?.firsts.push(graph.targets.length);
  const cut = found === null && state < states.size;
  return { composition, symmetry, states, parents, edges, depth, graph, found, sightings, cut };
};
