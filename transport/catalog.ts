/**
 * The model catalogue that the CLI works with: the vendor's, without what the vendor's own agent needs. Unpatched, models
 * get a shell, a prompt, hidden compaction and forced parameters. The true windows and default efforts are kept aside.
 */

import { execFile } from 'node:child_process';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { Binary } from './binary.ts';
import { isObject, member } from './json.ts';

/** What the patch takes away and `/v1/models` still wants to know. */
export interface CatalogModel {
  readonly slug: string;
  readonly contextWindow: number | null;
  readonly defaultEffort: string | null;
}

/** `model/list` entries, as far as anybody reads them. */
export type Listing = readonly JsonObject[];

export interface Catalog {
  /** Content of `models.json`. */
  readonly json: string;
  readonly models: readonly CatalogModel[];
  /** What workers will list of it. */
  readonly listing: Listing;
}

const unlimited = 100_000_000;

/** How the CLI's own tools are taken from a model. */
const toolless: JsonObject = {
  shell_type: 'disabled',
  apply_patch_tool_type: null,
  experimental_supported_tools: [],
};

const patch = (entry: JsonObject, { lite, ownTools }: CatalogOptions): JsonObject => {
  const { multi_agent_version: _version, multi_agent_reasoning_effort: _effort, ...kept } = entry;
  return {
    ...kept,
    tool_mode: 'direct',
    ...(ownTools ? {} : toolless),
    supports_search_tool: false,
    base_instructions: '',
    model_messages: null,
    include_skills_usage_instructions: false,
    include_plugin_usage_instructions: false,
    include_apps_usage_instructions: false,
    upgrade: null,
    availability_nux: null,
    default_verbosity: null,
    default_reasoning_level: null,
    default_reasoning_summary: 'none',
    supports_reasoning_effort_updates: false,
    supports_image_detail_original: false,
    context_window: unlimited,
    max_context_window: unlimited,
    truncation_policy: { mode: 'bytes', limit: 1_000_000_000 },
    use_responses_lite: lite && entry['use_responses_lite'] === true,
  };
};

/** The least that the CLI takes; its model is sent to the provider as it is named. */
const minimalEntry = (slug: string): JsonObject => ({
  slug,
  display_name: slug,
  description: '',
  supported_reasoning_levels: ['low', 'medium', 'high'].map((effort) => ({ effort, description: effort })),
  visibility: 'list',
  supported_in_api: true,
  // Before all of the vendor's: it is the default.
  priority: 0,
  support_verbosity: true,
  input_modalities: ['text', 'image'],
});

const effortsOf = (entry: JsonObject): Json => {
  const levels = entry['supported_reasoning_levels'];
  const names = (Array.isArray(levels) ? levels : []).map((level) => member(level, 'effort'));
  return names.flatMap((reasoningEffort) => (typeof reasoningEffort === 'string' ? [{ reasoningEffort }] : []));
};

/** As the CLI does it: by priority, without the hidden ones, the first one being the default. */
const listingOf = (entries: readonly JsonObject[]): Listing => {
  const priorityOf = ({ priority }: JsonObject): number => (typeof priority === 'number' ? priority : 0);
  return entries
    .filter(({ visibility }) => visibility === 'list')
    .toSorted((a, b) => priorityOf(a) - priorityOf(b))
    .map((entry, at) => ({
      id: entry['slug'] ?? null,
      model: entry['slug'] ?? null,
      hidden: false,
      isDefault: at === 0,
      supportedReasoningEfforts: effortsOf(entry),
      serviceTiers: entry['service_tiers'] ?? [],
    }));
};

export interface CatalogOptions {
  /** Keep the vendor's compact request shape; only the vendor's own endpoint is known to take it. */
  readonly lite: boolean;
  /** Keep what the entries say of the CLI's own tools. */
  readonly ownTools: boolean;
}

export const patchCatalog = (entries: readonly JsonObject[], options: CatalogOptions): Catalog => ({
  json: JSON.stringify({ models: entries.map((entry) => patch(entry, options)) }),
  models: entries.map((entry) => ({
    slug: typeof entry['slug'] === 'string' ? entry['slug'] : '',
    contextWindow: typeof entry['context_window'] === 'number' ? entry['context_window'] : null,
    defaultEffort: typeof entry['default_reasoning_level'] === 'string' ? entry['default_reasoning_level'] : null,
  })),
  listing: listingOf(entries),
});

export const minimalCatalog = (model: string): readonly JsonObject[] => [minimalEntry(model)];

/** The operator's model may be one that only his own provider knows. */
export const withModel = (entries: readonly JsonObject[], model: string): readonly JsonObject[] =>
  entries.some(({ slug }) => slug === model) ? entries : [minimalEntry(model), ...entries];

const catalogMs = 5_000;

/** The vendor's entries, or why there are none. */
export const vendorCatalog = async (
  binary: Binary,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<readonly JsonObject[] | string> => {
  if (!binary.found) return binary.reason;
  const output = await new Promise<string | Error>((resolve) => {
    const args = [...binary.args, 'debug', 'models', '--bundled'];
    const options = {
      cwd,
      env: { ...env },
      timeout: catalogMs,
      killSignal: 'SIGKILL',
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    try {
      const child = execFile(binary.command, args, options, (error, stdout) => resolve(error ?? stdout));
      child.stdin?.on('error', () => {});
      child.stdin?.end();
    } catch (error) {
      resolve(error as Error);
    }
  });
  if (output instanceof Error) return output.message.split('\n', 1)[0] ?? 'failed';
  try {
    const models = member(JSON.parse(output), 'models');
    const entries = Array.isArray(models) ? models.filter((entry) => typeof member(entry, 'slug') === 'string') : [];
    return entries.length === 0 ? 'no models in it' : entries.filter(isObject).map((entry) => entry as JsonObject);
  } catch {
    return 'not JSON';
  }
};
