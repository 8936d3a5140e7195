/**
 * A machine's configuration in one form: every trigger has a list of alternatives, every alternative a list of actions, and
 * every state its full name. Invariant: it is a copy that nothing shares, and the machine made of it is the same machine;
 * functions in it stay what they are.
 */

import { type AnyStateMachine, createMachine } from 'xstate';

/** One transition of a trigger: the first one whose guard holds is taken. */
export interface Alternative {
  target?: string;
  reenter?: boolean;
  guard?: unknown;
  actions: unknown[];
}

export type Triggers = { [trigger: string]: Alternative[] };

export interface StateConfig {
  /** As in `stream.live.queued`. */
  readonly id: string;
  entry: unknown[];
  exit: unknown[];
  on: Triggers;
  after: Triggers;
  always: Alternative[];
  readonly states: { readonly [state: string]: StateConfig };
}

type Json = Readonly<Record<string, unknown>>;

const list = (value: unknown): unknown[] => {
  if (value === undefined) return [];
  return Array.isArray(value) ? [...(value as unknown[])] : [value];
};

const alternativesOf = (value: unknown): Alternative[] =>
  list(value).map((one) => {
    const { actions, ...rest } = (typeof one === 'string' ? { target: one } : one) as Json;
    return { ...rest, actions: list(actions) };
  });

const each = <T>(object: unknown, map: (value: unknown, key: string) => T): { [key: string]: T } =>
  Object.fromEntries(Object.entries((object ?? {}) as Json).map(([key, value]) => [key, map(value, key)]));

const state = (config: Json, id: string): StateConfig => ({
  ...config,
  id,
  entry: list(config['entry']),
  exit: list(config['exit']),
  on: each(config['on'], alternativesOf),
  after: each(config['after'], alternativesOf),
  always: alternativesOf(config['always']),
  states: each(config['states'], (inner, key) => state(inner as Json, `${id}.${key}`)),
});

export const normalConfig = (machine: AnyStateMachine): StateConfig => state(machine.config as Json, machine.id);

/** All states, each before those in it. */
export const statesOf = (root: StateConfig): StateConfig[] => [root, ...Object.values(root.states).flatMap(statesOf)];

export const stateAt = (root: StateConfig, id: string): StateConfig => {
  const found = statesOf(root).find((one) => one.id === id);
  if (found === undefined) throw new Error(`config: there is no state ${id}`);
  return found;
};

/** Every list of alternatives of a state, by what triggers it. A change to a list is a change to the state. */
export const triggersOf = ({ on, after, always }: StateConfig): Triggers => ({
  ...on,
  ...Object.fromEntries(Object.entries(after).map(([delay, alternatives]) => [`after ${delay}`, alternatives])),
  always,
});

/** Microsteps of one event; eventless transitions that go round and round throw instead of hanging. */
const maxIterations = 100;

/** The machine of a changed configuration, with the guards, actions and delays of the original. */
export const rebuilt = (original: AnyStateMachine, root: StateConfig): AnyStateMachine =>
  createMachine({ ...root, options: { maxIterations } } as never, original.implementations as never);
