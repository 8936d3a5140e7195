/**
 * JSON-RPC over one worker's pipes. Invariants: an id is never used twice; a request is settled at most once, and at the
 * latest at its own deadline (a malformed or unlucky request is never answered); failures are values.
 *
 * At most so many requests are in flight, the others wait in order; clean-up goes first, because lost clean-up leaks.
 */

import type { Clock, Ids } from '../actors/seams.ts';
import { Table } from '../actors/table.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Count } from './counters.ts';
import { Deadlines } from './deadlines.ts';
import { encode, isObject, type Members } from './json.ts';
import { readKnownLine } from './known-lines.ts';
import type { TransportLimits } from './limits.ts';
import { Outbox } from './outbox.ts';
import { Entry, RpcQueue } from './rpc-queue.ts';
import { overloaded, type RpcCall, type RpcReply, type RpcRequest } from './rpc-request.ts';

export interface RpcOptions {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly limits: TransportLimits;
  readonly count: Count;
  readonly write: (text: string) => boolean;
  /** A request for a response is about to be sent. */
  readonly sent?: (id: number, response: ResponseId) => void;
  readonly notified: (method: string, params: Members) => void;
  /** True: the request is taken care of; otherwise it is refused at once, because an unanswered one blocks its turn. */
  readonly requested: (method: string, params: Members) => boolean;
}

const triesMax = 6;
const retryMs = 50;
const lateMax = 64;
const none: Members = {};

export class RpcPeer {
  readonly #options: RpcOptions;
  readonly #outbox: Outbox;
  readonly #queue = new RpcQueue();
  readonly #sent = new Table<number, Entry>();
  readonly #resting = new Set<Entry>();
  readonly #late = new Map<number, (result: unknown) => void>();
  readonly #deadlines: Deadlines<Entry>;
  #lastId = 0;
  #closed = false;

  constructor(options: RpcOptions) {
    this.#options = options;
    this.#outbox = new Outbox(options.write, () => options.count('frame.dropped'));
    this.#deadlines = new Deadlines(
      options.clock,
      () => [...this.#queue, ...this.#sent.values(), ...this.#resting],
      (entry) => this.#expire(entry),
    );
  }

  /** Everything that `work` sends goes out in one write. */
  corked(work: () => void): void {
    this.#outbox.cork();
    try {
      work();
    } finally {
      this.#outbox.uncork();
    }
  }

