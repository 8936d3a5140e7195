/**
 * Which entries keep their order. An entry stands in one or more lanes; order is fixed within a lane and free between
 * lanes. These are the reorderings that the real CLI shows, and there are no others:
 *
 *   answers        an answer to a request stands in no lane: it may come before or behind any notification, and before
 *                  the answer to an earlier request (so does `thread/closed` against the answer to the unsubscribe);
 *   echoes         echoes of injected items keep their order and come before the first other word about their thread;
 *   limits         `account/rateLimits/updated` stands in no lane;
 *   calls          `item/started`, `item/tool/call` and `item/completed` of a call keep their order between its raw item
 *                  and the end of the turn; calls are free among each other;
 *   threads        threads are free among each other, and so is what is about no thread.
 *
 * What the transport tells follows: one lane a response, one for the process, one for the account, one for the models.
 */

import { type Entry, type Members, membersOf, parsed, textOf } from './entry.ts';

type Place = (lane: string, text: string) => void;

const factLane = (type: string): string => {
  if (type.startsWith('account.') || type.startsWith('login.')) return 'told account';
  return type.startsWith('models.') ? 'told models' : 'told process';
};

const callIdOf = (params: Members): string | null => {
  const item = membersOf(params['item']);
  const { callId } = params as { callId?: unknown };
  if (typeof callId === 'string') return callId;
  if (item['type'] === 'dynamicToolCall') return textOf(item['id']);
  return null;
};

class Thread {
  readonly #id: string;
  readonly #place: Place;
  readonly #calls = new Set<string>();
  #spoken = false;

  constructor(id: string, place: Place) {
    this.#id = id;
    this.#place = place;
  }

  put(method: string, params: Members, text: string): void {
    const turnId = textOf(params['turnId']);
    if (turnId.startsWith('auto-compact-')) return this.#place(`echoes ${this.#id}`, text);
    if (!this.#spoken) this.#place(`echoes ${this.#id}`, text);
    this.#spoken = true;
    const call = callIdOf(params);
    if (call !== null) return this.#place(`call ${call}`, text);
    this.#place(`thread ${this.#id}`, text);
    const raw = membersOf(params['item'])['call_id'];
    if (typeof raw === 'string') {
      this.#calls.add(raw);
      this.#place(`call ${raw}`, text);
    }
    if (method === 'turn/completed') for (const known of this.#calls) this.#place(`call ${known}`, text);
  }
}

export const lanes = (entries: readonly Entry[]): ReadonlyMap<string, readonly string[]> => {
  const found = new Map<string, string[]>();
  const place: Place = (lane, text) => {
    const texts = found.get(lane) ?? [];
    found.set(lane, texts);
    texts.push(text);
  };
  const threads = new Map<string, Thread>();
  for (const [channel, text] of entries) {
    const message = membersOf(parsed(text));
    const { method, response, type } = message as { method?: unknown; response?: unknown; type?: unknown };
    const params = membersOf(message['params']);
    const { threadId } = params as { threadId?: unknown };
    if (channel === 'in') place('in', text);
    else if (channel === 'told')
      place(response === undefined ? factLane(textOf(type)) : `told ${textOf(response)}`, text);
    else if (typeof method !== 'string' || method === 'account/rateLimits/updated') continue;
    else if (typeof threadId !== 'string') place('process', text);
    else {
      const thread = threads.get(threadId) ?? new Thread(threadId, place);
      threads.set(threadId, thread);
      thread.put(method, params, text);
    }
  }
  return found;
};
