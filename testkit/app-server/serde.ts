/**
 * The complaints of the real binary about a value of the wrong shape, in its words. Invariant: members are judged in the
 * order in which they were sent, missing ones afterwards in the order of their declaration, and the first complaint wins.
 */
import type { JsonObject } from './lines.ts';

/** Null: nothing to complain about. */
export type Check = (value: unknown) => string | null;

export const isObject = (value: unknown): value is { readonly [member: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function describe(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return `string ${JSON.stringify(value)}`;
  if (typeof value === 'boolean') return `boolean \`${value}\``;
  if (typeof value === 'number')
    return Number.isInteger(value) ? `integer \`${value}\`` : `floating point \`${value}\``;
  return Array.isArray(value) ? 'sequence' : 'map';
}

export const wrongType = (value: unknown, expected: string): string =>
  `invalid type: ${describe(value)}, expected ${expected}`;

export const missing = (member: string): string => `missing field \`${member}\``;

export const anything: Check = () => null;
export const string: Check = (value) => (typeof value === 'string' ? null : wrongType(value, 'a string'));
export const boolean: Check = (value) => (typeof value === 'boolean' ? null : wrongType(value, 'a boolean'));
export const sequence: Check = (value) => (Array.isArray(value) ? null : wrongType(value, 'a sequence'));
export const map: Check = (value) => (isObject(value) ? null : wrongType(value, 'a map'));
export const count: Check = (value) =>
  Number.isInteger(value) && (value as number) >= 0 ? null : wrongType(value, 'u32');

export const optional =
  (check: Check): Check =>
  (value) =>
    value === null || value === undefined ? null : check(value);

export const variant = (value: string, allowed: readonly string[]): string => {
  const quoted = allowed.map((name) => `\`${name}\``);
  const expected = quoted.length === 2 ? quoted.join(' or ') : `one of ${quoted.join(', ')}`;
  return `unknown variant \`${value}\`, expected ${expected}`;
};

export const oneOf =
  (...allowed: readonly string[]): Check =>
  (value) => {
    if (typeof value !== 'string') return wrongType(value, 'string or map');
    return allowed.includes(value) ? null : variant(value, allowed);
  };

export const each =
  (check: Check): Check =>
  (value) => {
    if (!Array.isArray(value)) return wrongType(value, 'a sequence');
    for (const member of value as readonly unknown[]) {
      const complaint = check(member);
      if (complaint !== null) return complaint;
    }
    return null;
  };

export interface Shape {
  readonly members: { readonly [member: string]: Check };
  readonly required: readonly string[];
}

export const shaped =
  ({ members, required }: Shape): Check =>
  (value) => {
    if (!isObject(value)) return wrongType(value, 'a map');
    for (const [member, content] of Object.entries(value)) {
      const check = Object.hasOwn(members, member) ? members[member] : undefined;
      const complaint = check?.(content) ?? null;
      if (complaint !== null) return complaint;
    }
    const absent = required.find((member) => value[member] === undefined);
    return absent === undefined ? null : missing(absent);
  };

const uuidPattern = /^(?:urn:uuid:)?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i;

/** Null when the text is a UUID. */
export function uuidComplaint(text: string): string | null {
  if (uuidPattern.test(text)) return null;
  const bad = /[^0-9a-f-]/i.exec(text);
  if (bad === null) return `invalid length: expected length 32 for simple format, found ${text.length}`;
  return `invalid character: expected an optional prefix of \`urn:uuid:\` followed by [0-9a-fA-F-], found \`${bad[0]}\` at ${bad.index + 1}`;
}

/** The real parser refuses what is not well-formed Unicode, keys included; the line is then lost without an answer. */
export function wellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (Array.isArray(value)) return (value as readonly unknown[]).every(wellFormed);
  if (!isObject(value)) return true;
  return Object.entries(value).every(([member, content]) => member.isWellFormed() && wellFormed(content));
}

export const asObject = (value: unknown): JsonObject => (isObject(value) ? (value as JsonObject) : {});
export const asString = (value: unknown): string => (typeof value === 'string' ? value : '');
