/**
 * The vendor-like model catalog that `debug models --bundled` prints, and `model/list` made from a catalog.
 * Invariant: the entry with the lowest priority comes first and is the default; hidden entries are listed on request only.
 */
import type { Json, JsonObject } from './lines.ts';
import { asObject, asString } from './serde.ts';

const efforts: readonly JsonObject[] = [
  { effort: 'low', description: 'Fast responses with lighter reasoning' },
  { effort: 'medium', description: 'Balances speed and reasoning depth for everyday tasks' },
  { effort: 'high', description: 'Greater reasoning depth for complex problems' },
  { effort: 'xhigh', description: 'Extra high reasoning depth for complex problems' },
  { effort: 'max', description: 'Maximum reasoning depth for the hardest problems' },
  { effort: 'ultra', description: 'Maximum reasoning with automatic task delegation' },
];

interface Known {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly priority: number;
  readonly efforts: number;
  readonly effort: string;
  readonly hidden?: boolean;
}

const entry = (model: Known): JsonObject => ({
  slug: model.slug,
  display_name: model.name,
  description: model.description,
  default_reasoning_level: model.effort,
  supported_reasoning_levels: efforts.slice(0, model.efforts),
  shell_type: 'unified_exec',
  visibility: model.hidden === true ? 'hide' : 'list',
  supported_in_api: true,
  priority: model.priority,
  additional_speed_tiers: ['fast'],
  service_tiers: [{ id: 'priority', name: 'Fast', description: '2x speed, increased usage' }],
  availability_nux: { message: `Try ${model.name}.` },
  upgrade: null,
  model_messages: { persistent_instructions: 'You are now in persistent mode.' },
  include_skills_usage_instructions: false,
  include_plugin_usage_instructions: false,
  include_apps_usage_instructions: false,
  default_reasoning_summary: 'none',
  support_verbosity: true,
  default_verbosity: 'low',
  apply_patch_tool_type: 'freeform',
  web_search_tool_type: 'text_and_image',
  truncation_policy: { mode: 'tokens', limit: 10_000 },
  supports_image_detail_original: true,
  context_window: 272_000,
  max_context_window: 872_000,
  effective_context_window_percent: 95,
  experimental_supported_tools: ['send_user_message_async', 'clock'],
  input_modalities: ['text', 'image'],
  supports_search_tool: true,
  use_responses_lite: true,
  supports_reasoning_effort_updates: true,
  tool_mode: 'code_mode_only',
  multi_agent_version: 'v2',
  multi_agent_reasoning_effort: 'xhigh',
  base_instructions: 'You are Codex, an agent. You and the user share one workspace.',
});

export const bundledModels: readonly JsonObject[] = [
  {
    slug: 'gpt-6.1-sol',
    name: 'GPT-6.1-Sol',
    description: 'Latest workhorse model for coding and everyday work.',
    priority: 1,
    efforts: 6,
    effort: 'low',
  },
  {
    slug: 'gpt-6-astra',
    name: 'GPT-6-Astra',
    description: 'Deep reasoning for long-running work.',
    priority: 2,
    efforts: 6,
    effort: 'low',
  },
  { slug: 'gpt-5.5', name: 'GPT-5.5', description: 'Previous generation.', priority: 13, efforts: 4, effort: 'medium' },
  {
    slug: 'codex-auto-review',
    name: 'Auto review',
    description: 'Internal.',
    priority: 43,
    efforts: 5,
    effort: 'medium',
    hidden: true,
  },
].map(entry);

const modelView = (model: JsonObject, isDefault: boolean): JsonObject => ({
  id: model['slug'] as Json,
  model: model['slug'] as Json,
  upgrade: null,
  upgradeInfo: null,
  availabilityNux: model['availability_nux'] ?? null,
  displayName: model['display_name'] ?? model['slug'] ?? '',
  description: model['description'] ?? '',
  modelSpecialty: null,
  hidden: model['visibility'] === 'hide',
  supportedReasoningEfforts: (Array.isArray(model['supported_reasoning_levels'])
    ? model['supported_reasoning_levels']
    : []
  ).map((level: Json) => ({
    reasoningEffort: asObject(level)['effort'] ?? '',
    description: asObject(level)['description'] ?? '',
  })),
  defaultReasoningEffort: model['default_reasoning_level'] ?? 'none',
  inputModalities: model['input_modalities'] ?? ['text', 'image'],
  supportsPersonality: false,
  multiAgentVersion: model['multi_agent_version'] ?? null,
  additionalSpeedTiers: model['additional_speed_tiers'] ?? [],
  serviceTiers: model['service_tiers'] ?? [],
  defaultServiceTier: null,
  availableAccessPrograms: null,
  isDefault,
});

export interface ModelQuery {
  readonly cursor?: Json;
  readonly limit?: Json;
  readonly includeHidden?: Json;
}

/** Null: the cursor is not one of ours. */
export function listModels(
  models: readonly JsonObject[],
  { cursor, limit, includeHidden }: ModelQuery,
): JsonObject | null {
  const shown = models
    .toSorted((left, right) => Number(left['priority'] ?? 0) - Number(right['priority'] ?? 0))
    .filter((model) => includeHidden === true || model['visibility'] !== 'hide');
  const text = asString(cursor);
  const from = text === '' ? 0 : Number(text);
  if (!Number.isInteger(from) || from < 0 || from > shown.length) return null;
  const to = typeof limit === 'number' ? Math.min(shown.length, from + Math.max(1, limit)) : shown.length;
  return {
    data: shown.slice(from, to).map((model, index) => modelView(model, from + index === 0)),
    nextCursor: to < shown.length ? String(to) : null,
  };
}
