/**
 * One notification of the CLI as one event of a turn, or none. What every turn has is checked by hand, the
 * rest by schemas. Whose turn it is and whether it may still speak is decided in `conversation.ts`.
 */

import * as z from 'zod';
import type { TurnEvent, Usage } from '../actors/turn.ts';
import { outcomeOfError, type Payer } from './codex-errors.ts';
import { itemCompleted, itemStarted, rawItem, type Read } from './codex-items.ts';
import { isObject, member, type Members } from './json.ts';

/** Of anything that is not a count, none. */
const tokens = (value: unknown): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : 0;
const countsOf = (usage: Members): Usage => ({
  inputTokens: tokens(usage['inputTokens']),
  cachedInputTokens: tokens(usage['cachedInputTokens']),
  cacheWriteInputTokens: tokens(usage['cacheWriteInputTokens']),
  outputTokens: tokens(usage['outputTokens']),
  reasoningOutputTokens: tokens(usage['reasoningOutputTokens']),
  totalTokens: tokens(usage['totalTokens']),
});
const rerouted = z.object({ toModel: z.string() });
const turnEnd = z.object({ turn: z.object({ status: z.string(), error: z.unknown() }) });

const completed: TurnEvent = { type: 'turn.ended', outcome: { type: 'completed' } };

type Reader = (params: Members, payer: Payer) => Read;

/** Deltas without an id belong to one item without a name. */
const itemOf = (params: Members): string => (typeof params['itemId'] === 'string' ? params['itemId'] : '');
const indexOf = (params: Members): number | null => {
  const index = params['summaryIndex'];
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : null;
};

const turnCompleted: Reader = (params, payer) => {
  const turn = params['turn'];
  // As it nearly always ends.
  if (isObject(turn) && turn['status'] === 'completed' && turn['error'] === null) return completed;
  const { data } = turnEnd.safeParse(params);
  const status = data?.turn.status;
  if (status === 'completed') return completed;
  if (status === 'failed') return { type: 'turn.ended', outcome: outcomeOfError(data?.turn.error, payer) };
  // An interruption that nobody asked for, or whatever it may be: the turn is over, and nobody must wait for it.
  return { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'upstream_error' } } };
};

const readers: Readonly<Record<string, Reader>> = {
  'item/started': itemStarted,
  'item/completed': itemCompleted,
  'rawResponseItem/completed': rawItem,
  'turn/completed': turnCompleted,
  'item/reasoning/summaryPartAdded': (params) => {
    const index = indexOf(params);
    return index === null ? 'invalid' : { type: 'summary.opened', item: itemOf(params), index };
  },
  'rawResponse/completed': (params) => {
    const { usage = null, responseId } = params as { usage?: unknown; responseId?: unknown };
    if (usage !== null && !isObject(usage)) return { type: 'sampling.completed', usage: null };
    const named = typeof responseId === 'string' ? { sampling: responseId } : {};
    return { type: 'sampling.completed', usage: usage === null ? null : countsOf(usage), ...named };
  },
  'thread/tokenUsage/updated': (params) => {
    const total = member(params['tokenUsage'], 'total');
    return isObject(total) ? { type: 'usage.observed', total: countsOf(total) } : 'invalid';
  },
  error: (params, payer) =>
    params['willRetry'] === true
      ? { type: 'upstream.retried' }
      : { type: 'turn.ended', outcome: outcomeOfError(params['error'], payer) },
  'item/reasoning/textDelta': () => ({ type: 'thought.observed' }),
  // Tools of the CLI itself are at work.
  'item/commandExecution/outputDelta': () => ({ type: 'thought.observed' }),
  'model/rerouted': (params) => {
    const { data } = rerouted.safeParse(params);
    return data === undefined ? 'invalid' : { type: 'model.rerouted', model: data.toModel };
  },
};

/** Notifications of a thread that say nothing we need. */
const silent = new Set([
  'thread/started',
  'thread/status/changed',
  'thread/settings/updated',
  'thread/readState/changed',
  'thread/name/updated',
  'thread/compacted',
  'turn/started',
  'turn/diff/updated',
  'turn/plan/updated',
  'item/plan/delta',
  'item/commandExecution/terminalInteraction',
  'item/fileChange/outputDelta',
  'item/fileChange/patchUpdated',
  'serverRequest/resolved',
]);

/** Undefined: a method that is not known. */
export const readNotification = (method: string, params: Members, payer: Payer): Read | undefined => {
  if (method === 'item/agentMessage/delta') {
    const delta = params['delta'];
    if (typeof delta !== 'string') return 'invalid';
    return delta === '' ? null : { type: 'text.delta', item: itemOf(params), delta };
  }
  if (method === 'item/reasoning/summaryTextDelta') {
    const delta = params['delta'];
    const index = indexOf(params);
    if (typeof delta !== 'string' || index === null) return 'invalid';
    return delta === '' ? null : { type: 'summary.delta', item: itemOf(params), index, delta };
  }
  if (Object.hasOwn(readers, method)) return readers[method]?.(params, payer) ?? null;
  return silent.has(method) ? null : undefined;
};

const echoHead = '{"method":"rawResponseItem/completed","params":{"threadId":"';
const echoTail = '","turnId":"auto-compact-';

/** The CLI writes every injected item back; its beginning is enough to tell, before anything is parsed. */
export const isEcho = (line: string): boolean => {
  if (!line.startsWith(echoHead)) return false;
  const end = line.indexOf('"', echoHead.length);
  return end !== -1 && line.startsWith(echoTail, end);
};