  request(request: RpcRequest): RpcCall {
    const entry = new Entry(request, encode(request.params), this);
    if (this.#closed) return entry;
    const { limits } = this.#options;
    if (!this.#queue.hasRoom(entry, limits.requestsQueuedMax, limits.requestsQueuedBytesMax)) {
      entry.hasRoom = false;
      this.#resting.add(entry);
      // Not at once: nobody expects to be called from within a call.
      this.#deadlines.set(entry, 0);
      return entry;
    }
    if (request.deadlineMs !== null) this.limit(entry, request.deadlineMs);
    // As a rule nobody waits, and there is a place.
    if (this.#queue.isEmpty && this.#hasPlace()) {
      this.#send(entry);
    } else {
      this.#queue.add(entry);
      this.#pump();
    }
    return entry;
  }

  /** For its entries, as `RpcCall` says. */
  limit(entry: Entry, ms: number): void {
    const { request, body, hasRoom } = entry;
    if (!hasRoom) return;
    const deadlineMs = ms + (body.length / 1e6) * (request.msPerMegabyte ?? 0);
    const isFree = request.deadlineOfItsOwn === true;
    this.#deadlines.set(entry, isFree ? deadlineMs : Math.min(deadlineMs, this.#options.limits.requestMs));
  }

  /** For its entries, as `RpcCall` says. */
  cancel(entry: Entry): boolean {
    const unsent = this.#queue.delete(entry) || this.#resting.has(entry);
    if (unsent) this.#forget(entry);
    else entry.isUnwanted = true;
    return unsent || this.#closed;
  }

  notify(method: string): void {
    if (!this.#closed) this.#outbox.push(`{"method":${JSON.stringify(method)}}\n`);
  }

  receive(line: string): void {
    let message: unknown;
    try {
      message = readKnownLine(line) ?? JSON.parse(line);
    } catch {
      this.#options.count('line.malformed');
      return;
    }
    if (!isObject(message)) {
      this.#options.count('line.malformed');
      return;
    }
    const { method, id } = message as { method?: unknown; id?: unknown };
    if (typeof method !== 'string') {
      this.#answered(id, message);
      return;
    }
    const params = (message as { params?: unknown }).params;
    if (id === undefined) this.#options.notified(method, isObject(params) ? params : none);
    else this.#asked(method, id, isObject(params) ? params : none);
  }

  /** There is room in the pipe again. */
  drained(): void {
    this.#outbox.drained();
    this.#pump();
  }

  /** The process is gone: nothing is settled any more. */
  close(): void {
    this.#closed = true;
    for (const entry of [...this.#queue, ...this.#sent.values(), ...this.#resting]) this.#forget(entry);
    this.#deadlines.rest();
    this.#late.clear();
  }

  #pump(): void {
    while (!this.#queue.isEmpty && this.#hasPlace()) {
      const entry = this.#queue.shift();
      if (entry !== undefined) this.#send(entry);
    }
  }

  #hasPlace(): boolean {
    return this.#sent.size < this.#options.limits.requestsInFlightMax && !this.#outbox.full;
  }

  #send(entry: Entry): void {
    entry.id = ++this.#lastId;
    entry.tries += 1;
    this.#sent.set(entry.id, entry);
    if (entry.request.response !== undefined) this.#options.sent?.(entry.id, entry.request.response);
    this.#outbox.push(`{"method":"${entry.request.method}","id":${entry.id},"params":${entry.body}}\n`);
  }

  #answered(id: unknown, message: Members): void {
    const entry = typeof id === 'number' ? this.#sent.get(id) : undefined;
    if (entry === undefined) {
      this.#unexpected(id, message);
      return;
    }
    const error = message['error'];
    if (!isObject(error)) {
      this.#settle(entry, { ok: true, result: message['result'] });
    } else if (error['code'] === overloaded && entry.request.retry !== false && !entry.isUnwanted) {
      this.#rest(entry);
    } else {
      const code = typeof error['code'] === 'number' ? error['code'] : 0;
      const text = typeof error['message'] === 'string' ? error['message'] : '';
      this.#settle(entry, { ok: false, failure: { kind: 'refused', code, message: text } });
    }
    this.#pump();
    if (this.#sent.size === 0 && this.#resting.size === 0 && this.#queue.isEmpty) this.#deadlines.rest();
  }

  #unexpected(id: unknown, message: Members): void {
    const issued = typeof id === 'number' && Number.isInteger(id) && id > 0 && id <= this.#lastId;
    this.#options.count(issued ? 'response.late' : 'response.unknown');
    if (!issued) return;
    const late = this.#late.get(id);
    this.#late.delete(id);
    if (late !== undefined && !isObject(message['error'])) late(message['result']);
  }

  #rest(entry: Entry): void {
    if (entry.tries >= triesMax) {
      this.#settle(entry, { ok: false, failure: { kind: 'busy' } });
      return;
    }
    const { clock, ids, count } = this.#options;
    count('request.retried');
    const delayMs = retryMs * 2 ** (entry.tries - 1) * (0.5 + ids.jitter());
    this.#sent.delete(entry.id);
    entry.id = 0;
    this.#resting.add(entry);
    entry.cancelRetry = clock.schedule(delayMs, () => {
      this.#resting.delete(entry);
      entry.cancelRetry = null;
      this.#queue.add(entry);
      this.#pump();
    });
  }

  #expire(entry: Entry): void {
    if (entry.hasRoom) this.#options.count('request.expired');
    const inFlight = this.#sent.has(entry.id);
    if (inFlight && entry.request.late !== undefined) {
      const oldest = this.#late.size >= lateMax ? this.#late.keys().next().value : undefined;
      if (oldest !== undefined) this.#late.delete(oldest);
      this.#late.set(entry.id, entry.request.late);
    }
    this.#settle(entry, { ok: false, failure: { kind: inFlight ? 'expired' : 'busy' } });
    this.#pump();
  }

  #settle(entry: Entry, reply: RpcReply): void {
    this.#forget(entry);
    entry.request.settle(reply);
  }

  #forget(entry: Entry): void {
    entry.dueAt = Infinity;
    // In one place only.
    if (this.#sent.delete(entry.id)) return;
    entry.cancelRetry?.();
    if (!this.#queue.delete(entry)) this.#resting.delete(entry);
  }

  #asked(method: string, id: unknown, params: Members): void {
    if (this.#closed || this.#options.requested(method, params)) return;
    this.#options.count('server_request.refused');
    this.#outbox.push(`{"id":${encode(id)},"error":{"code":-32601,"message":"method not found"}}\n`);
  }
}
