/** Runs a machine by XState's pure transition function, one event at a time, and keeps what it emits. */

import { type AnyActorLogic, type AnyMachineSnapshot, initialTransition, transition } from 'xstate';
import type { Command } from '../machines/protocol.ts';

export interface Run {
  snapshot: AnyMachineSnapshot;
  readonly commands: Command[];
}

/** Takes one event and keeps what the machine emitted. */
export const take = (
  machine: AnyActorLogic,
  run: Run,
  event: { readonly type: string; readonly [key: string]: unknown },
): void => {
  const [snapshot, actions] = transition(machine, run.snapshot, event);
  run.snapshot = snapshot as AnyMachineSnapshot;
  for (const action of actions as readonly { type: string; params: unknown }[]) {
    if (action.type === 'xstate.emit') run.commands.push((action.params as { event: Command }).event);
  }
};

export const begin = (machine: AnyActorLogic, input: unknown): Run => {
  const [snapshot] = initialTransition(machine, input);
  return { snapshot: snapshot as AnyMachineSnapshot, commands: [] };
};

/** The delayed events that the current state may fire. */
export const timers = (run: Run): readonly string[] =>
  run.snapshot._nodes.flatMap((node: { after: readonly { eventType: string }[] }) =>
    node.after.map((after) => after.eventType),
  );
