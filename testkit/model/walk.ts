/**
 * A walk through a model, side by side with its running actors. Invariant: after every step each queue and every actor that
 * took part has been compared, and at the end everybody.
 */

import { stable } from './actor.ts';
import type { Composition } from './composition.ts';
import { told } from './replay.ts';
import type { RunningModel } from './running-model.ts';
import type { StoryStep } from './story.ts';

interface Step {
  readonly told: StoryStep;
  readonly next: Uint16Array;
}

/** Three times out of four something that happens by itself, lest faults are all that happens. */
const choose = (composition: Composition, state: Uint16Array, choice: number): Step | undefined => {
  const expected: Step[] = [];
  const others: Step[] = [];
  composition.successors(state, (_, fair) => {
    const step = { told: composition.rows.map(({ observed }) => observed), next: composition.next.slice() };
    (fair ? expected : others).push(step);
  });
  const rather = choice % 4 === 0 ? [others, expected] : [expected, others];
  const from = rather.find(({ length }) => length > 0) ?? [];
  return from[(choice >> 2) % from.length];
};

/** What running actors and queues are otherwise than a state of the composition says. */
const difference = (
  { tables, links }: Composition,
  state: Uint16Array,
  running: RunningModel,
  actors: ReadonlySet<string>,
): string | null => {
  const same = (what: string, is: unknown, should: unknown): string | null =>
    stable(is) === stable(should) ? null : `${what} is ${stable(is)} instead of ${stable(should)}`;
  for (const [index, { actor, states }] of tables.entries()) {
    if (!actors.has(actor.name)) continue;
    const facts = (one: unknown): unknown => actor.facts?.(one) ?? one;
    const differs = same(actor.name, facts(running.state(actor.name)), facts(states.values[state[index] as number]));
    if (differs !== null) return differs;
  }
  for (const [index, { name, to, queue }] of links.entries()) {
    const content = queue.contents[state[tables.length + index] as number]?.events ?? [];
    const events = content.map((event) => tables[to]?.events.values[event]);
    const differs = same(name, running.queue(index), events);
    if (differs !== null) return differs;
  }
  return null;
};

/** Takes a step for each number; the first difference, or null. */
export const walk = (composition: Composition, running: RunningModel, choices: readonly number[]): string | null => {
  const everybody = new Set(composition.tables.map(({ actor }) => actor.name));
  let state = composition.initial();
  let differs = difference(composition, state, running, everybody);
  for (const choice of choices) {
    const step = choose(composition, state, choice);
    const first = step?.told[0];
    if (step === undefined || first === undefined || differs !== null) break;
    const seen = running.step(first);
    if (seen === null) return `there is no ${told(step.told)}`;
    if (told(seen) !== told(step.told)) return `there is ${told(seen)} instead of ${told(step.told)}`;
    state = step.next;
    differs = difference(composition, state, running, new Set(seen.map(({ actor }) => actor)));
  }
  return differs ?? difference(composition, state, running, everybody);
};

/** How many random walks each scope is worth, by its name. */
export const walksOf = (scope: string): number => (scope === 'lifecycle' ? 60 : 25);
