/**
 * The models that clients may name and those that they are shown, made from the worker's list; read anew whenever the list is
 * another array, as after a restart. (Within one worker it never changes: it comes from a file that is read at the start.)
 * While no list is known any well-formed id goes to the worker as it is: whether the model exists is not ours to deny.
 */

import * as z from 'zod';
import type { JsonObject } from '../../actors/turn.ts';
import type { ModelDirectory, ModelEntry } from '../admission.ts';
import { sortEfforts } from './effort.ts';
import { advertisedAliases, fixedAliases, shortSuffixes } from './model-aliases.ts';
import { byId, type Found, type Known, key, type Naming, resolver, unlisted } from './model-names.ts';

const prefix = 'codex/';
const anId = /^[^\s/]{1,128}$/;

/** The members of a `model/list` entry that matter here; an entry without a usable id is passed over. */
const aModel = z.looseObject({
  id: z.string().regex(anId),
  model: z.string().min(1).optional().catch(undefined),
  hidden: z.boolean().catch(false),
  isDefault: z.boolean().catch(false),
  supportedReasoningEfforts: z.array(z.looseObject({ reasoningEffort: z.string().min(1) })).catch([]),
  serviceTiers: z.array(z.looseObject({ id: z.string().min(1) })).catch([]),
});

export interface ModelSource extends Naming {
  /** `model/list` entries; empty while nobody has told them. */
  readonly models: () => readonly JsonObject[];
  /** Which of the fixed names are advertised. */
  readonly environment?: keyof typeof advertisedAliases;
  /** `PROXY_ADVERTISE_MODELS`: trims the list and nothing else; empty: all. */
  readonly advertised?: readonly string[];
  /** Told once for each alias whose target is not in the list. */
  readonly retargeted?: (alias: string, target: string, instead: string) => void;
}

interface Listing {
  readonly advertised: readonly ModelEntry[];
  readonly find: (name: string) => Found | null;
  readonly spelled: (name: string) => string | null;
}

export const modelDirectory = (source: ModelSource): ModelDirectory => {
  let models: readonly JsonObject[] | undefined;
  let listing: Listing | undefined;
  const told = new Set<string>();
  const current = (): Listing => {
    const latest = source.models();
    if (listing === undefined || latest !== models) {
      models = latest;
      listing = listingOf(latest, source);
    }
    return listing;
  };
  return {
    list: () => current().advertised,
    find: (id) => {
      const name = bareId(id);
      const found = current().find(name);
      if (found === null) return models?.length === 0 && anId.test(name) ? unlisted(name) : null;
      const { entry, retargeted } = found;
      if (retargeted !== undefined && !told.has(retargeted.alias)) {
        told.add(retargeted.alias);
        source.retargeted?.(retargeted.alias, retargeted.target, entry.target);
      }
      return entry;
    },
    spelled: (id) => current().spelled(bareId(id)),
  };
};

/** Trimmed, without the optional `codex/` in front. */
export const bareId = (id: string): string => {
  const trimmed = id.trim();
  return trimmed.toLowerCase().startsWith(prefix) ? trimmed.slice(prefix.length).trim() : trimmed;
};

const knownModels = (models: readonly JsonObject[]): readonly Known[] =>
  models.flatMap((model) => {
    const { success, data } = aModel.safeParse(model);
    if (!success) return [];
    const { id, hidden, isDefault } = data;
    const entry: ModelEntry = {
      id,
      target: data.model ?? id,
      efforts: sortEfforts(data.supportedReasoningEfforts.map(({ reasoningEffort }) => reasoningEffort)),
      effort: null,
      tiers: data.serviceTiers.map((tier) => tier.id),
    };
    return [{ id, entry, hidden, isDefault }];
  });

/** In order: the fixed names of the environment, the operator's new ones, each visible model with its variants. */
const advertisedIds = (known: readonly Known[], { aliases = [], environment = 'production' }: ModelSource) => {
  const fixed = byId(fixedAliases);
  const variants = ({ id, entry }: Known): readonly string[] =>
    Object.entries(shortSuffixes).flatMap(([suffix, effort]) =>
      entry.efforts.includes(effort) ? [`${id}-${suffix}`] : [],
    );
  return [
    ...advertisedAliases[environment].map(({ id }) => id),
    ...aliases.map(({ id }) => id).filter((id) => !fixed.has(key(id))),
    ...known.filter(({ hidden }) => !hidden).flatMap((model) => [model.id, ...variants(model)]),
  ];
};

const unique = (ids: readonly string[]): ReadonlyMap<string, string> =>
  new Map([...byId(ids.map((id) => ({ id })))].map(([name, { id }]) => [name, id]));

function listingOf(models: readonly JsonObject[], source: ModelSource): Listing {
  const known = knownModels(models);
  const resolve = resolver(known, source);
  const all = advertisedIds(known, source);
  const chosen = source.advertised ?? [];
  const spelling = unique([...all, ...chosen]);
  const find = (name: string): Found | null => {
    const found = resolve(key(name));
    // What is not advertised has no spelling of ours: it is echoed as it was sent.
    return found && { ...found, entry: { ...found.entry, id: spelling.get(key(name)) ?? name } };
  };
  const shown = (ids: readonly string[]): readonly ModelEntry[] =>
    [...unique(ids).values()].flatMap((id) => find(id)?.entry ?? []);
  const trimmed = shown(chosen);
  // Never empty: no client copes with that.
  const spelled = (name: string): string | null => {
    if (resolve(key(name)) === null) return null;
    return spelling.get(key(name)) ?? key(name);
  };
  return { advertised: trimmed.length > 0 ? trimmed : shown(all), find, spelled };
}
