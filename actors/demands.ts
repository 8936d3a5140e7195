/** Whether an answer is what the request demands: read from the finished text, because a model cannot be bound by words. */

import type { Outcome } from '../machines/outcome.ts';
import type { ResponseLog } from './log.ts';
import { isCall } from './log-entry.ts';
import type { Journal } from './seams.ts';
import type { Demand, Terms } from './terms.ts';

const isJsonObject = (text: string): boolean => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
};

/** All text of all messages. */
const textOf = (log: ResponseLog): string =>
  log.items
    .flatMap(({ parts }) => parts.filter(({ kind }) => kind === 'text'))
    .map((part) => JSON.parse(`"${log.escapedText(part)}"`) as string)
    .join('');

const isMet = (log: ResponseLog, { kind, names = [] }: Demand): boolean => {
  const calls = log.items.filter(isCall);
  if (kind === 'call') return calls.some(({ name }) => names.length === 0 || names.includes(name ?? ''));
  // A model that calls a tool has not answered yet.
  return calls.length > 0 || isJsonObject(textOf(log));
};

/** The outcome of a response whose answer is whole. */
export const judged = (log: ResponseLog, { demands, strict }: Terms, journal: Journal): Outcome => {
  const unmet = demands.find((demand) => !isMet(log, demand));
  if (unmet === undefined) return { type: 'completed' };
  const { kind, param } = unmet;
  journal.warn('demand_unmet', { response_id: log.head.id, kind, param });
  return strict ? { type: 'failed', failure: { code: 'demand_unmet', param } } : { type: 'completed' };
};
