/**
 * The part of the CLI's protocol that the transport speaks, out of the schemas that the binary prints: the requests, notifications
 * and answers whose methods its sources name, with the types that these reach. Pure. Without descriptions: a difference is one
 * of shape.
 */

import { type Members, membersOf } from './entry.ts';

type Json = unknown;

const words = new Set(['description', 'title', '$schema', 'default']);

/** Without words; members in alphabetical order, so that the same says the same. */
const bare = (value: Json): Json => {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name, member]) => !words.has(name) || typeof member === 'object');
  return Object.fromEntries(
    kept.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, member]) => [name, bare(member)]),
  );
};

const refsIn = (value: Json): readonly string[] =>
  [...JSON.stringify(value).matchAll(/"#\/definitions\/([^"/]+)"/g)].map(([, name = '']) => name);

/** Only the definitions that the rest reaches. */
const reachable = (schema: Members): Members => {
  const { definitions, ...rest } = schema;
  const all = membersOf(definitions);
  const kept = new Map<string, Json>();
  const waiting = [...refsIn(rest)];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (kept.has(name)) continue;
    kept.set(name, all[name]);
    waiting.push(...refsIn(all[name] ?? null));
  }
  return kept.size === 0 ? rest : { ...rest, definitions: Object.fromEntries(kept) };
};

/** Of a schema that is one alternative a method. */
export const methodsOf = (schema: Members): readonly (readonly [method: string, alternative: Members])[] =>
  (Array.isArray(schema['oneOf']) ? schema['oneOf'] : []).map((alternative) => {
    const { method } = membersOf(membersOf(alternative)['properties']);
    const said = membersOf(method)['enum'];
    return [String(Array.isArray(said) ? said[0] : ''), membersOf(alternative)];
  });

const talk = ['ClientRequest', 'ClientNotification', 'ServerNotification', 'ServerRequest'];

/** `speaks`: whether our sources name a method. */
export function bundleOf(schemas: ReadonlyMap<string, Members>, speaks: (method: string) => boolean): Members {
  const parts = [...schemas].map(([name, schema]): readonly [string, Json] => {
    if (!talk.includes(name)) return [name, bare(reachable(schema))];
    const ours = methodsOf(schema).filter(([method]) => speaks(method));
    const { definitions } = schema;
    return [name, bare(reachable({ definitions, oneOf: ours.map(([, alternative]) => alternative) }))];
  });
  return Object.fromEntries(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Methods that our sources name and the schemas do not know. */
export function unknownMethods(schemas: ReadonlyMap<string, Members>, named: Iterable<string>): readonly string[] {
  const known = new Set(talk.flatMap((name) => methodsOf(schemas.get(name) ?? {}).map(([method]) => method)));
  return [...named].filter((method) => !known.has(method));
}

/** Where two values differ, each as a path and what became of it. */
export function changes(before: Json, after: Json, at = ''): readonly string[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (before === undefined) return [`${at}: new`];
  if (after === undefined) return [`${at}: gone`];
  const both = [before, after];
  if (
    both.some((value) => value === null || typeof value !== 'object') ||
    Array.isArray(before) !== Array.isArray(after)
  )
    return [`${at}: ${JSON.stringify(before).slice(0, 60)} is now ${JSON.stringify(after).slice(0, 60)}`];
  const [old, now] = both as [Members, Members];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].flatMap((name) =>
    changes(old[name], now[name], `${at}/${name}`),
  );
}
