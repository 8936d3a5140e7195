/** Small actors for tests of the checker itself. */

import type { ActorModel, Model, ModelEvent, Monitor, Move, Progress } from './actor.ts';
import { Violation } from './actor.ts';

/** Counts from 0 to `max`, by moves of one kind; says each number. */
export const counter = (name: string, max: number, kind: Move['kind'] = 'fair'): ActorModel<number> => ({
  name,
  start: () => ({ next: 0, commands: [] }),
  react: (count: number, event: ModelEvent) =>
    event.type === 'counts'
      ? { next: count + 1, commands: [{ type: 'counted', by: name, count: count + 1 }] }
      : { next: count, commands: [] },
  moves: (count: number) => (count < max ? [{ kind, event: { type: 'counts' } }] : []),
});

/** Goes round and round through `states` by fair moves; from state 0 another fair move may lead to the end. */
export const carousel = (name: string, states: number, exit: boolean): ActorModel<number> => ({
  name,
  start: () => ({ next: 0, commands: [] }),
  react: (at: number, event: ModelEvent) => ({
    next: event.type === 'leaves' ? -1 : (at + 1) % states,
    commands: [],
  }),
  moves: (at: number) => {
    if (at < 0) return [];
    const turn: Move = { kind: 'fair', event: { type: 'turns' } };
    return exit ? [turn, { kind: 'fair', event: { type: 'leaves' } }] : [turn];
  },
});

/** Remembers whose letters it has heard. */
export const listener: ActorModel<readonly string[]> = {
  name: 'listener',
  start: () => ({ next: [], commands: [] }),
  react: (heard: readonly string[], event: ModelEvent) => ({ next: [...heard, event['by'] as string], commands: [] }),
  moves: () => [],
};

export const below = (limit: number): Monitor<number> => ({
  name: `below ${limit}`,
  initial: 0,
  about: () => true,
  observe: (_: number, { commands }: { commands: readonly ModelEvent[] }) => {
    const count = (commands[0]?.['count'] as number | undefined) ?? 0;
    return count < limit ? count : new Violation(`counted to ${count}`);
  },
});

export const leaves = (actor: string): Progress => ({
  name: `${actor} leaves`,
  actor,
  pending: (at: number) => at >= 0,
});

export const model = (actors: readonly ActorModel[], more: Partial<Model> = {}): Model => ({
  actors,
  links: [],
  deliver: () => [],
  faults: 0,
  monitors: [],
  progress: [],
  ...more,
});
