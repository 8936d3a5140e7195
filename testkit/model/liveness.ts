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

/** The strongly connected components of the states for which `among` holds, one at a time. */
function* components(
  { firsts, targets }: Edges,
  count: number,
  among: (state: number) => boolean,
): Generator<number[]> {
  const order = new Int32Array(count);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const stack: number[] = [];
  let visited = 0;
  for (let root = 0; root < count; root += 1) {
    if (order[root] !== 0 || !among(root)) continue;
    const walk: { readonly state: number; edge: number }[] = [];
    const enter = (state: number): void => {
      visited += 1;
      order[state] = visited;
      low[state] = visited;
      stack.push(state);
      onStack[state] = 1;
      walk.push({ state, edge: firsts.at(state) });
    };
    enter(root);
    for (let top = walk.at(-1); top !== undefined; top = walk.at(-1)) {
      const { state } = top;
      if (top.edge < firsts.at(state + 1)) {
        const target = targets.at(top.edge);
        top.edge += 1;
        if (!among(target)) continue;
        if (order[target] === 0) enter(target);
        else if (onStack[target] === 1) low[state] = Math.min(low[state] as number, order[target] as number);
        continue;
      }
      walk.pop();
      const above = walk.at(-1);
      if (above !== undefined) low[above.state] = Math.min(low[above.state] as number, low[state] as number);
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

/** The first thing that may last for ever though it must not. */
export const stuck = (searched: Searched, progress: Progress): Stuck | null => {
  const { graph, states, composition } = searched;
  if (graph === null) throw new Error('liveness: the search has not kept its edges');
  const index = composition.indexOf(progress.actor);
  const table = composition.tables[index];
  const pending = table?.states.values.map((state) => progress.pending(state)) ?? [];
  const among = (state: number): boolean => pending[states.component(state, index)] === true;
  let worst: readonly number[] | null = null;
  const consider = (component: readonly number[]): void => {
    const earliest = Math.min(...component.slice(0, 1_000));
    if (worst === null || earliest < (worst[0] as number))
      worst = [earliest, ...component.filter((state) => state !== earliest)];
  };
  for (const component of components(graph, states.size, among)) {
    const resting = component.find((state) => restful(graph, state));
    if (resting !== undefined) consider([resting]);
    else if ((component.length > 1 || loops(graph, component[0] as number)) && lasts(graph, component))
      consider(component);
  }
  return worst === null ? null : { property: progress.name, states: cycle(graph, worst) };
};

const loops = ({ firsts, targets }: Edges, state: number): boolean => {
  for (let edge = firsts.at(state); edge < firsts.at(state + 1); edge += 1) if (targets.at(edge) === state) return true;
  return false;
};
