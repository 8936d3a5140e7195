/**
 * A contract is a monitor that holds what an actor says against what it has heard: after each reaction the rules are asked,
 * each in a few words of its own; then the reaction becomes part of what is known.
 */

import { type Monitor, type Observed, Violation } from '../../actor.ts';

export interface Rule<K> {
  /** What is wrong with a reaction; null: nothing. */
  (known: K, seen: Observed): string | null;
}

export const contract = <K>(
  name: string,
  initial: K,
  about: (seen: Observed) => boolean,
  rules: readonly Rule<K>[],
  learn: (known: K, seen: Observed) => K,
): Monitor => {
  const monitor: Monitor<K> = {
    name,
    initial,
    about,
    observe(known, seen) {
      for (const rule of rules) {
        const wrong = rule(known, seen);
        if (wrong !== null) return new Violation(`${seen.actor} heard ${seen.event.type}: ${wrong}`);
      }
      return learn(known, seen);
    },
  };
  return monitor;
};

export const says = ({ commands }: Observed, type: string): boolean =>
  commands.some((command) => command.type === type);

/** The name of the delay that has run out; null: the event is something else. */
export const ranOut = ({ event }: Observed): string | null => /^xstate\.after\.(\w+)\./u.exec(event.type)?.[1] ?? null;

/** Whether exactly these deadlines are set. */
export const sets = ({ delays }: Observed, ...wanted: readonly number[]): boolean =>
  delays
    .map(({ delayMs }) => delayMs)
    .sort((a, b) => a - b)
    .join() === [...wanted].sort((a, b) => a - b).join();
