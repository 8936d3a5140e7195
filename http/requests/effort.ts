/** Reasoning effort: which words are known, and the nearest one that a model supports. Never an upstream refusal. */

import type { ModelEntry } from '../admission.ts';
import { RequestError } from '../request-error.ts';

const ranked: readonly string[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', 'ultra'];

/** Weakest first; words that are not ranked come last, in the order given. */
export const sortEfforts = (efforts: readonly string[]): readonly string[] => {
  const rank = (effort: string): number => (ranked.includes(effort) ? ranked.indexOf(effort) : ranked.length);
  return [...new Set(efforts)].sort((a, b) => rank(a) - rank(b));
};

/** `path`: where the client named it. Between two that are equally near the stronger one wins: nobody gets less than was asked. */
export const effectiveEffort = (asked: string, model: ModelEntry, path = 'reasoning.effort'): string => {
  if (model.efforts.includes(asked)) return asked;
  const wanted = ranked.indexOf(asked);
  if (wanted < 0) {
    const known = sortEfforts([...ranked, ...model.efforts]).join(', ');
    throw new RequestError('invalid_request_error', `${path} must be one of ${known}.`, path);
  }
  let best: string | undefined;
  for (const effort of model.efforts) {
    const distance = Math.abs(ranked.indexOf(effort) - wanted);
    if (!ranked.includes(effort)) continue;
    if (best === undefined || distance <= Math.abs(ranked.indexOf(best) - wanted)) best = effort;
  }
  return best ?? model.efforts[0] ?? asked;
};
