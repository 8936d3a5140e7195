/**
 * A machine as plain data, read off the XState object that runs: what each state does on the way in and out, where it goes
 * and what it ignores. Nothing is left out but XState's own timers, and what has no name is refused.
 */

import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** What a state does about an event, a deadline or a condition. */
export interface Arrow {
  readonly trigger: string;
  /** `otherwise`: an alternative for when no guard held. */
  readonly guard: string | null;
  readonly actions: readonly string[];
  /** Path of a state; null: it stays, and neither leaves nor enters one. */
  readonly target: string | null;
  /** Leaves its own state, too, and enters it anew: the deadlines begin again. */
  readonly reenter: boolean;
}

export interface ChartState {
  /** As in `live.queued`; empty: the machine itself. */
  readonly path: string;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly arrows: readonly Arrow[];
  readonly ignored: readonly string[];
  /** Path of the state in which it begins; null: it has no states. */
  readonly initial: string | null;
  readonly states: readonly ChartState[];
}

const leaves = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];

/** An action or a guard as the machine names it, with its parameters: `end(failed idle_timeout)`. */
const named = (reference: unknown): string => {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object' || reference === null || !('type' in reference))
    throw new Error(`chart: give this a name in setup(): ${String(reference)}`);
  return `${String(reference.type)}${'params' in reference ? `(${leaves(reference.params).join(' ')})` : ''}`;
};

/** XState starts and ends the timer of each `after` by an action of its own. */
const isTimer = (action: unknown): boolean => {
  const { id, sendId } = action as { id?: unknown; sendId?: unknown };
  return String(id ?? sendId).startsWith('xstate.after.');
};
const actionsOf = (actions: readonly unknown[]): readonly string[] =>
  actions.filter((action) => !isTimer(action)).map(named);

const pathOf = (node: AnyStateNode): string => node.path.join('.');

/** The alternatives for one trigger, in order; those that do nothing only end the list. */
const arrowsOf = (trigger: string, alternatives: readonly AnyTransitionDefinition[]): readonly Arrow[] =>
  alternatives.flatMap(({ guard, actions, target, reenter }, index) => {
    const [to] = target ?? [];
    if (to === undefined && actions.length === 0) return [];
    const otherwise = index === 0 ? null : 'otherwise';
    return {
      trigger,
      guard: guard === undefined ? otherwise : named(guard),
      actions: actionsOf(actions),
      target: to === undefined ? null : pathOf(to),
      reenter,
    };
  });

/** Consecutive transitions of one deadline are alternatives, like those of one event. */
const deadlines = (node: AnyStateNode): ReadonlyMap<string, readonly AnyTransitionDefinition[]> =>
  Map.groupBy(node.after, ({ delay }) => `after ${typeof delay === 'number' ? `${delay} ms` : named(delay)}`);

const stateOf = (node: AnyStateNode): ChartState => {
  const events = [...node.transitions].filter(([event]) => !event.startsWith('xstate.'));
  for (const [event, alternatives] of events) {
    if (alternatives.at(-1)?.guard !== undefined) throw new Error(`chart: ${node.id} leaves ${event} to its parent`);
  }
  const arrows = [...events, ...deadlines(node), ['always', node.always ?? []] as const].flatMap(
    ([trigger, alternatives]) => arrowsOf(trigger, alternatives),
  );
  const handled = new Set(arrows.map(({ trigger }) => trigger));
  return {
    path: pathOf(node),
    entry: actionsOf(node.entry),
    exit: actionsOf(node.exit),
    arrows,
    ignored: events.map(([event]) => event).filter((event) => !handled.has(event)),
    initial: node.initial?.target[0] === undefined ? null : pathOf(node.initial.target[0]),
    states: Object.values(node.states).map(stateOf),
  };
};

export const chart = (machine: AnyStateMachine): ChartState => stateOf(machine.root);
