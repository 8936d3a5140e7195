/**
 * Tokens by estimate, for what nobody has counted: four characters are one, rounded up. Guidance, no bill. Characters are those of
 * JavaScript, so that the length of a string is theirs.
 */

import type { ResponseLog } from './log.ts';
import type { Json, JsonObject, Turn, Usage } from './turn.ts';

const charsPerToken = 4;

export const tokensOfChars = (chars: number): number => Math.ceil(chars / charsPerToken);

/** Members of items that hold what the model reads as text. */
const texts: ReadonlySet<string> = new Set(['text', 'content', 'arguments', 'input', 'output']);

const textChars = (value: Json, isText = false): number => {
  if (typeof value === 'string') return isText ? value.length : 0;
  if (typeof value !== 'object' || value === null) return 0;
  let chars = 0;
  if (Array.isArray(value)) {
    for (const member of value) chars += textChars(member, isText);
    return chars;
  }
  // No list of its members: a prompt may have many.
  const members = value as JsonObject;
  for (const key in members) chars += textChars(members[key] as Json, texts.has(key));
  return chars;
};

/** Tokens of a prompt. */
export const inputTokensOf = ({ items, baseInstructions = '' }: Pick<Turn, 'items' | 'baseInstructions'>): number =>
  tokensOfChars(textChars(items) + baseInstructions.length);

/** Characters of an answer: text, summaries, arguments. The tape is JSON text in UTF-8, in which an escape is one character. */
export function charsOf(log: ResponseLog): number {
  const bytes = log.escaped(0, log.textBytes);
  let chars = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    // Continuation bytes; of four bytes the first stands for both units of UTF-16.
    if ((byte & 0xc0) === 0x80) continue;
    chars += byte >= 0xf0 ? 2 : 1;
    if (byte === 0x5c) at += bytes[at + 1] === 0x75 ? 5 : 1;
  }
  return chars;
}

/** Of an answer that nobody has counted. That there was one has cost at least a token. */
export const estimatedUsage = (input: number, output: number): Usage => {
  const [inputTokens, outputTokens] = [Math.max(1, input), Math.max(1, output)];
  return {
    inputTokens,
    cachedInputTokens: 0,
    cacheWriteInputTokens: 0,
    outputTokens,
    reasoningOutputTokens: 0,
    totalTokens: inputTokens + outputTokens,
  };
};
