/**
 * Whose line of JSON-RPC it is: from the names that requests, threads and turns have been given. Invariant: what is remembered is
 * bounded, the newest of each kind; a line whose origin is not known any more, or is the worker itself, has none.
 */

import type { Happenings, Watch } from '../actors/diagnostics.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { HttpHappenings } from './happenings.ts';

type Line = Happenings['worker.line'];

export interface Origin {
  /** Id of the request. */
  readonly request: string | null;
  readonly response: string | null;
  readonly thread: string | null;
  readonly rpcId: number | string | null;
  /** Of the notification or request; of an answer, of the request that it answers. */
  readonly method: string | null;
  readonly kind: 'rpc_request' | 'rpc_response' | 'rpc_error' | 'rpc_notification' | 'line';
}

/** Threads, responses and requests that may still be spoken of. */
const rememberedMax = 4_096;

class Recent<Key, Value> extends Map<Key, Value> {
  override set(key: Key, value: Value): this {
    const [oldest] = this.size >= rememberedMax ? this.keys() : [];
    if (oldest !== undefined) this.delete(oldest);
    return super.set(key, value);
  }
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const threadOf = (message: JsonObject): string | null => {
  const { params, result } = message;
  if (isObject(params)) return text(params['threadId']);
  const thread = isObject(result) ? result['thread'] : undefined;
  return isObject(thread) ? text(thread['id']) : null;
};

const kindOf = ({ method, id, error }: JsonObject): Origin['kind'] => {
  if (typeof method === 'string') return id === undefined ? 'rpc_notification' : 'rpc_request';
  if (id === undefined) return 'line';
  return error === undefined ? 'rpc_response' : 'rpc_error';
};

export class LineOrigins {
  readonly #requests = new Recent<string, string>();
  readonly #threads = new Recent<string, ResponseId>();
  /** Requests of JSON-RPC, by worker and id. */
  readonly #sent = new Recent<string, ResponseId>();
  readonly #methods = new Recent<string, string>();

  constructor(watch: Watch<HttpHappenings>) {
    watch('response.opened', ({ request, response }) => this.#requests.set(response, request));
    watch('turn.bound', ({ response, threadId }) => this.#threads.set(threadId, response));
    watch('rpc.sent', ({ slot, epoch, id, response }) => this.#sent.set(`${slot} ${epoch} ${id}`, response));
  }

  requestOf(response: string): string | null {
    return this.#requests.get(response) ?? null;
  }

  /** Each line is to be asked for once, in its order. */
  of({ slot, epoch, response: owner, direction }: Line, message: JsonObject): Origin {
    const kind = kindOf(message);
    const { id } = message;
    const rpcId = typeof id === 'number' || typeof id === 'string' ? id : null;
    const key = `${slot} ${epoch} ${rpcId}`;
    // Only our own requests: the worker counts those that it makes itself.
    const isOurs = (direction === 'out') === (kind === 'rpc_request');
    const isAnswer = kind === 'rpc_response' || kind === 'rpc_error';
    const method = text(message['method']) ?? (isAnswer && isOurs ? (this.#methods.get(key) ?? null) : null);
    if (kind === 'rpc_request' && isOurs && method !== null) this.#methods.set(key, method);
    const thread = threadOf(message);
    const named = thread === null ? undefined : this.#threads.get(thread);
    const asked = rpcId !== null && isOurs ? this.#sent.get(key) : undefined;
    const response = owner ?? named ?? asked ?? null;
    if (isAnswer && isOurs) this.#methods.delete(key);
    // Its answer names no thread.
    if (kind === 'rpc_request' && isOurs && response !== null) this.#sent.set(key, response);
    const request = response === null ? null : this.requestOf(response);
    return { request, response, thread, rpcId, method, kind };
  }
}

/** One message of a line; null: it is none. */
export const messageOf = (line: string): JsonObject | null => {
  try {
    const value = JSON.parse(line) as Json;
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
};

/** What is written at once may be several lines. */
export const linesOf = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '');
