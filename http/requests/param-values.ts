/**
 * The request fields whose values are more than one zod schema: each reader returns the normalised value or refuses it
 * with the exact path.
 */

import type { Json } from '../../actors/turn.ts';
import type { ResponseId } from '../../machines/ids.ts';
import { invalid } from '../request-error.ts';
import { isObject, quotable } from './well-formed.ts';

const pairsMax = 16;
const keyCharsMax = 64;
const valueCharsMax = 512;

const anId = /^(?:resp_|chatcmpl-)?([A-Za-z0-9_-]{1,64})$/;

const yes: ReadonlySet<Json> = new Set([true, 'true', 1, '1', 'yes']);
const no: ReadonlySet<Json> = new Set([false, 'false', 0, '0', 'no']);

export const readParallel = (value: Json, path: string): Json => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (yes.has(word)) return true;
  return no.has(word) ? false : invalid(`${path} must be true or false.`, path);
};

/** The response id that a client wants, with or without a prefix; null: it cannot be one. */
export const wantedId = (value: Json | undefined): ResponseId | null => {
  const bare = typeof value === 'string' ? anId.exec(value)?.[1] : undefined;
  return bare === undefined ? null : (`resp_${bare}` as ResponseId);
};

export const readMetadata = (value: Json, path: string): Json => {
  if (!isObject(value)) return invalid(`${path} must be an object of strings.`, path);
  const entries = Object.entries(value);
  if (entries.length > pairsMax) return invalid(`${path} must have at most ${pairsMax} keys.`, path);
  for (const [key, text] of entries) {
    const at = `${path}.${quotable(key, keyCharsMax)}`;
    if (key.length > keyCharsMax) return invalid(`${at} must have a key of at most ${keyCharsMax} characters.`, at);
    if (typeof text !== 'string') return invalid(`${at} must be a string.`, at);
    if (text.length > valueCharsMax) return invalid(`${at} must have at most ${valueCharsMax} characters.`, at);
  }
  return value;
};
