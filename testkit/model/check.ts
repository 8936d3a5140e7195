/**
 * Checks a model: searches everything that it can do, then asks of each progress property whether what is pending may last
 * for ever. Invariant: no story means that nothing was cut and nothing is wrong; a bound that was hit is a story too.
 */

import type { Model } from './actor.ts';
import { hauntsOf, stuck } from './liveness.ts';
import { type Searched, search, type SearchOptions } from './search.ts';
import { lastingStory, type Story, tell, violationStory } from './story.ts';

export interface Checked {
  readonly searched: Searched;
  /** What is wrong, by the shortest story that shows it; null: nothing. */
  readonly story: Story | null;
}

const storyOf = (searched: Searched, { progress }: Model, { statesMax }: SearchOptions): Story | null => {
  if (searched.found !== null) return violationStory(searched);
  if (searched.cut) return { text: `bound: there are more than ${statesMax} states`, steps: [] };
  if (searched.graph === null) return null;
  const haunts = hauntsOf(searched);
  for (const property of progress) {
    const lasts = stuck(searched, property, haunts);
    if (lasts !== null) return lastingStory(searched, property.name, lasts.states);
  }
  return null;
};

/** Progress is asked for wherever edges are kept: by default unless states are reduced by symmetry, which mixes up actions. */
export const check = (model: Model, options: SearchOptions): Checked => {
  const keepEdges = options.keepEdges ?? (model.symmetric === undefined && model.progress.length > 0);
  const searched = search(model, { ...options, keepEdges });
  return { searched, story: storyOf(searched, model, options) };
};

/** One line when nothing is wrong, otherwise the story. */
export const report = ({ searched: { states, edges, depth }, story }: Checked): string => {
  const size = `${states.size} states, ${edges} edges, ${depth} steps deep`;
  return story === null ? `${size}: nothing is wrong` : `${size}\n${tell(story)}`;
};
