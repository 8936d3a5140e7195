/**
 * Items as the CLI tells them, checked by hand, because every answer has several: with a schema the check costs more than the rest
 * (`codex-items.test.ts` holds them to schemas). Invariant: nothing of another shape than the known one becomes an event.
 */

import * as z from 'zod';
import type { JsonObject, TurnEvent } from '../actors/turn.ts';
import { isObject, isTooDeep, type Members } from './json.ts';

/** `null`: nothing to say. `'invalid'`: not in the shape that is known. */
export type Read = TurnEvent | null | 'invalid';

const annotated = z.array(z.record(z.string(), z.json()));
const rawKinds = new Set(['message', 'reasoning', 'function_call', 'custom_tool_call']);

const isMissing = (value: unknown): value is null | undefined => value === undefined || value === null;
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrMissing = (value: unknown): value is string | null | undefined => isMissing(value) || isText(value);

/** The worker's own data about an item. */
const namesIn = (metadata: unknown): { readonly metadata?: readonly string[] } => {
  if (!isObject(metadata)) return {};
  const names = Object.keys(metadata).filter((name) => name !== '__proto__');
  return names.length === 0 ? {} : { metadata: names };
};

const phased = (phase: unknown): { readonly phase?: string } => (isText(phase) ? { phase } : {});

export const itemStarted = (params: Members): Read => {
  const item = params['item'];
  if (!isObject(item)) return 'invalid';
  const { type, id = '', phase } = item as { type?: unknown; id?: unknown; phase?: unknown };
  if (!isText(type) || !isText(id) || !isTextOrMissing(phase)) return 'invalid';
  if (type === 'agentMessage') return { type: 'item.opened', item: id, kind: 'message', ...phased(phase) };
  return type === 'reasoning' ? { type: 'item.opened', item: id, kind: 'reasoning' } : null;
};

export const itemCompleted = (params: Members): Read => {
  const item = params['item'];
  if (!isObject(item)) return 'invalid';
  const { type, id = '', text = '', summary = [] } = item as Record<'type' | 'id' | 'text' | 'summary', unknown>;
  if (!isText(type) || !isText(id) || !isText(text) || !Array.isArray(summary)) return 'invalid';
  if (type === 'agentMessage')
    return { type: 'item.closed', item: id, kind: 'message', text, ...namesIn(item['metadata']) };
  if (type !== 'reasoning') return null;
  return { type: 'item.closed', item: id, kind: 'reasoning', text: summary.filter(isText).join('\n\n') };
};

/** Of all parts; null: not in the known shape. */
const annotationsOf = (content: unknown): readonly JsonObject[] | null => {
  if (isMissing(content)) return [];
  if (!Array.isArray(content)) return null;
  const all: JsonObject[] = [];
  for (const part of content as readonly unknown[]) {
    if (!isObject(part) || !isText(part['type'])) return null;
    const annotations = part['annotations'];
    if (isMissing(annotations)) continue;
    if (!Array.isArray(annotations)) return null;
    // Rare, and their inside is the provider's.
    const known = annotations.length === 0 ? [] : annotated.safeParse(annotations).data;
    if (known === undefined) return null;
    all.push(...(known as JsonObject[]));
  }
  return all;
};

export const rawItem = (params: Members): Read => {
  if (isTooDeep(params)) return 'invalid';
  const item = params['item'];
  // Hosted calls have no event; outputs, instructions and notes of the CLI are not the model's.
  if (!isObject(item) || !isText(item['type'])) return 'invalid';
  if (!rawKinds.has(item['type'])) return null;
  const { type, id } = item as { type: string; id?: unknown };
  if (!isTextOrMissing(id)) return 'invalid';
  if (type === 'message') return rawMessage(item, id ?? '');
  if (type === 'reasoning') {
    const encrypted = item['encrypted_content'];
    if (!isTextOrMissing(encrypted)) return 'invalid';
    const kept = isText(encrypted) ? { encrypted } : {};
    return { type: 'item.final', item: id ?? '', kind: 'reasoning', annotations: [], ...kept };
  }
  const kind = type === 'function_call' ? 'function_call' : 'custom_tool_call';
  const { call_id: callId, name } = item as { call_id?: unknown; name?: unknown };
  const given = item[kind === 'function_call' ? 'arguments' : 'input'];
  if (!isText(callId) || !isText(name) || !isText(given)) return 'invalid';
  return { type: 'call.requested', item: id ?? callId, kind, callId, name, arguments: given };
};

const rawMessage = (item: Members, id: string): Read => {
  const { role, phase } = item as { role?: unknown; phase?: unknown };
  const annotations = annotationsOf(item['content']);
  if (!isText(role) || !isTextOrMissing(phase) || annotations === null) return 'invalid';
  if (role !== 'assistant') return null;
  return { type: 'item.final', item: id, kind: 'message', annotations, ...phased(phase), ...namesIn(item['metadata']) };
};
