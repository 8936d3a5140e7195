/** Requests that wait for a place in flight: clean-up first, everything else in order. Bounded in number and in bytes. */

import type { RpcCall, RpcRequest } from './rpc-request.ts';

/** Who may still be told about a request. */
interface Sender {
  cancel(entry: Entry): boolean;
  limit(entry: Entry, ms: number): void;
}

export class Entry implements RpcCall {
  readonly request: RpcRequest;
  readonly body: string;
  readonly #sender: Sender;
  tries = 0;
  /** 0: not in flight. */
  id = 0;
  dueAt = Infinity;
  hasRoom = true;
  /** It would have been cancelled, had it not been sent: it is not sent again. */
  isUnwanted = false;
  cancelRetry: (() => void) | null = null;

  constructor(request: RpcRequest, body: string, sender: Sender) {
    this.request = request;
    this.body = body;
    this.#sender = sender;
  }

  cancel(): boolean {
    return this.#sender.cancel(this);
  }

  limit(ms: number): void {
    this.#sender.limit(this, ms);
  }
}

export class RpcQueue {
  readonly #urgent = new Set<Entry>();
  readonly #waiting = new Set<Entry>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#urgent.size === 0;
  }

  add(entry: Entry): void {
    (entry.request.urgent === true ? this.#urgent : this.#waiting).add(entry);
    this.#bytes += entry.body.length;
  }

  delete(entry: Entry): boolean {
    if (this.isEmpty) return false;
    if (!this.#urgent.delete(entry) && !this.#waiting.delete(entry)) return false;
    this.#bytes -= entry.body.length;
    return true;
  }

  /** Clean-up always has room: there is little of it, and what is not cleaned up leaks. */
  hasRoom(entry: Entry, entriesMax: number, bytesMax: number): boolean {
    if (entry.request.urgent === true) return true;
    return this.#waiting.size + this.#urgent.size < entriesMax && this.#bytes + entry.body.length <= bytesMax;
  }

  shift(): Entry | undefined {
    const entry = first(this.#urgent) ?? first(this.#waiting);
    if (entry !== undefined) this.delete(entry);
    return entry;
  }

  *[Symbol.iterator](): Iterator<Entry> {
    yield* this.#urgent;
    yield* this.#waiting;
  }
}

const first = (entries: Set<Entry>): Entry | undefined => {
  for (const entry of entries) return entry;
  return undefined;
};
