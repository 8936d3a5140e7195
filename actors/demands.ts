/** Whether an answer is what the request demands: read from the finished text, because a model cannot be bound by words. */

import type { ResponseLog } from './log.ts';
import type { Item } from './log-entry.ts';
import type { Demand } from './terms.ts';

const isCall = ({ kind }: Item): boolean => kind === 'function_call' || kind === 'custom_tool_call';

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

/** The first demand that a whole answer does not meet. */
export const unmet = (log: ResponseLog, demands: readonly Demand[]): Demand | undefined =>
  demands.find((demand) => !isMet(log, demand));
