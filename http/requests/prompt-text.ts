/**
 * The texts of a conversation in their order, whatever form it has: messages as clients send them, with strings or parts, or the
 * items that are made of them. Only what stands where a message or a tool's result has its words; no names, no arguments.
 */

import type { Json } from '../../actors/turn.ts';
import { isObject } from './well-formed.ts';

/** Message, content, part; a part may have content of its own. */
const levelsMax = 4;

export function* promptTexts(given: Json | undefined, levels = levelsMax): Generator<string> {
  if (typeof given === 'string') yield given;
  else if (levels === 0) return;
  else if (Array.isArray(given))
    for (const member of given) yield* promptTexts(member, levels - (isObject(member) ? 0 : 1));
  else if (isObject(given)) {
    const { text, content, output } = given;
    if (typeof text === 'string') yield text;
    yield* promptTexts(content, levels - 1);
    yield* promptTexts(output, levels - 1);
  }
}
