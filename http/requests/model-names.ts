/**
 * What a model's name means, once the models are known: the operator's names, the fixed ones, `CODEX_MODEL`, the models
 * themselves, and each of these with an effort suffix. An exact name wins over a suffix, because an id may itself end in
 * one. A name whose model is not there stands for the default one.
 */

import type { ModelEntry } from '../admission.ts';
import { efforts } from './effort.ts';
import { type Alias, fixedAliases, shortSuffixes } from './model-aliases.ts';

export interface Known {
  readonly id: string;
  readonly entry: ModelEntry;
  readonly hidden: boolean;
  readonly isDefault: boolean;
}

export interface Found {
  readonly entry: ModelEntry;
  /** An alias whose own target is not there. */
  readonly retargeted?: { readonly alias: string; readonly target: string };
}

export interface Naming {
  /** `CODEX_MODEL`. */
  readonly configured: string | undefined;
  /** What `codex-5` means while no model is known and nothing is configured. */
  readonly fallback: string;
  /** `PROXY_MODEL_ALIASES`: names of the operator's, which win over all others. */
  readonly aliases?: readonly Alias[];
}

export const key = (id: string): string => id.toLowerCase();

/** The first one of each id, whatever its case. */
export const byId = <T extends { readonly id: string }>(items: readonly T[]): ReadonlyMap<string, T> => {
  const map = new Map<string, T>();
  for (const item of items) if (!map.has(key(item.id))) map.set(key(item.id), item);
  return map;
};

const suffixEfforts: ReadonlyMap<string, string> = new Map([
  ...Object.entries(shortSuffixes).map(([suffix, effort]): [string, string] => [key(suffix), effort]),
  ...efforts.filter((effort) => effort !== 'ultra').map((effort): [string, string] => [effort, effort]),
]);

/** A model of which nothing is known but how to ask for it. */
export const unlisted = (id: string): ModelEntry => ({ id, target: id, efforts: [], effort: null, tiers: [] });

/** `name` in lower case; null when it means nothing. */
export const resolver = (known: readonly Known[], naming: Naming): ((name: string) => Found | null) => {
  const { configured, fallback, aliases = [] } = naming;
  const listed = byId(known);
  const preferred = known.find(({ isDefault }) => isDefault) ?? known.find(({ hidden }) => !hidden);
  const theirs = byId(aliases);

  const named = ({ id, effort }: Alias, target: string): Found => {
    const model = listed.get(key(target));
    if (model !== undefined) return { entry: { ...model.entry, id, effort } };
    if (preferred === undefined) return { entry: { ...unlisted(target), id, effort } };
    return { entry: { ...preferred.entry, id, effort }, retargeted: { alias: id, target } };
  };
  /** A name that is not the operator's own follows what he says of the model that it stands for. */
  const followed = (alias: Alias): Found => {
    const target = alias.target ?? configured ?? preferred?.id ?? fallback;
    const instead = theirs.get(key(target));
    return named({ ...alias, effort: alias.effort ?? instead?.effort ?? null }, instead?.target ?? target);
  };

  const own: readonly Alias[] = configured === undefined ? [] : [{ id: configured, target: null, effort: null }];
  const names = new Map<string, Found>(
    [...byId([...fixedAliases, ...own])].map(([name, alias]) => [name, followed(alias)]),
  );
  for (const [name, alias] of theirs) names.set(name, named(alias, alias.target ?? fallback));

  const exact = (name: string): Found | undefined => names.get(name) ?? listed.get(name);
  return (name) => {
    const found = exact(name);
    if (found !== undefined) return found;
    const at = name.lastIndexOf('-');
    const effort = suffixEfforts.get(name.slice(at + 1));
    const base = effort === undefined ? undefined : exact(name.slice(0, at));
    return effort === undefined || base === undefined ? null : { ...base, entry: { ...base.entry, effort } };
  };
};
