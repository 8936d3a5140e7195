/**
 * Client strings made fit for upstream: a lone surrogate anywhere would kill the whole request there. Objects are rebuilt,
 * never mutated, and a nesting limit keeps hostile JSON from exhausting the stack.
 */

import type { Json, JsonObject } from '../../actors/turn.ts';
import { RequestError } from '../request-error.ts';

const nestingMax = 64;

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** `undefined` and null both mean that the client did not send the field. */
export const isAbsent = (value: Json | undefined): value is null | undefined => value === undefined || value === null;

export const wellFormed = <T extends Json>(value: T, path: string): T => rebuilt(value, path, nestingMax) as T;

/** Client text inside one of our own messages or headers: printable, well-formed and short. */
export const quotable = (text: string, charsMax = 128): string => {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  const printable = text
    .slice(0, charsMax)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
    .toWellFormed();
  return text.length > charsMax ? `${printable}…` : printable;
};

function rebuilt(value: Json, path: string, levels: number): Json {
  if (typeof value === 'string') return value.toWellFormed();
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) {
    throw new RequestError('invalid_request_error', `${path} is nested deeper than ${nestingMax} levels.`, path);
  }
  if (Array.isArray(value)) return value.map((member) => rebuilt(member, path, levels - 1));
  // fromEntries, because assigning to the key `__proto__` would change the prototype instead of adding a member.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.toWellFormed(), rebuilt(member, path, levels - 1)]),
  );
}
