/**
 * What must not last: a fair run that stays for ever among the states in which something is pending. Every such run ends up
 * in one strongly connected component of them (Tarjan); under weak fairness it may stay there if each fair action is taken
 * within the component or not offered in some state of it. A state that offers no fair action may be rested in for ever.
 */

import type { Progress } from './actor.ts';
import type { Edges, Searched } from './search.ts';

export interface Stuck {
  readonly property: string;
  /** The first state, then a walk through the component back to it; just one: nothing happens there any more. */
  readonly states: readonly number[];
}

/** Fair actions of the edges of one state, whether they stay in the component or not. */
const fairActions = ({ firsts, actions }: Edges, state: number): Set<number> => {
  const fair = new Set<number>();
  for (let edge = firsts.at(state); edge < firsts.at(state + 1); edge += 1)
    if (actions.at(edge) % 2 === 1) fair.add(actions.at(edge));
  return fair;
};

const restful = ({ firsts, actions }: Edges, state: number): boolean => {
  for (let edge = firsts.at(state); edge < firsts.at(state + 1); edge += 1)
    if (actions.at(edge) % 2 === 1) return false;
  return true;
};

/** Whether a fair run may stay in a component. */
const lasts = (graph: Edges, component: readonly number[]): boolean => {
  const inside = new Set(component);
  const taken = new Set<number>();
  let offered = fairActions(graph, component[0] as number);
  for (const state of component) {
    const here = fairActions(graph, state);
    offered = new Set([...offered].filter((action) => here.has(action)));
    for (let edge = graph.firsts.at(state); edge < graph.firsts.at(state + 1); edge += 1)
      if (inside.has(graph.targets.at(edge))) taken.add(graph.actions.at(edge));
  }
  return [...offered].every((action) => taken.has(action));
};

/** The strongly connected components of the marked states, one at a time. */
function* components({ firsts, targets }: Edges, marked: Uint8Array): Generator<number[]> {
  const order = new Int32Array(marked.length);
  const low = new Int32Array(marked.length);
  const onStack = new Uint8Array(marked.length);
  const stack: number[] = [];
  // The way down to the state that is looked at, and the next edge of each.
  const path: number[] = [];
  const edges: number[] = [];
  let visited = 0;
  const enter = (state: number): void => {
    visited += 1;
    order[state] = visited;
    low[state] = visited;
    stack.push(state);
    onStack[state] = 1;
    path.push(state);
    edges.push(firsts.at(state));
  };
  for (let root = 0; root < marked.length; root += 1) {
    if (order[root] !== 0 || marked[root] === 0) continue;
    enter(root);
    while (path.length > 0) {
      const top = path.length - 1;
      const state = path[top] as number;
      const edge = edges[top] as number;
      if (edge < firsts.at(state + 1)) {
        edges[top] = edge + 1;
        const target = targets.at(edge);
        if (marked[target] === 0) continue;
        if (order[target] === 0) enter(target);
        else if (onStack[target] === 1) low[state] = Math.min(low[state] as number, order[target] as number);
        continue;
      }
      path.pop();
      edges.pop();
      const above = path[top - 1];
      if (above !== undefined) low[above] = Math.min(low[above] as number, low[state] as number);
      if (low[state] !== order[state]) continue;
      const component = stack.splice(stack.lastIndexOf(state));
      for (const member of component) onStack[member] = 0;
      yield component;
    }
  }
}

/** A walk from the first state of a component through all that fairness needs; here simply a cycle through the first. */
const cycle = ({ firsts, targets }: Edges, component: readonly number[]): number[] => {
  const [first = 0] = component;
  const inside = new Set(component);
  const from = new Map<number, number>();
  const queue = [first];
  for (const state of queue)
    for (let edge = firsts.at(state); edge < firsts.at(state + 1); edge += 1) {
      const target = targets.at(edge);
      if (target === first) {
        const back = [first];
        for (let at = state; at !== first; at = from.get(at) as number) back.push(at);
        return [first, ...back.reverse()];
      }
      if (!inside.has(target) || from.has(target)) continue;
      from.set(target, state);
      queue.push(target);
    }
  return [first];
};

const loops = ({ firsts, targets }: Edges, state: number): boolean => {
  for (let edge = firsts.at(state); edge < firsts.at(state + 1); edge += 1) if (targets.at(edge) === state) return true;
  return false;
};

/** Where a run can stay for ever, whatever is pending there. Computed once for all properties. */
export interface Haunts {
  /** States that offer no fair action. */
  readonly rests: readonly number[];
  /** States that lie on a cycle. */
  readonly cyclic: readonly number[];
}

export const hauntsOf = ({ graph, states }: Searched): Haunts => {
  if (graph === null) throw new Error('liveness: the search has not kept its edges');
  const rests: number[] = [];
  for (let state = 0; state < states.size; state += 1) if (restful(graph, state)) rests.push(state);
  const cyclic: number[] = [];
  for (const component of components(graph, new Uint8Array(states.size).fill(1)))
    if (component.length > 1 || loops(graph, component[0] as number)) cyclic.push(...component);
  return { rests, cyclic };
};

/** The first thing that may last for ever though it must not. */
export const stuck = (searched: Searched, progress: Progress, { rests, cyclic }: Haunts): Stuck | null => {
  const { graph, states, composition } = searched;
  if (graph === null) throw new Error('liveness: the search has not kept its edges');
  const index = composition.indexOf(progress.actor);
  const pending = composition.tables[index]?.states.values.map((state) => progress.pending(state)) ?? [];
  const isPending = (state: number): boolean => pending[states.component(state, index)] === true;
  const resting = rests.find(isPending);
  if (resting !== undefined) return { property: progress.name, states: [resting] };
  // A cycle among the pending states is a cycle.
  const marked = new Uint8Array(cyclic.length === 0 ? 0 : states.size);
  for (const state of cyclic) if (isPending(state)) marked[state] = 1;
  for (const component of components(graph, marked)) {
    if (component.length === 1 && !loops(graph, component[0] as number)) continue;
    if (!lasts(graph, component)) continue;
    const first = component.reduce((least, state) => Math.min(least, state));
    return { property: progress.name, states: cycle(graph, [first, ...component.filter((state) => state !== first)]) };
  }
  return null;
};
