/**
 * Every small mistake that could be made in a machine's configuration, each as a machine of its own: one transition, one
 * action or one guard is not what it should be. Invariant: the same machine has the same mutants, in the same order, and
 * each has a name of its own.
 */

import type { AnyStateMachine } from 'xstate';
import { changesOf, named, targetId, type TransitionChange } from './changes.ts';
import {
  type Alternative,
  normalConfig,
  rebuilt,
  stateAt,
  type StateConfig,
  statesOf,
  triggersOf,
} from './normal-config.ts';

export type MutantKind = TransitionChange | 'entry dropped' | 'exit dropped';

export interface Mutant {
  /** As in `stream.live.queued: lease.granted -> stream.live.opening: drop action start`. */
  readonly name: string;
  readonly kind: MutantKind;
  /** It reacts like the machine to every other event; null: nothing is known. */
  readonly event: string | null;
  build(): AnyStateMachine;
}

type Draft = Pick<Mutant, 'name' | 'kind' | 'event'> & { readonly change: (copy: StateConfig) => void };

const describe = (source: StateConfig, trigger: string, { guard, target }: Alternative): string => {
  const condition = guard === undefined ? '' : ` [${named(guard)}]`;
  return `${source.id}: ${trigger}${condition}${target === undefined ? '' : ` -> ${targetId(source, target)}`}`;
};

const ofTransitions = (root: StateConfig, source: StateConfig): Draft[] =>
  Object.entries(triggersOf(source)).flatMap(([trigger, alternatives]) =>
    alternatives.flatMap((alternative, index) =>
      changesOf(root, source, alternative).map(({ kind, what, apply }) => ({
        name: `${describe(source, trigger, alternative)}: ${what}`,
        kind,
        event: trigger in source.on && trigger !== '*' ? trigger : null,
        change: (copy) => apply(triggersOf(stateAt(copy, source.id))[trigger] ?? [], index),
      })),
    ),
  );

const ofWays = (source: StateConfig): Draft[] =>
  (['entry', 'exit'] as const).flatMap((way) =>
    source[way].map((action, index) => ({
      name: `${source.id}: drop ${way} ${named(action)}`,
      kind: `${way} dropped`,
      event: null,
      change: (copy) => void stateAt(copy, source.id)[way].splice(index, 1),
    })),
  );

/** All mutants of a machine. */
export const mutantsOf = (machine: AnyStateMachine): Mutant[] => {
  const root = normalConfig(machine);
  const drafts = statesOf(root).flatMap((source) => [...ofTransitions(root, source), ...ofWays(source)]);
  const used = new Map<string, number>();
  return drafts.map(({ name, kind, event, change }) => {
    const twins = (used.get(name) ?? 0) + 1;
    used.set(name, twins);
    const build = (): AnyStateMachine => {
      const copy = normalConfig(machine);
      change(copy);
      return rebuilt(machine, copy);
    };
    return { name: twins === 1 ? name : `${name} = ${twins}`, kind, event, build };
  });
};
