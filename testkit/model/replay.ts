/**
 * Plays a story on running actors: does what happened in the model happen in earnest? Invariant: a story counts as repeated
 * only when the very same property is broken, and a story without an end only when it comes back to where it began.
 */

import { type Model, stable } from './actor.ts';
import { RunningModel } from './running-model.ts';
import type { Story, StoryStep } from './story.ts';

export interface Replayed {
  /** What the running actors broke. */
  readonly violation: string | null;
  /** Where they first did something else than is told; null: nowhere. */
  readonly parted: string | null;
}

/** A step as far as running actors show it. */
export const told = (step: StoryStep): string =>
  stable(step.map(({ actor, event, commands, delays }) => ({ actor, event, commands, delays })));

export const replay = (model: Model, { text, steps, lasting }: Story): Replayed => {
  const running = new RunningModel(model);
  let parted: string | null = null;
  const play = (step: StoryStep, index: number): boolean => {
    const [first] = step;
    const seen = first === undefined ? null : running.step(first);
    if (seen === null) parted ??= `step ${index + 1} cannot be taken: ${told(step)}`;
    else if (told(seen) !== told(step)) parted ??= `step ${index + 1} is ${told(seen)} instead of ${told(step)}`;
    return seen !== null;
  };
  const arrived = steps.every(play);
  if (lasting === undefined || !arrived || running.violation !== null) return { violation: running.violation, parted };
  const property = model.progress.find(({ name }) => name === text);
  if (property === undefined) throw new Error(`replay: the model has no progress property ${text}`);
  const pending = (): boolean => property.pending(running.state(property.actor));
  const from = running.facts();
  const lasts =
    pending() &&
    lasting.every((step, index) => play(step, steps.length + index) && pending()) &&
    (lasting.length === 0 ? running.rests() : running.facts() === from);
  return { violation: lasts ? text : running.violation, parted };
};
