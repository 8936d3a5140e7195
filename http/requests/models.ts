/**
 * The models that clients may name. `codex-5` comes first and stands for the configured model, or else for the default
 * of the worker's list; then every visible model of that list. Read anew whenever the list is another array. While no list
 * is known any well-formed id goes to the worker as it is: whether the model exists is not ours to deny.
 */

import * as z from 'zod';
import type { JsonObject } from '../../actors/turn.ts';
import type { ModelDirectory, ModelEntry } from '../admission.ts';
import { sortEfforts } from './effort.ts';

const alias = 'codex-5';
const prefix = 'codex/';

const anId = /^[^\s/]{1,128}$/;

/** The members of a `model/list` entry that matter here; an entry without a usable id is passed over. */
const aModel = z.looseObject({
  id: z.string().regex(anId),
  model: z.string().min(1).optional().catch(undefined),
  hidden: z.boolean().catch(false),
  isDefault: z.boolean().catch(false),
  supportedReasoningEfforts: z.array(z.looseObject({ reasoningEffort: z.string().min(1) })).catch([]),
});

export interface ModelSource {
  /** `model/list` entries; empty while nobody has told them. */
  readonly models: () => readonly JsonObject[];
  /** `CODEX_MODEL`. */
  readonly configured: string | undefined;
  /** What `codex-5` means until a list is known and nothing is configured. */
  readonly fallback: string;
}

interface Listing {
  readonly advertised: readonly ModelEntry[];
  /** Lower-cased id -> entry, hidden ones included. */
  readonly byId: ReadonlyMap<string, ModelEntry>;
  readonly hidden: ReadonlySet<string>;
}

export const modelDirectory = (source: ModelSource): ModelDirectory => {
  let models: readonly JsonObject[] | undefined;
  let listing: Listing | undefined;
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
      const { byId, hidden } = current();
      const name = bareId(id);
      const entry = byId.get(name.toLowerCase());
      if (entry === undefined) return models?.length === 0 && anId.test(name) ? unlisted(name) : null;
      // What is not advertised has no spelling of ours: it is echoed as it was sent.
      return hidden.has(name.toLowerCase()) ? { ...entry, id: name } : entry;
    },
  };
};

const unlisted = (id: string): ModelEntry => ({ id, target: id, efforts: [] });

/** Trimmed, without the optional `codex/` in front. */
export const bareId = (id: string): string => {
  const trimmed = id.trim();
  return trimmed.toLowerCase().startsWith(prefix) ? trimmed.slice(prefix.length).trim() : trimmed;
};

function listingOf(models: readonly JsonObject[], source: ModelSource): Listing {
  const known = models.flatMap((model) => {
    const { success, data } = aModel.safeParse(model);
    if (!success || data.id.toLowerCase() === alias) return [];
    const efforts = sortEfforts(data.supportedReasoningEfforts.map(({ reasoningEffort }) => reasoningEffort));
    const entry: ModelEntry = { id: data.id, target: data.model ?? data.id, efforts };
    return [{ entry, hidden: data.hidden, isDefault: data.isDefault }];
  });
  const visible = known.filter(({ hidden }) => !hidden).map(({ entry }) => entry);
  const preferred = (known.find(({ isDefault }) => isDefault)?.entry ?? visible[0])?.target;
  const target = source.configured ?? preferred ?? source.fallback;
  const efforts = known.find(({ entry }) => entry.target === target)?.entry.efforts ?? [];

  const byId = new Map<string, ModelEntry>();
  const add = (entry: ModelEntry): void => {
    const key = entry.id.toLowerCase();
    if (!byId.has(key)) byId.set(key, entry);
  };
  add({ id: alias, target, efforts });
  for (const entry of visible) add(entry);
  const advertised = [...byId.values()];
  for (const { entry } of known) add(entry);
  if (source.configured !== undefined) add({ id: source.configured, target, efforts });
  const shown = new Set(advertised.map(({ id }) => id.toLowerCase()));
  return { advertised, byId, hidden: new Set([...byId.keys()].filter((id) => !shown.has(id))) };
}
