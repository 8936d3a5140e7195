/** The transitions that a machine declares, by name, and those that one event takes. */

import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import type { ModelEvent } from './actor.ts';

const guardName = (guard: unknown): string => {
  if (guard === undefined) return '';
  return ` [${typeof guard === 'string' ? guard : ((guard as { type?: string }).type ?? 'guard')}]`;
};

/** As in `stream.live.queued: lease.granted -> stream.live.opening`; `= n` tells equal ones of one state apart. */
const describe = (transition: AnyTransitionDefinition, twins: number): string => {
  const event = transition.eventType === '' ? 'always' : transition.eventType;
  const target = transition.target?.map((node) => node.id).join(', ');
  const again = transition.reenter && target !== undefined ? ' (re-enters)' : '';
  const arrow = target === undefined ? '' : ` -> ${target}${again}`;
  return `${transition.source.id}: ${event}${guardName(transition.guard)}${arrow}${twins === 0 ? '' : ` = ${twins + 1}`}`;
};

const own = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...[...node.transitions.values()].flat(),
  ...(node.always ?? []),
];

const nodesOf = (node: AnyStateNode): AnyStateNode[] => [node, ...Object.values(node.states).flatMap(nodesOf)];

const names = new WeakMap<AnyStateMachine, Map<AnyTransitionDefinition, string>>();

const namesOf = (machine: AnyStateMachine): Map<AnyTransitionDefinition, string> => {
  const known = names.get(machine);
  if (known !== undefined) return known;
  const found = new Map<AnyTransitionDefinition, string>();
  const used = new Map<string, number>();
  for (const node of nodesOf(machine.root)) {
    for (const transition of own(node)) {
      const plain = describe(transition, 0);
      const twins = used.get(plain) ?? 0;
      used.set(plain, twins + 1);
      found.set(transition, describe(transition, twins));
    }
  }
  names.set(machine, found);
  return found;
};

/** Every transition that the machine declares, the wildcard of the root excepted: that one reports what nobody expected. */
export const declaredTransitions = (machine: AnyStateMachine): string[] =>
  [...namesOf(machine)].flatMap(([transition, name]) => (transition.eventType === '*' ? [] : [name]));

/** An eventless transition is told by where it led. */
const eventless = (from: AnyMachineSnapshot, to: AnyMachineSnapshot): AnyTransitionDefinition[] => {
  const reached = new Set(to._nodes);
  for (const node of from._nodes)
    for (const transition of node.always ?? [])
      if (transition.target?.every((target) => reached.has(target)) === true) return [transition];
  return [];
};

/** The names of the transitions that an event takes, eventless ones that follow included. */
export const takenTransitions = (
  machine: AnyStateMachine,
  before: AnyMachineSnapshot,
  event: ModelEvent,
  steps: readonly AnyMachineSnapshot[],
): string[] => {
  const known = namesOf(machine);
  const taken = machine.getTransitionData(before, event) as AnyTransitionDefinition[];
  const followed = steps.slice(1).flatMap((to, index) => eventless(steps[index] as AnyMachineSnapshot, to));
  return [...taken, ...followed].flatMap((transition) => known.get(transition) ?? []);
};
