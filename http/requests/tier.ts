/** The service tier: asked of the model where it has it, otherwise tolerated like any setting that cannot be applied. */

import type { ModelEntry, ParamsMode } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { type Settings, settingText } from './settings.ts';

export interface Tier {
  /** Null: the default one. */
  readonly tier: string | null;
  readonly ignored: readonly string[];
}

/** Codex calls the quick tier `priority`, its users call it `fast`. */
const upstream: Readonly<Record<string, string>> = { fast: 'priority' };
const neutral: ReadonlySet<string | null> = new Set([null, 'auto', 'default']);

const usual: Tier = { tier: null, ignored: [] };

export const readTier = (settings: Settings, model: ModelEntry, mode: ParamsMode): Tier => {
  const asked = settingText(settings, 'service_tier');
  if (asked === null || neutral.has(asked)) return usual;
  const tier = upstream[asked] ?? asked;
  if (model.tiers.includes(tier)) return { tier, ignored: [] };
  const path = settings.paths.get('service_tier') ?? 'service_tier';
  if (mode === 'lenient') return { tier: null, ignored: [path] };
  const message = `${path}: ${model.id} has no tier ${asked}; leave it out or send auto.`;
  throw new RequestError('unsupported_parameter', message, path);
};
