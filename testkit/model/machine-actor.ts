/**
 * An XState machine, as shipped, as an actor of the model. XState itself computes each transition, by its pure `transition`
 * function; delayed events (`after` and delayed `raise`) that are set and not cancelled are the actor's moves, at any time.
 * Invariant: what the machine emits, sets and cancels is taken from XState's own list of actions, nothing is assumed.
 */

import { type AnyMachineSnapshot, type AnyStateMachine, getInitialMicrosteps, getMicrosteps } from 'xstate';
import { type ActorModel, type ModelEvent, type MoveKind, type Reaction, stable } from './actor.ts';
import { takenTransitions } from './transitions.ts';

export interface MachineState {
  readonly snapshot: AnyMachineSnapshot;
  readonly timers: readonly { readonly id: string; readonly event: ModelEvent }[];
}

/** What it is made of is known, so that the same machine can be run as it runs in earnest. */
export interface MachineActor extends ActorModel<MachineState> {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
}

export interface MachineActorOptions {
  readonly name: string;
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** What kind of move a delayed event is; by default one that should not happen. */
  readonly timerKind?: (event: ModelEvent) => MoveKind;
}

type Microstep = readonly [AnyMachineSnapshot, readonly { readonly type: string; readonly params: unknown }[]];

interface Raised {
  readonly event: ModelEvent;
  readonly id: string;
  readonly delay?: number;
}

/** Something that only a running actor could do: then nothing is known of what follows. */
class Unknown extends Error {}

export const machineActor = ({ name, machine, input, timerKind }: MachineActorOptions): MachineActor => {
  const settle = (
    state: MachineState,
    steps: readonly Microstep[],
    taken: readonly string[],
  ): Reaction<MachineState> => {
    const timers = new Map(state.timers.map((timer) => [timer.id, timer]));
    const commands: ModelEvent[] = [];
    const delays: { id: string; delayMs: number }[] = [];
    for (const { type, params } of steps.flatMap(([, actions]) => actions)) {
      if (type === 'xstate.emit') commands.push((params as { event: ModelEvent }).event);
      else if (type === 'xstate.cancel') timers.delete((params as { sendId: string }).sendId);
      else if (type === 'xstate.raise') {
        const { event, id, delay } = params as Raised;
        // Without a delay XState has taken it in the same step.
        if (delay === undefined) continue;
        timers.set(id, { id, event });
        delays.push({ id, delayMs: delay });
      } else throw new Unknown(`${name}: the checker cannot follow the action ${type}`);
    }
    const snapshot = steps.at(-1)?.[0] ?? state.snapshot;
    const next = { snapshot, timers: [...timers.values()].sort((a, b) => (a.id < b.id ? -1 : 1)) };
    return { next, commands, delays, taken };
  };

  return {
    name,
    machine,
    input,
    start() {
      const steps = getInitialMicrosteps(machine, input) as unknown as Microstep[];
      const first = steps[0];
      if (first === undefined) throw new Error(`${name}: no initial state`);
      return settle({ snapshot: first[0], timers: [] }, steps, []);
    },
    react(state, event) {
      const fired = stable(event);
      const due = state.timers.find((timer) => stable(timer.event) === fired);
      const before = due === undefined ? state : { ...state, timers: state.timers.filter((timer) => timer !== due) };
      try {
        const steps = getMicrosteps(machine, state.snapshot, event) as unknown as Microstep[];
        // What no transition is declared for is not to be lost in silence, whether or not the machine itself says so.
        if (machine.getTransitionData(state.snapshot, event as never).length === 0)
          return { next: before, commands: [{ type: 'bug.report', event: event.type }] };
        return settle(
          before,
          steps,
          takenTransitions(
            machine,
            state.snapshot,
            event,
            steps.map(([snapshot]) => snapshot),
          ),
        );
      } catch (error) {
        if (error instanceof Unknown) throw error;
        return { next: before, commands: [{ type: 'bug.report', event: event.type, error: String(error) }] };
      }
    },
    moves: ({ timers }) => timers.map(({ event }) => ({ kind: timerKind?.(event) ?? 'deadline', event })),
    facts: ({ snapshot, timers }) => [snapshot.value, snapshot.context, timers],
    renamed: ({ snapshot, timers }, rename) => ({
      snapshot: Object.assign(Object.create(Object.getPrototypeOf(snapshot)), snapshot, {
        context: rename(snapshot.context),
      }) as AnyMachineSnapshot,
      timers: rename(timers),
    }),
  };
};
