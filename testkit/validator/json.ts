/**
 * JSON as it travels: parsing that refuses what `JSON.parse` forgives, and comparisons between copies.
 * Invariant: a value returned from here has one meaning for every client (no duplicate member, see `parseJson`).
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Total view for fields whose shape has been checked before: absent and mistyped both read as empty. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** For messages: a value as JSON, cut to a readable length. */
export function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function memberCount(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, entry: Json) => sum + memberCount(entry), 0);
  if (!isObject(value)) return 0;
  return Object.values(value).reduce<number>((sum, entry) => sum + 1 + memberCount(entry), 0);
}

/** Index after the string literal that opens at `start`; a regular expression would overflow on megabytes of escapes. */
function afterString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** A projection that writes bytes by hand can repeat a key; `JSON.parse` keeps the last, other decoders the first. */
function hasDuplicateMember(text: string, value: Json): boolean {
  let colons = 0;
  for (let at = 0; at < text.length; ) {
    if (text[at] === ':') colons += 1;
    at = text[at] === '"' ? afterString(text, at) : at + 1;
  }
  return colons !== memberCount(value);
}

export type Parsed = { readonly value: Json } | { readonly problem: string };

export function parseJson(text: string): Parsed {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    return { problem: `malformed JSON (${error instanceof Error ? error.message : String(error)})` };
  }
  return hasDuplicateMember(text, value) ? { problem: 'JSON object with a repeated member name' } : { value };
}

const lone = /\p{Surrogate}/u;

/** Path of the first string (or key) that is not well-formed UTF-16, or null. */
export function loneSurrogatePath(value: Json, path = '$'): string | null {
  if (typeof value === 'string') return lone.test(value) ? path : null;
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, entry] of Object.entries(value)) {
    if (lone.test(key)) return `${path}.${JSON.stringify(key)}`;
    const found = loneSurrogatePath(entry as Json, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

/** Path of the first difference, or null when both are the same value; member order does not matter. */
export function differencePath(left: Json | undefined, right: Json | undefined, path = '$'): string | null {
  if (left === right) return null;
  if (Array.isArray(left) && Array.isArray(right)) {
    if (left.length !== right.length) return `${path}.length`;
  } else if (!isObject(left) || !isObject(right)) return path;
  const one = left as JsonObject;
  const other = right as JsonObject;
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    if (Object.hasOwn(one, key) !== Object.hasOwn(other, key)) return `${path}.${key}`;
    const found = differencePath(one[key], other[key], `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}
