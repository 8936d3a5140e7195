/**
 * What one run of a scenario left behind, in the order in which it happened: the lines of both pipes and what the
 * transport made of them. Invariant: an entry is one JSON value as text, so that equal entries are equal strings.
 */

/** `in` is what the process was told, `out` what it said, `told` what the transport told the runtime about it. */
export type Channel = 'in' | 'out' | 'told';
export type Entry = readonly [channel: Channel, text: string];

export type Members = { readonly [member: string]: unknown };

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Empty for anything that is not an object, unreadable text included. */
export const membersOf = (value: unknown): Members => (isMembers(value) ? value : {});

/** Empty for anything that is not a text. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const methodOf = (line: string): string => textOf(membersOf(parsed(line))['method']);

export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
