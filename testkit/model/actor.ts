/**
 * What the checker composes: actors that react to events and may move by themselves. A statechart is one (see
 * `machine-actor.ts`); what surrounds the statecharts (a process, a client, an operator) is written by hand in the same
 * terms. Invariant: reactions are pure, so that each is computed once for a local state and an event.
 */

export interface ModelEvent {
  readonly type: string;
  readonly [member: string]: unknown;
}

/** What one event does to one actor. */
export interface Reaction<S> {
  readonly next: S;
  /** In the order in which they were emitted; the model says whose events they are. */
  readonly commands: readonly ModelEvent[];
  /** Delayed events that were set, in milliseconds. */
  readonly delays?: readonly { readonly id: string; readonly delayMs: number }[];
  /** Names of the declared transitions that were taken. */
  readonly taken?: readonly string[];
}

export type MoveKind =
  /** Happens sooner or later unless something else prevents it. */
  | 'fair'
  /** May happen or not; costs nothing. */
  | 'choice'
  /** Time that is part of the plan, such as a back-off: at any moment, and sooner or later. */
  | 'timer'
  /** Time that should not run out: for nothing when nobody else can do anything, otherwise it costs one fault. */
  | 'deadline'
  /** Costs one fault. */
  | 'fault';

/** An event that the actor gives itself. */
export interface Move {
  readonly kind: MoveKind;
  readonly event: ModelEvent;
}

export interface ActorModel<S = unknown> {
  readonly name: string;
  start(): Reaction<S>;
  react(state: S, event: ModelEvent): Reaction<S>;
  moves(state: S): readonly Move[];
  /** What tells local states apart, as JSON; without it the state itself. */
  facts?(state: S): unknown;
  /** The same state after a renaming of everything in it; needed for symmetry only. */
  renamed?(state: S, rename: <T>(json: T) => T): S;
}

/** A letter: an event for an actor. */
export interface Posted {
  readonly to: string;
  readonly event: ModelEvent;
}

/** One reaction, as monitors see it. */
export interface Observed {
  readonly actor: string;
  readonly event: ModelEvent;
  readonly commands: readonly ModelEvent[];
  readonly delays: readonly { readonly id: string; readonly delayMs: number }[];
  readonly taken: readonly string[];
}

export class Violation {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A ghost that watches every reaction and says when an invariant is broken. Its state is plain JSON. */
export interface Monitor<G = unknown> {
  readonly name: string;
  readonly initial: G;
  /** Whether a reaction can concern this monitor at all. */
  about(seen: Observed): boolean;
  observe(ghost: G, seen: Observed): G | Violation;
}

/** Something that must not last: under weak fairness every run leaves the states in which it is pending. */
export interface Progress {
  readonly name: string;
  readonly actor: string;
  pending(state: unknown): boolean;
}

/** Something that must be seen at least once in the union of the scopes. */
export interface Sometimes {
  readonly name: string;
  /** `after`: the actor's state after the reaction. */
  seen(observed: Observed, after: unknown): boolean;
}

export interface Model {
  readonly actors: readonly ActorModel[];
  /** Letters between these wait in a queue of their own; all others are heard at once, within the same step. */
  readonly links: readonly (readonly [from: string, to: string])[];
  /** The letters that a command makes; none: it concerns nobody in the model. */
  deliver(from: string, command: ModelEvent): readonly Posted[];
  readonly faults: number;
  readonly monitors: readonly Monitor[];
  readonly progress: readonly Progress[];
  /** Names that may be exchanged for each other without a difference. */
  readonly symmetric?: readonly string[];
}

/** JSON with sorted keys: equal values give equal texts. */
export const stable = (value: unknown): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
