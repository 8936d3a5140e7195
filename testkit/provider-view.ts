/** What the model was given and said in one sampling, without what the CLI adds for itself: ids that it mints and its own notes. */

import type { Recorded } from './provider/recording.ts';
import { isJson, type Json } from './provider/request.ts';

const added = ['id', 'internal_chat_message_metadata_passthrough'];

const without = (item: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(item).filter(([name]) => !names.includes(name)));

export function modelBody(record: Recorded | undefined): Json {
  if (!isJson(record?.body)) throw new Error('no such sampling');
  return record.body;
}

/** The items of the input, in order. To a reasoning item the CLI adds `content: null`. */
export function modelItems(record: Recorded | undefined): readonly Json[] {
  const { input } = modelBody(record);
  if (!Array.isArray(input)) throw new Error('the input is not a list');
  return input.map((item: unknown) => {
    if (!isJson(item)) throw new Error('an item is not an object');
    return without(item, item['type'] === 'reasoning' && item['content'] === null ? [...added, 'content'] : added);
  });
}

/** What the scenario `signed` says in that sampling, by default in four deltas. */
export const signature = ({ sequence }: Recorded): string =>
  [0, 1, 2, 3].map((place) => `part_${sequence}_${place} `).join('');

/** Everything of the body that the model could notice, but for the input. */
export function modelSettings(record: Recorded | undefined): Json {
  return without(modelBody(record), ['input', 'client_metadata', 'prompt_cache_key']);
}
