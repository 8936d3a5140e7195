/**
 * What a scope reaches of the machines: each local state with each event that it met there, and what came of it.
 *
 * This is how mutants that change nothing are told: a machine that starts the same and reacts the same to all of this makes
 * the same first global state and, step by step, the same steps from each that is reached, hence the same edges. The reverse
 * holds as well: each of these reactions is part of an edge that is reached.
 */

import type { AnyStateMachine } from 'xstate';
import { type ActorModel, type Model, type ModelEvent, type Reaction, stable } from '../actor.ts';
import type { Machines } from '../gateway/house.ts';
import type { MachineState } from '../machine-actor.ts';
import type { Searched } from '../search.ts';
import type { Member } from './population.ts';

/** The parts of a machine's local state, as `machine-actor.ts` gives its facts. */
type Facts = readonly [value: never, context: never, timers: MachineState['timers']];

interface Told {
  readonly facts: Facts;
  readonly event: ModelEvent;
  readonly reaction: string;
}

interface Visited {
  readonly actor: string;
  readonly start: string;
  readonly told: readonly Told[];
}

/** Of each machine, by its actors. */
export type Footprint = { readonly [M in keyof Machines]: readonly Visited[] };

const factsOf = (actor: ActorModel<MachineState>, state: MachineState): unknown => actor.facts?.(state);

const tell = (
  actor: ActorModel<MachineState>,
  { next, commands, delays = [] }: Omit<Reaction<MachineState>, 'taken'>,
): string => stable([factsOf(actor, next), commands, delays]);

/** Of a complete search. */
export const footprintOf = ({ composition, cut, found }: Searched): Footprint => {
  if (cut || found !== null) throw new Error('footprint: of a complete search only');
  const visited = (machine: string): Visited[] =>
    composition.tables.flatMap((table) => {
      const actor = table.actor as unknown as ActorModel<MachineState>;
      if (actor.name.split('/')[0] !== machine) return [];
      const stateAt = (state: number): MachineState => table.states.values[state] as MachineState;
      const told = [...table.rows()].map(({ state, event, row: { next, observed } }) => ({
        facts: factsOf(actor, stateAt(state)) as Facts,
        event: table.events.values[event] as ModelEvent,
        reaction: tell(actor, { ...observed, next: stateAt(next) }),
      }));
      return { actor: actor.name, start: tell(actor, table.initial as Reaction<MachineState>), told };
    });
  return {
    supervisor: visited('supervisor'),
    worker: visited('worker'),
    stream: visited('stream'),
    login: visited('login'),
  };
};

const sameReactions = (
  machine: AnyStateMachine,
  model: Model,
  { actor: name, start, told }: Visited,
  only: string | null,
): boolean => {
  const actor = model.actors.find((one) => one.name === name) as unknown as ActorModel<MachineState>;
  if (tell(actor, actor.start()) !== start) return false;
  return told.every(({ facts: [value, context, timers], event, reaction }) => {
    if (only !== null && event.type !== only) return true;
    const state = { snapshot: machine.resolveState({ value, context }), timers };
    return tell(actor, actor.react(state, event)) === reaction;
  });
};

/**
 * Whether a model with a mutant in the place of the shipped machine has the graph that left this footprint. What is known to
 * differ in reactions to one event only needs no second look at the others.
 */
export const leaves = (footprint: Footprint, mutant: Member, machine: AnyStateMachine, model: Model): boolean =>
  footprint[mutant.machine].every((visited) => sameReactions(machine, model, visited, mutant.event));
