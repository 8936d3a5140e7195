/**
 * A JSON value without its words: every text is gone but the few that name what something is. What is left can be compared with
 * another one, and says how an exchange went, not what was said. Invariant: a text that was kept is one short word, below none of
 * the fields whose content is the client's own.
 */

import type { Json, JsonObject } from '../actors/turn.ts';

export const redactedText = '<redacted>';

const kept: ReadonlySet<string> = new Set(['model', 'type', 'role', 'name', 'status', 'finish_reason']);
/** One of three words, or a name. With any other text a request could not be replayed. */
const choices: ReadonlySet<string> = new Set(['auto', 'none', 'required']);
/** Below them every name is the client's, or the model's. */
const foreign: ReadonlySet<string> = new Set([
  'metadata',
  'arguments',
  'client_metadata',
  'default',
  'const',
  'enum',
  'example',
  'examples',
]);
const word = /^[\w.:/@-]{1,64}$/;
const fieldName = /^[\w$.-]{1,64}$/;
const depthMax = 64;

/** `mask` takes secrets out of what is kept. */
export function bareShape(value: Json, mask: (text: string) => string): Json {
  const textOf = (text: string, key: string, isForeign: boolean): string => {
    if (text === '') return text;
    const isName = !isForeign && ((kept.has(key) && word.test(text)) || (key === 'tool_choice' && choices.has(text)));
    return isName ? mask(text) : redactedText;
  };

  const fields = (object: JsonObject, depth: number, isForeign: boolean): JsonObject =>
    Object.fromEntries(
      Object.entries(object).map(([key, inner], index) => {
        const shown = !isForeign && fieldName.test(key) ? mask(key) : `<redacted ${index}>`;
        return [shown, bare(inner, key, depth + 1, isForeign || foreign.has(key))];
      }),
    );

  const bare = (one: Json, key: string, depth: number, isForeign: boolean): Json => {
    if (typeof one === 'string') return textOf(one, key, isForeign);
    if (one === null || typeof one !== 'object') return one;
    if (depth >= depthMax) return redactedText;
    if (Array.isArray(one)) return one.map((entry: Json) => bare(entry, '', depth + 1, isForeign));
    return fields(one as JsonObject, depth, isForeign);
  };

  return bare(value, '', 0, false);
}
