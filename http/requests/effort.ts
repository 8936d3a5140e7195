/** Reasoning effort: which words are known, and the nearest one that a model supports. Never an upstream refusal. */

import type { ModelEntry } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { type Settings, settingText } from './settings.ts';

/** Weakest first. */
export const efforts: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'];

/** Weakest first; words that are not ranked come last, in the order given. */
export const sortEfforts = (offered: readonly string[]): readonly string[] => {
  const rank = (effort: string): number => (efforts.includes(effort) ? efforts.indexOf(effort) : efforts.length);
  return [...new Set(offered)].sort((a, b) => rank(a) - rank(b));
};

/** `path`: where the client named it. Between two that are equally near the stronger one wins: nobody gets less than was asked. */
export const effectiveEffort = (asked: string, model: ModelEntry, path = 'reasoning.effort'): string => {
  if (model.efforts.includes(asked)) return asked;
  const wanted = efforts.indexOf(asked);
  if (wanted < 0) {
    const known = sortEfforts([...efforts, ...model.efforts]).join(', ');
    throw new RequestError('invalid_request_error', `${path} must be one of ${known}.`, path);
  }
  let best: string | undefined;
  for (const effort of model.efforts) {
    const distance = Math.abs(efforts.indexOf(effort) - wanted);
    if (!efforts.includes(effort)) continue;
    if (best === undefined || distance <= Math.abs(efforts.indexOf(best) - wanted)) best = effort;
  }
  return best ?? model.efforts[0] ?? asked;
};

export interface ChosenEffort {
  readonly effort: string | null;
  /** What was asked for, if the model has nothing of the kind. */
  readonly clampedFrom: string | null;
}

const none: ChosenEffort = { effort: null, clampedFrom: null };

/** What the request says wins over what the model's name implies; null: neither says anything. */
export const chooseEffort = (settings: Settings, model: ModelEntry): ChosenEffort => {
  const asked = settingText(settings, 'reasoning.effort') ?? model.effort;
  if (asked === null) return none;
  const effort = effectiveEffort(asked, model, settings.paths.get('reasoning.effort'));
  return { effort, clampedFrom: effort === asked ? null : asked };
};
