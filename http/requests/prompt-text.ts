/**
 * The texts of a conversation in their order, whatever form it has: messages as clients send them, with strings or parts, or the
 * items that are made of them. Only what stands where a message or a tool's result has its words; no names, no arguments.
 */

import type { Json } from '../../actors/turn.ts';
import { isObject } from './well-formed.ts';

/** Message, content, part; a part may have content of its own. */
const levelsMax = 4;

/** Into one list: a conversation may have a million texts, which generators within generators would pass on one by one. */
function collect(given: Json | undefined, levels: number, texts: string[]): void {
  if (typeof given === 'string') texts.push(given);
  else if (levels === 0) return;
  else if (Array.isArray(given))
    for (const member of given) collect(member, levels - (isObject(member) ? 0 : 1), texts);
  else if (isObject(given)) {
    const { text, content, output } = given;
    if (typeof text === 'string') texts.push(text);
    collect(content, levels - 1, texts);
    collect(output, levels - 1, texts);
  }
}

export function promptTexts(given: Json | undefined): readonly string[] {
  const texts: string[] = [];
  collect(given, levelsMax, texts);
  return texts;
}
