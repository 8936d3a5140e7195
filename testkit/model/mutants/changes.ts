/**
 * What can be wrong with one transition of a configuration. Invariant: a change touches one alternative of one trigger, and
 * says in a few words what it does to it.
 */

import { type Alternative, stateAt, type StateConfig } from './normal-config.ts';

export type TransitionChange =
  | 'transition dropped'
  | 'transition retargeted'
  | 'actions repeated'
  | 'action dropped'
  | 'guard forced';

export interface Change {
  readonly kind: TransitionChange;
  readonly what: string;
  /** Changes the alternative at `index`. */
  apply(alternatives: Alternative[], index: number): void;
}

/** The name of an action or a guard, with or without parameters. */
export const named = (reference: unknown): string =>
  typeof reference === 'string' ? reference : (reference as { readonly type: string }).type;

const parentOf = (id: string): string => id.slice(0, Math.max(0, id.lastIndexOf('.')));

/** A target is `#stream.closed`, or the name of a sibling. */
export const targetId = (source: StateConfig, target: string): string =>
  target.startsWith('#') ? target.slice(1) : `${parentOf(source.id)}.${target}`;

/** The state declared after this one, the first one after the last. */
const nextSibling = (root: StateConfig, id: string): string => {
  const siblings = Object.values(stateAt(root, parentOf(id)).states).map((state) => state.id);
  return siblings[(siblings.indexOf(id) + 1) % siblings.length] ?? id;
};

const changed = (kind: TransitionChange, what: string, change: Partial<Alternative>): Change => ({
  kind,
  what,
  apply: (alternatives, index) =>
    void alternatives.splice(index, 1, { ...(alternatives[index] as Alternative), ...change }),
});

/** To the state after the right one, and anew into the one it comes from; without a target the right one is its own state. */
const retargets = (root: StateConfig, source: StateConfig, { target, reenter }: Alternative): Change[] => {
  if (source.id === root.id) return [];
  const right = target === undefined ? source.id : targetId(source, target);
  const wrong = new Set([nextSibling(root, right), source.id]);
  if (target !== undefined && reenter === true) wrong.delete(right);
  return [...wrong].map((id) => changed('transition retargeted', `to ${id}`, { target: `#${id}`, reenter: true }));
};

/** Never is the same as dropped; both are here, for they are mistakes of different kinds. */
const guardChanges = ({ guard }: Alternative): Change[] =>
  guard === undefined
    ? []
    : [true, false].map((holds) =>
        changed('guard forced', `guard ${named(guard)} always ${holds}`, { guard: () => holds }),
      );

const actionChanges = ({ actions }: Alternative): Change[] => {
  if (actions.length === 0) return [];
  const dropped = actions.map((action, at) =>
    changed('action dropped', `drop action ${named(action)}`, { actions: actions.toSpliced(at, 1) }),
  );
  return [...dropped, changed('actions repeated', 'actions twice', { actions: [...actions, ...actions] })];
};

export const changesOf = (root: StateConfig, source: StateConfig, alternative: Alternative): Change[] => [
  { kind: 'transition dropped', what: 'drop', apply: (alternatives, index) => void alternatives.splice(index, 1) },
  ...retargets(root, source, alternative),
  ...guardChanges(alternative),
  ...actionChanges(alternative),
];
