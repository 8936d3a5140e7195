/**
 * A machine of XState's as tables, made once for each machine: what XState works out anew at every event (which transition, what is
 * left, what is entered, in which order) depends on the chart alone. Invariant: a chart with anything that is not understood here is
 * refused when its table is made, so a machine that runs does what XState would do (`testkit/model/conformance.test.ts`).
 */

import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { type Act, compileAct, compileGuard, type Guard } from './chart-actions.ts';

export interface Transition {
  readonly guard: Guard | null;
  readonly acts: readonly Act[];
  /** Null: nothing is left or entered. */
  readonly move: Move | null;
}

export interface Move {
  /** All that is deeper is left. */
  readonly depth: number;
  /** What is entered, outermost first; the last one is a leaf, or nothing is entered. */
  readonly entered: readonly ChartNode[];
}

/** A state, with all that holds in it. */
export interface ChartNode {
  readonly parent: ChartNode | null;
  /** Of the root 0. */
  readonly depth: number;
  /** As in XState's snapshots. */
  readonly value: unknown;
  readonly entry: readonly Act[];
  readonly exit: readonly Act[];
  /** By the type of event, in the order in which they are tried. */
  readonly on: ReadonlyMap<string, readonly Transition[]>;
  /** For whatever else is heard. */
  readonly otherwise: readonly Transition[];
  readonly always: readonly Transition[];
}

export interface Chart {
  context(input: unknown): object;
  /** What is entered at the start. */
  readonly entered: readonly ChartNode[];
}

type Draft = { -readonly [Key in keyof ChartNode]: ChartNode[Key] };

const wildcard = '*';

const ancestors = (node: AnyStateNode): readonly AnyStateNode[] => {
  const all: AnyStateNode[] = [];
  for (let at: AnyStateNode | undefined = node; at !== undefined; at = at.parent) all.push(at);
  return all;
};

const isWithin = (node: AnyStateNode, other: AnyStateNode): boolean => ancestors(node).slice(1).includes(other);

/** By the algorithm of SCXML, for charts in which one state of each level is active. */
const domainOf = (source: AnyStateNode, target: AnyStateNode, reenter: boolean): AnyStateNode => {
  if (!reenter && (target === source || isWithin(target, source))) return source;
  const found = ancestors(target)
    .slice(1)
    .find((node) => isWithin(source, node));
  if (found !== undefined) return found;
  if (reenter) throw new Error(`chart: the root is entered again from ${source.id}`);
  return source.machine.root;
};

const initialOf = (node: AnyStateNode): AnyStateNode | null => {
  if (node.type === 'atomic') return null;
  const [target, ...others] = node.initial.target ?? [];
  if (target === undefined || others.length > 0 || node.initial.actions.length > 0)
    throw new Error(`chart: the beginning of ${node.id} is not understood`);
  return target;
};

const check = (node: AnyStateNode): void => {
  const isPlain = (node.type === 'atomic' || node.type === 'compound') && node.invoke.length === 0;
  if (!isPlain || node.output !== undefined) throw new Error(`chart: ${node.id} is not understood`);
};

const valueOf = (node: AnyStateNode): unknown => {
  const keys = ancestors(node)
    .map(({ key }) => key)
    .slice(0, -1);
  const [leaf, ...above] = keys;
  return above.reduce<unknown>((inner, key) => ({ [key]: inner }), leaf);
};

function compile(machine: AnyStateMachine): Chart {
  const nodes = new Map<AnyStateNode, Draft>();
  const known = (node: AnyStateNode): Draft => {
    const found = nodes.get(node);
    if (found === undefined) throw new Error(`chart: ${node.id} is not known`);
    return found;
  };
  const add = (node: AnyStateNode, parent: Draft | null): void => {
    check(node);
    const acts = (actions: readonly unknown[]) => actions.map((action) => compileAct(machine, action));
    const draft: Draft = {
      parent,
      depth: parent === null ? 0 : parent.depth + 1,
      value: valueOf(node),
      entry: acts(node.entry),
      exit: acts(node.exit),
      on: new Map(),
      otherwise: [],
      always: [],
    };
    nodes.set(node, draft);
    for (const child of Object.values(node.states)) add(child, draft);
  };
  add(machine.root, null);

  /** From above `domain` down to `target` and on to where it begins. */
  const entered = (domain: AnyStateNode | null, target: AnyStateNode): readonly ChartNode[] => {
    const path = domain === target ? [] : [target];
    for (let at = target.parent; at !== undefined && at !== domain && domain !== target; at = at.parent)
      path.unshift(at);
    for (let at = initialOf(target); at !== null; at = initialOf(at)) path.push(at);
    return path.map(known);
  };
  const transition = (raw: Raw): Transition => {
    const [target, ...others] = raw.target ?? [];
    if (others.length > 0) throw new Error(`chart: ${raw.source.id} has several targets`);
    const acts = raw.actions.map((action) => compileAct(machine, action));
    const guard = raw.guard === undefined ? null : compileGuard(machine, raw.guard);
    if (target === undefined) return { guard, acts, move: null };
    if (raw.source.parent === undefined) throw new Error(`chart: a transition of all of ${raw.source.id} has a target`);
    const domain = domainOf(raw.source, target, raw.reenter);
    return { guard, acts, move: { depth: known(domain).depth, entered: entered(domain, target) } };
  };
  for (const [node, draft] of nodes) {
    const all = node.transitions as ReadonlyMap<string, readonly Raw[]>;
    draft.otherwise = (all.get(wildcard) ?? []).map(transition);
    draft.always = ((node.always ?? []) as readonly Raw[]).map(transition);
    if (draft.always.some(({ move }) => move === null)) throw new Error(`chart: ${node.id} would never come to rest`);
    const exact = [...all].filter(([descriptor]) => descriptor !== wildcard);
    const partial = exact.find(([descriptor]) => descriptor.includes(wildcard));
    if (partial !== undefined) throw new Error(`chart: ${partial[0]} is not understood`);
    draft.on = new Map(exact.map(([type, list]) => [type, [...list.map(transition), ...draft.otherwise]]));
  }
  const { context } = machine.config as { readonly context?: unknown };
  return {
    context: (input) =>
      (typeof context === 'function' ? (context as (args: object) => object)({ input }) : (context ?? {})) as object,
    entered: [known(machine.root), ...entered(machine.root, machine.root)],
  };
}

interface Raw {
  readonly target: readonly AnyStateNode[] | undefined;
  readonly source: AnyStateNode;
  readonly reenter: boolean;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
}

const charts = new WeakMap<AnyStateMachine, Chart>();

export function chartOf(machine: AnyStateMachine): Chart {
  const known = charts.get(machine) ?? compile(machine);
  charts.set(machine, known);
  return known;
}
