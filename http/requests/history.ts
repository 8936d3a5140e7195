/**
 * What earlier responses bring to a request on `/v1/responses`: the conversation before `previous_response_id`, and single
 * items that the input refers to by their ids.
 *
 * Invariant: they come as the items that the client was shown, with the encrypted content of their reasoning, so that they
 * are read like those that a client sends back itself.
 */

import type { Archive } from '../../actors/archive.ts';
import { ResponseLog } from '../../actors/log.ts';
import type { Kept } from '../../actors/store.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import { limits } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import { outputJson } from '../responses-body.ts';
import { previousField as field } from './previous.ts';
import { isAbsent, isObject, quotable } from './well-formed.ts';

const itemIdPattern = /^[a-z]+_([\w-]{1,128})_\d+$/;

const outputOf = (kept: Kept): string => outputJson(ResponseLog.fromRecord(kept.log()));
const itemsOf = (json: string): readonly JsonObject[] => JSON.parse(json) as readonly JsonObject[];

export const tooMuch = (param: string): never => {
  const { historyResponsesMax, historyBytesMax } = limits;
  const bounds = `${historyResponsesMax} responses and ${historyBytesMax / 1_048_576} MiB`;
  const remedy = 'begin a new conversation with what matters of it';
  throw new RequestError('invalid_request_error', `${param} brings more than ${bounds}; ${remedy}.`, param);
};

/** The response that a request goes on from; null: it begins a conversation. */
export function previousOf(body: JsonObject, archive: Archive | null): Kept | null {
  const id = body[field];
  if (isAbsent(id)) return null;
  if (typeof id !== 'string') throw new RequestError('invalid_request_error', `${field} must be a string.`, field);
  const found = archive?.find(id) ?? null;
  if (found === null) {
    throw new RequestError(
      'previous_response_not_found',
      `Previous response with id '${quotable(id)}' not found.`,
      field,
    );
  }
  const status = found === 'running' ? 'in_progress' : found.log().ending?.outcome.type;
  if (found === 'running' || (status !== 'completed' && status !== 'incomplete')) {
    const message = `Response '${quotable(id)}' is ${status}; only a completed or incomplete one can be continued.`;
    throw new RequestError('response_not_completed', message, field);
  }
  return found;
}

/** Everything that was said before, oldest first: of each response its input, then its output. */
export function itemsBefore(previous: Kept | null): readonly Json[] {
  if (previous === null) return [];
  if (previous.count > limits.historyResponsesMax || previous.bytes > limits.historyBytesMax) tooMuch(field);
  const turns: (readonly Json[])[] = [];
  for (let kept: Kept | null = previous; kept !== null; kept = kept.previous) {
    turns.push([...kept.input(), ...itemsOf(outputOf(kept))]);
  }
  return turns.reverse().flat();
}

/** Our own item ids tell the response. */
const responseOf = (id: Json | undefined): string | null => {
  const response = typeof id === 'string' ? itemIdPattern.exec(id)?.[1] : undefined;
  return response === undefined ? null : `resp_${response}`;
};

/** The response in which an item of the input is looked up; null: it is complete as it is, or cannot be looked up. */
const lookedUpIn = (item: Json): string | null =>
  isObject(item) && (isReference(item) || lacksContent(item)) ? responseOf(item['id']) : null;

/** The responses that a request names: the one that it goes on from, and those of which it wants single items. */
export function namedResponses(body: JsonObject): { readonly previous: string | null; readonly others: Set<string> } {
  const previous = body[field];
  const input = body['input'];
  const others = new Set<string>();
  for (const item of Array.isArray(input) ? input : []) {
    const id = lookedUpIn(item);
    if (id !== null && id !== previous) others.add(id);
  }
  return { previous: typeof previous === 'string' ? previous : null, others };
}

/** Input with every reference replaced by the item that it names, and reasoning completed by what is known of it. */
export function resolved(input: readonly Json[], archive: Archive | null, path: string): readonly Json[] {
  const known = new Map<string, ReadonlyMap<Json | undefined, JsonObject>>();
  let length = 0;
  /** Of everything that is unpacked, and of everything that is put in, each time that it is. */
  const charge = (json: string, at: string): void => {
    length += json.length;
    if (length > limits.historyBytesMax) tooMuch(at);
  };

  const outputById = (response: string, at: string): ReadonlyMap<Json | undefined, JsonObject> => {
    const before = known.get(response);
    if (before !== undefined) return before;
    const kept = archive?.find(response) ?? null;
    const json = kept === null || kept === 'running' ? '[]' : outputOf(kept);
    charge(json, at);
    const byId = new Map(itemsOf(json).map((item) => [item['id'], item]));
    known.set(response, byId);
    return byId;
  };

  const lookUp = (id: Json | undefined, at: string): JsonObject | null => {
    const response = responseOf(id);
    const item = response === null ? undefined : outputById(response, at).get(id);
    if (item === undefined) return null;
    charge(JSON.stringify(item), at);
    return item;
  };

  return input.map((item, i) => {
    if (!isObject(item)) return item;
    const at = `${path}[${i}].id`;
    if (isReference(item)) return lookUp(item['id'], at) ?? notFound(item['id'], at);
    if (!lacksContent(item)) return item;
    const encrypted = lookUp(item['id'], at)?.['encrypted_content'];
    return encrypted === undefined ? item : { ...item, encrypted_content: encrypted };
  });
}

/** It may come without a type. */
const isReference = (item: JsonObject): boolean =>
  item['type'] === 'item_reference' ||
  (isAbsent(item['type']) && isAbsent(item['role']) && typeof item['id'] === 'string');

const lacksContent = (item: JsonObject): boolean => item['type'] === 'reasoning' && isAbsent(item['encrypted_content']);

function notFound(id: Json | undefined, at: string): never {
  if (typeof id !== 'string') throw new RequestError('invalid_request_error', `${at} must be a string.`, at);
  throw new RequestError('item_not_found', `Item with id '${quotable(id)}' not found.`, at);
}
