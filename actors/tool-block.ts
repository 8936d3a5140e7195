/**
 * Tool calls as text: the canonical `<use_tool>` block of a call, and the call in a block that a model has written. Invariants: a
 * canonical block names the same call again; what cannot be understood without guessing is no call.
 */

import type { Json, JsonObject } from './turn.ts';
import type { Tag } from './tool-text.ts';

export interface WrittenCall {
  readonly name: string;
  /** JSON; where a model has written it as a text of its own, as it stands. */
  readonly arguments: string;
  /** Written as tags, so nobody has said which values are numbers. */
  readonly untyped: boolean;
}

/** Parameters of the tools of Obsidian Copilot in their documented order. */
const orders: Readonly<Record<string, readonly string[]>> = {
  localSearch: ['query', 'salientTerms', 'timeRange'],
  webSearch: ['query', 'chatHistory'],
  getCurrentTime: ['timezoneOffset'],
  convertTimeBetweenTimezones: ['time', 'fromOffset', 'toOffset'],
  getTimeRangeMs: ['timeExpression'],
  getTimeInfoByEpoch: ['epoch'],
  readNote: ['notePath', 'chunkIndex'],
  getFileTree: [],
  getTagList: ['includeInline', 'maxEntries'],
  writeToFile: ['path', 'content'],
  replaceInFile: ['path', 'diff'],
  updateMemory: ['statement'],
  youtubeTranscription: [],
};

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};
const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const characters: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  '#39': "'",
  '#34': '"',
};
const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|apos|#39|#34);/g, (entity, name: string) => characters[name] ?? entity);

const tagName = /^[A-Za-z_][\w.-]*$/;

/** Undefined: it is no JSON, or nested more deeply than can be read or written. */
const attempted = <T>(make: () => T): T | undefined => {
  try {
    return make();
  } catch {
    return undefined;
  }
};
const parsed = (text: string): Json | undefined => attempted(() => JSON.parse(text) as Json);
const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const inOrder = (name: string, keys: readonly string[]): readonly string[] => {
  const order = Object.hasOwn(orders, name) ? (orders[name] ?? []) : [];
  const known = order.filter((key) => keys.includes(key));
  return [...known, ...keys.filter((key) => !order.includes(key)).sort()];
};

/** Undefined: these are no members that could be tags. */
const tagsOf = (name: string, members: Json | undefined): (readonly [tag: string, value: string])[] | undefined => {
  if (!isObject(members) || !Object.keys(members).every((key) => tagName.test(key))) return undefined;
  return inOrder(name, Object.keys(members)).map((key) => {
    const value = members[key] ?? null;
    return [key, typeof value === 'string' ? value : JSON.stringify(value)];
  });
};

export const canonicalBlock = (name: string, input: string): string => {
  const tags = attempted(() => tagsOf(name, parsed(input))) ?? [['args', input] as const];
  const lines = [['name', name] as const, ...tags].map(([tag, value]) => `  <${tag}>${escaped(value)}</${tag}>\n`);
  return `<use_tool>\n${lines.join('')}</use_tool>`;
};

/** Null: it does not say which tool, or not in a way that is known. */
export const callIn = (text: string, tag: Tag): WrittenCall | null => {
  const head = text.indexOf('>') + 1;
  const body = text.slice(head, text.length - `</${tag}>`.length).trim();
  const name = tag === 'tool_call' ? null : attribute(text.slice(0, head));
  const isJson = tag === 'tool_call' || body.startsWith('{');
  return attempted(() => (isJson ? ofJson(repaired(body), name) : ofTags(body, name))) ?? null;
};

/** The name that a block seems to mean that cannot be understood otherwise. */
export const nameIn = (text: string): string | null => /"name"\s*:\s*"([^"\\]{1,128})"/.exec(text)?.[1] ?? null;

const attribute = (opening: string): string | null => {
  const [, double, single] = /\sname\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(opening) ?? [];
  const name = unescaped(double ?? single ?? '').trim();
  return name === '' ? null : name;
};

const isNothing = (value: Json | undefined): value is undefined | null => value === undefined || value === null;

function ofJson(value: Json | undefined, attributeName: string | null): WrittenCall | null {
  if (!isObject(value)) return null;
  const { name: said, arguments: given, parameters, input, ...rest } = value;
  const name = typeof said === 'string' && said.trim() !== '' ? said.trim() : attributeName;
  if (name === null) return null;
  // With the name in the opening tag the object is the arguments.
  if (attributeName !== null && typeof said !== 'string') {
    return { name, arguments: JSON.stringify(value), untyped: false };
  }
  const wanted = [given, parameters, input].find((member) => !isNothing(member)) ?? rest;
  return { name, arguments: typeof wanted === 'string' ? wanted : JSON.stringify(wanted), untyped: false };
}

/** What models get wrong most often: a comma at the end, a stray `>`, one bracket too many. */
function repaired(text: string): Json | undefined {
  let rest = text;
  for (const slip of [null, /^>|>$/, /,$/, /[}\]]$/, /,$/, /^>|>$/]) {
    if (slip !== null) rest = rest.replace(slip, '').trim();
    const value = parsed(rest);
    if (value !== undefined) return value;
  }
  const inner = text.replace(/,(\s*[}\]]+)\s*$/, '$1');
  return inner === text ? undefined : parsed(inner);
}

function ofTags(body: string, attributeName: string | null): WrittenCall | null {
  const opening = /\s*<([A-Za-z_][\w.-]*)>/y;
  const members = new Map<string, string>();
  let name = attributeName;
  let at = 0;
  while (at < body.length) {
    opening.lastIndex = at;
    const key = opening.exec(body)?.[1];
    if (key === undefined) break;
    const end = body.indexOf(`</${key}>`, opening.lastIndex);
    if (end < 0) return null;
    const value = unescaped(body.slice(opening.lastIndex, end));
    if (key === 'name' && name === null) name = value.trim();
    else members.set(key, value);
    at = end + key.length + 3;
  }
  if (name === null || name === '' || body.slice(at).trim() !== '') return null;
  const args = members.size === 1 ? (members.get('args') ?? '').trim() : '';
  if (isObject(parsed(args))) return { name, arguments: args, untyped: false };
  const valued = [...members].map(([key, value]): [string, Json] => {
    const trimmed = value.trim();
    const inner = trimmed.startsWith('{') || trimmed.startsWith('[') ? parsed(trimmed) : undefined;
    return [key, inner ?? value];
  });
  return { name, arguments: JSON.stringify(Object.fromEntries(valued)), untyped: true };
}
