/**
 * The request fields whose values are more than one zod schema: each reader returns the normalised value or refuses it
 * with the exact path. Tools, structured output and the rest of their kind are refused here until they are built.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';
import { aString, anObject, check } from './shape.ts';
import { isObject, quotable } from './well-formed.ts';

const pairsMax = 16;
const keyCharsMax = 64;
const valueCharsMax = 512;

const invalid = (message: string, param: string): never => {
  throw new RequestError('invalid_request_error', message, param);
};

const unsupported = (message: string, param: string): never => {
  throw new RequestError('unsupported_parameter', message, param);
};

export const readFormat = (value: Json, path: string): JsonObject => {
  const type = typeof value === 'string' ? value : check(anObject, value, path)['type'];
  switch (type) {
    case 'text':
      return { type };
    case 'json_schema':
    case 'json_object':
      return unsupported(`${path}: structured output is not supported; leave it out or send {"type":"text"}.`, path);
    default: {
      const at = typeof value === 'string' ? path : `${path}.type`;
      return invalid(`${at} must be one of text, json_object, json_schema.`, at);
    }
  }
};

export const readNoTools = (value: Json, path: string): Json => {
  if (!Array.isArray(value)) return invalid(`${path} must be an array.`, path);
  return value.length === 0 ? value : unsupported(`${path} are not supported; leave them out or send [].`, path);
};

/** Without tools there is nothing to force: any demand for a call names an undeclared tool. */
export const readToolChoice = (value: Json, path: string): Json => {
  if (value === 'auto' || value === 'none') return value;
  if (value === 'required') return invalid(`${path} is required, but the request declares no tools; send auto.`, path);
  if (!isObject(value)) return invalid(`${path} must be auto, none, required or an object that names a tool.`, path);
  const nested = value['function'];
  if (isObject(nested)) return undeclared(nested['name'], `${path}.function.name`);
  if ('name' in value) return undeclared(value['name'], `${path}.name`);
  switch (value['type']) {
    case 'function':
      return invalid(`${path}.function.name must be a string.`, `${path}.function.name`);
    case 'allowed_tools':
      return invalid(`${path} allows tools, but the request declares none; send auto.`, path);
    default:
      return invalid(`${path}.type must be function or allowed_tools.`, `${path}.type`);
  }
};

const undeclared = (name: Json | undefined, path: string): never => {
  check(aString, name, path);
  return invalid(`${path} names a tool that the request does not declare; send auto.`, path);
};

const yes: ReadonlySet<Json> = new Set([true, 'true', 1, '1', 'yes']);
const no: ReadonlySet<Json> = new Set([false, 'false', 0, '0', 'no']);

export const readParallel = (value: Json, path: string): Json => {
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (yes.has(word)) return true;
  return no.has(word) ? false : invalid(`${path} must be true or false.`, path);
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
