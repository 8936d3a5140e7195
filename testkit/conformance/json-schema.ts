/**
 * Whether a value is what a JSON Schema (draft 7) asks for: as much of it as the CLI uses to print its protocol. Invariant: a
 * keyword that is not known here is an error, so that nothing is passed for want of a look.
 */

import { type Members, membersOf } from './entry.ts';

export type Schema = boolean | Members;

const said = new Set(['$schema', 'title', 'description', 'default', 'definitions', 'format']);

const typeOf = (value: unknown): string => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
};
const isOfType = (type: string, value: unknown): boolean =>
  typeOf(value) === type || (type === 'number' && typeof value === 'number');
const clip = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, 80);
const list = (value: unknown): readonly Schema[] => value as readonly Schema[];
const same = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

/** One keyword: what is wrong with the value, if anything. */
type Keyword = (wanted: unknown, value: unknown, at: string, root: Members) => readonly string[];

const bound =
  (
    measure: (value: unknown) => number | null,
    holds: (size: number, wanted: number) => boolean,
    word: string,
  ): Keyword =>
  (wanted, value, at) => {
    const size = measure(value);
    return size === null || holds(size, Number(wanted)) ? [] : [`${at}: ${clip(value)}, not ${word} ${String(wanted)}`];
  };
const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);
const charsOf = (value: unknown): number | null => (typeof value === 'string' ? value.length : null);
const countOf = (value: unknown): number | null => (Array.isArray(value) ? value.length : null);
const above = (size: number, wanted: number): boolean => size >= wanted;
const below = (size: number, wanted: number): boolean => size <= wanted;

const fits =
  (enough: (count: number) => boolean): Keyword =>
  (wanted, value, at, root) => {
    const complaints = list(wanted).map((schema) => mismatches(schema, value, root, at));
    if (enough(complaints.filter(({ length }) => length === 0).length)) return [];
    const [nearest] = complaints.toSorted((a, b) => Number(isOther(a, at)) - Number(isOther(b, at)));
    return [`${at}: fits ${complaints.length} alternatives wrongly; ${nearest?.join('; ') ?? ''}`];
  };
/** Of an alternative for another method or type there is nothing to learn. */
const isOther = (complaints: readonly string[], at: string): boolean =>
  complaints.some((one) => one.startsWith(`${at}.method:`) || one.startsWith(`${at}.type:`));

const keywords: Readonly<Record<string, Keyword>> = {
  type: (wanted, value, at) =>
    [wanted].flat().some((type) => isOfType(String(type), value)) ? [] : [`${at}: ${clip(value)}, not ${clip(wanted)}`],
  enum: (wanted, value, at) =>
    list(wanted).some((one) => same(one, value)) ? [] : [`${at}: ${clip(value)}, not one of ${clip(wanted)}`],
  const: (wanted, value, at) => (same(wanted, value) ? [] : [`${at}: ${clip(value)}, not ${clip(wanted)}`]),
  required: (wanted, value, at) =>
    typeOf(value) === 'object'
      ? (wanted as readonly string[])
          .filter((name) => !Object.hasOwn(membersOf(value), name))
          .map((name) => `${at}.${name}: absent`)
      : [],
  properties: (wanted, value, at, root) =>
    Object.entries(membersOf(wanted)).flatMap(([name, schema]) =>
      Object.hasOwn(membersOf(value), name)
        ? mismatches(schema as Schema, membersOf(value)[name], root, `${at}.${name}`)
        : [],
    ),
  items: (wanted, value, at, root) =>
    Array.isArray(value)
      ? value.flatMap((element, index) => mismatches(wanted as Schema, element, root, `${at}[${index}]`))
      : [],
  $ref: (wanted, value, at, root) => {
    const name = /^#\/definitions\/([^/]+)$/.exec(String(wanted))?.[1] ?? '';
    const schema = membersOf(root['definitions'])[name];
    if (schema === undefined) throw new Error(`json-schema: no ${String(wanted)}`);
    return mismatches(schema as Schema, value, root, at);
  },
  allOf: (wanted, value, at, root) => list(wanted).flatMap((schema) => mismatches(schema, value, root, at)),
  anyOf: fits((count) => count > 0),
  oneOf: fits((count) => count === 1),
  minimum: bound(numberOf, above, 'at least'),
  maximum: bound(numberOf, below, 'at most'),
  minLength: bound(charsOf, above, 'as long as'),
  maxLength: bound(charsOf, below, 'as short as'),
  minItems: bound(countOf, above, 'as many as'),
  maxItems: bound(countOf, below, 'as few as'),
  pattern: (wanted, value, at) =>
    typeof value !== 'string' || new RegExp(String(wanted), 'u').test(value)
      ? []
      : [`${at}: ${clip(value)}, not ${String(wanted)}`],
};

/** What is wrong with the value, each as `path: what`; empty where it is as the schema says. */
export const mismatches = (schema: Schema, value: unknown, root: Members, at = ''): readonly string[] => {
  if (typeof schema === 'boolean') return schema ? [] : [`${at}: not allowed`];
  return Object.entries(schema).flatMap(([name, wanted]) => {
    if (said.has(name)) return [];
    if (name === 'additionalProperties') return additional(schema, value, root, at);
    const keyword = keywords[name];
    if (keyword === undefined) throw new Error(`json-schema: unknown keyword ${name}`);
    return keyword(wanted, value, at, root);
  });
};

const additional = (schema: Members, value: unknown, root: Members, at: string): readonly string[] => {
  const known = membersOf(schema['properties']);
  return Object.entries(membersOf(value)).flatMap(([name, member]) =>
    Object.hasOwn(known, name)
      ? []
      : mismatches(schema['additionalProperties'] as Schema, member, root, `${at}.${name}`),
  );
};
