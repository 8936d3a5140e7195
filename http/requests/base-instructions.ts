/**
 * With `PROXY_IGNORE_CLIENT_SYSTEM_PROMPT=false`: the system and developer messages of a chat, which then take the place of the base
 * instructions that Codex would have of its own. Nothing is dropped: what of them is no text stays a message.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import { isObject } from './well-formed.ts';

export interface Based {
  /** Null: there was nothing to put there. */
  readonly instructions: string | null;
  readonly items: readonly JsonObject[];
}

const textOf = (part: Json): string | null =>
  isObject(part) && part['type'] === 'input_text' && typeof part['text'] === 'string' ? part['text'] : null;

const isDeveloper = (item: JsonObject): boolean => item['type'] === 'message' && item['role'] === 'developer';

/** `first` comes before all of them. */
export function basedOn(first: string | null, items: readonly JsonObject[]): Based {
  const said: string[] = first === null || first === '' ? [] : [first];
  const left = items.flatMap((item): readonly JsonObject[] => {
    const { content } = item;
    if (!isDeveloper(item) || !Array.isArray(content)) return [item];
    const texts = content.flatMap((part: Json) => textOf(part) ?? []);
    const rest = content.filter((part: Json) => textOf(part) === null);
    if (texts.length > 0) said.push(texts.join('\n'));
    return rest.length === 0 ? [] : [{ ...item, content: rest }];
  });
  // A thread without any item has nothing to answer.
  if (left.length === 0 || said.length === 0) return { instructions: null, items };
  return { instructions: said.join('\n\n'), items: left };
}
