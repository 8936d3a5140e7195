/**
 * Names that clients may give a model beside the ids that the worker lists: the fixed table that clients of long standing
 * know, and the operator's own. Which of the fixed ones are advertised depends on the environment; all are always accepted.
 */

import { efforts } from './effort.ts';

export interface Alias {
  readonly id: string;
  /** Null: the model of `CODEX_MODEL`. */
  readonly target: string | null;
  readonly effort: string | null;
}

const alias = (id: string, target: string | null, effort: string | null = null): Alias => ({ id, target, effort });

/** Suffix -> effort, in the spelling in which variants of a model are advertised. */
export const shortSuffixes = { L: 'low', M: 'medium', H: 'high', XH: 'xhigh' } as const;

const variants = (id: string, target: string, suffixes = Object.keys(shortSuffixes)): readonly Alias[] =>
  Object.entries(shortSuffixes).flatMap(([suffix, effort]) =>
    suffixes.includes(suffix) ? [alias(`${id}-${suffix}`, target, effort)] : [],
  );

const family = (id: string): readonly Alias[] => [
  alias(id, null),
  ...['low', 'medium', 'high', 'minimal'].map((effort) => alias(`${id}-${effort}`, null, effort)),
];

const local = alias('gpt-5.2-LOCAL', 'gpt-5.2', 'low');

/** In the order in which they are advertised. */
export const advertisedAliases: Readonly<Record<'production' | 'development', readonly Alias[]>> = {
  production: [...family('codex-5'), ...variants('gpt-5.2-codex', 'gpt-5.2'), local],
  development: [
    ...family('codev-5'),
    ...variants('codev-5.1', 'gpt-5.1', ['L', 'M', 'H']),
    ...variants('codev-5.2', 'gpt-5.2'),
    ...variants('gpt-5.2-codev', 'gpt-5.2'),
    local,
  ],
};

/** Effort suffixes of these names, `gpt-5.2-l` say, need no rows. */
const neverAdvertised: readonly Alias[] = [
  alias('gpt-5.2', 'gpt-5.2'),
  alias('gpt-5.1', 'gpt-5.1'),
  alias('gpt-5.2-codex', 'gpt-5.2'),
  alias('gpt-5.2-codev', 'gpt-5.2'),
];

export const fixedAliases: readonly Alias[] = [
  ...advertisedAliases.production,
  ...advertisedAliases.development,
  ...neverAdvertised,
];

/** One entry of `PROXY_MODEL_ALIASES`, `alias=target` or `alias=target:effort`. A target may hold colons of its own. */
export const operatorAlias = (entry: string): Alias => {
  const at = entry.indexOf('=');
  const id = entry.slice(0, at);
  const meaning = entry.slice(at + 1);
  const colon = meaning.lastIndexOf(':');
  const effort = meaning.slice(colon + 1).toLowerCase();
  if (colon <= 0 || !efforts.includes(effort)) return alias(id, meaning);
  return alias(id, meaning.slice(0, colon), effort);
};
