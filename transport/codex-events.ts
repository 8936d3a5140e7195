/**
 * One notification of the CLI as one event of a turn, or none. Deltas are checked by hand (they are the hot path), the
 * rest by schemas. Whose turn it is and whether it may still speak is decided in `conversation.ts`.
 */

import * as z from 'zod';
import type { JsonObject, TurnEvent } from '../actors/turn.ts';
import { outcomeOfError, type Payer } from './codex-errors.ts';
import { isTooDeep, type Members } from './json.ts';

/** `null`: nothing to say. `'invalid'`: not in the shape that is known. */
export type Read = TurnEvent | null | 'invalid';

const phase = z.string().nullish();
const started = z.object({ item: z.looseObject({ type: z.string(), id: z.string().optional(), phase }) });
/** The worker's own data about an item. */
const metadata = z.record(z.string(), z.unknown()).nullish().catch(null);
const closed = z.object({
  item: z.object({
    type: z.string(),
    id: z.string().optional(),
    text: z.string().optional(),
    summary: z.array(z.unknown()).optional(),
    metadata,
  }),
});
const rawPart = z.object({ type: z.string(), annotations: z.array(z.record(z.string(), z.json())).nullish() });
const raw = z.object({
  item: z.discriminatedUnion('type', [
    z.object({
      type: z.literal('message'),
      id: z.string().nullish(),
      role: z.string(),
      phase,
      content: z.array(rawPart).nullish(),
      metadata,
    }),
    z.object({ type: z.literal('reasoning'), id: z.string().nullish(), encrypted_content: z.string().nullish() }),
    z.object({
      type: z.literal('function_call'),
      id: z.string().nullish(),
      call_id: z.string(),
      name: z.string(),
      arguments: z.string(),
    }),
    z.object({
      type: z.literal('custom_tool_call'),
      id: z.string().nullish(),
      call_id: z.string(),
      name: z.string(),
      input: z.string(),
    }),
  ]),
});
const rawKinds = new Set(['message', 'reasoning', 'function_call', 'custom_tool_call']);
const tokens = z.int().nonnegative().catch(0).default(0);
const counts = z.object({
  inputTokens: tokens,
  cachedInputTokens: tokens,
  cacheWriteInputTokens: tokens,
  outputTokens: tokens,
  reasoningOutputTokens: tokens,
  totalTokens: tokens,
});
const sampled = z.object({ usage: counts.nullish(), responseId: z.string().optional().catch(undefined) });
const used = z.object({ tokenUsage: z.object({ total: counts }) });
const rerouted = z.object({ toModel: z.string() });
const turnEnd = z.object({ turn: z.object({ status: z.string(), error: z.unknown() }) });

type Reader = (params: Members, payer: Payer) => Read;

const namesIn = (item: {
  readonly metadata?: object | null | undefined;
}): { readonly metadata?: readonly string[] } => {
  const names = Object.keys(item.metadata ?? {});
  return names.length === 0 ? {} : { metadata: names };
};

/** Deltas without an id belong to one item without a name. */
const itemOf = (params: Members): string => (typeof params['itemId'] === 'string' ? params['itemId'] : '');
const indexOf = (params: Members): number | null => {
  const index = params['summaryIndex'];
  return typeof index === 'number' && Number.isInteger(index) && index >= 0 ? index : null;
};

const itemStarted: Reader = (params) => {
  const { data } = started.safeParse(params);
  if (data === undefined) return 'invalid';
  const { type, id = '', phase: name } = data.item;
  const named = typeof name === 'string' ? { phase: name } : {};
  if (type === 'agentMessage') return { type: 'item.opened', item: id, kind: 'message', ...named };
  return type === 'reasoning' ? { type: 'item.opened', item: id, kind: 'reasoning' } : null;
};

const itemCompleted: Reader = (params) => {
  const { data } = closed.safeParse(params);
  if (data === undefined) return 'invalid';
  const { type, id = '', text, summary } = data.item;
  if (type === 'agentMessage')
    return { type: 'item.closed', item: id, kind: 'message', text: text ?? '', ...namesIn(data.item) };
  if (type !== 'reasoning') return null;
  const parts = (summary ?? []).filter((part) => typeof part === 'string');
  return { type: 'item.closed', item: id, kind: 'reasoning', text: parts.join('\n\n') };
};

const rawItem: Reader = (params) => {
  if (isTooDeep(params)) return 'invalid';
  const kind = (params['item'] as { type?: unknown } | null | undefined)?.type;
  if (typeof kind !== 'string') return 'invalid';
  // Hosted calls have no event; outputs, instructions and notes of the CLI are not the model's.
  if (!rawKinds.has(kind)) return null;
  const { data } = raw.safeParse(params);
  if (data === undefined) return 'invalid';
  const { item } = data;
  if (item.type === 'message') {
    if (item.role !== 'assistant') return null;
    const annotations = (item.content ?? []).flatMap((part) => (part.annotations ?? []) as JsonObject[]);
    const named = typeof item.phase === 'string' ? { phase: item.phase } : {};
    return { type: 'item.final', item: item.id ?? '', kind: 'message', annotations, ...named, ...namesIn(item) };
  }
  if (item.type === 'reasoning') {
    const encrypted = typeof item.encrypted_content === 'string' ? { encrypted: item.encrypted_content } : {};
    return { type: 'item.final', item: item.id ?? '', kind: 'reasoning', annotations: [], ...encrypted };
  }
  return {
    type: 'call.requested',
    item: item.id ?? item.call_id,
    kind: item.type,
    callId: item.call_id,
    name: item.name,
    arguments: item.type === 'function_call' ? item.arguments : item.input,
  };
};

const turnCompleted: Reader = (params, payer) => {
  const { data } = turnEnd.safeParse(params);
  const status = data?.turn.status;
  if (status === 'completed') return { type: 'turn.ended', outcome: { type: 'completed' } };
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
    const { data } = sampled.safeParse(params);
    const named = data?.responseId === undefined ? {} : { sampling: data.responseId };
    return { type: 'sampling.completed', usage: data?.usage ?? null, ...named };
  },
  'thread/tokenUsage/updated': (params) => {
    const { data } = used.safeParse(params);
    return data === undefined ? 'invalid' : { type: 'usage.observed', total: data.tokenUsage.total };
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
