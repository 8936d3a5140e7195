/**
 * One turn on a thread of its own: start the thread, inject the conversation, start the turn, listen, let go. Invariants:
 * `turn.stop` works at any moment of this and is answered by one `turn.closed`, never sent unasked; the turn ends once;
 * a thread that was started is unsubscribed, also when the answer to its start came too late.
 */

import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { Failure } from '../machines/outcome.ts';
import { readNotification } from './codex-events.ts';
import type { ConversationOptions } from './conversation-options.ts';
import { member, type Members } from './json.ts';
import { OwnTools } from './own-tools.ts';
import { interruptTurn, unsubscribeThread } from './release.ts';
import type { RpcCall } from './rpc-request.ts';
import { imageCount, injectItems, isStarved, stepFailure, threadStart, turnStart } from './steps.ts';
import { Teller } from './teller.ts';
import { upstreamIdOf } from './upstream-id.ts';

export class Conversation {
  readonly #options: ConversationOptions;
  /** Of its events; deltas in bytes are said to it without more ado. */
  readonly teller: Teller;
  /** Where `DeltaLanes` has the deltas of its message. */
  laneKey: number | null = null;
  #call: RpcCall | null = null;
  #threadId: string | null = null;
  #turnId: string | null = null;
  #upstreamId: string | null = null;
  /** `turn/start` has been sent: the provider may be working. */
  #started = false;
  #accepted = false;
  /** The last event of the turn has been told. */
  #ended = false;
  /** The CLI itself has said that the turn is over. */
  #finished = false;
  #stopping = false;
  #closed = false;
  #cancelClose: (() => void) | null = null;
  /** Null: the CLI has no tools of its own. */
  #ownTools: OwnTools | null = null;

  constructor(options: ConversationOptions) {
    this.#options = options;
    this.teller = new Teller(options.emit);
  }

  get running(): boolean {
    return this.#started && !this.#finished;
  }

  start(turn: Turn): void {
    const { powers } = this.#options;
    if (powers.ownTools) this.#ownTools = new OwnTools(turn.tools ?? []);
    this.#step('thread/start', threadStart(turn, powers), (result) => {
      const id = member(member(result, 'thread'), 'id');
      if (typeof id !== 'string') return this.#fail({ code: 'worker_error' });
      this.#threadId = id;
      this.#options.opened(id);
      this.#options.bound(id, null, null);
      if (this.#stopping) return this.#unsubscribe(id);
      const injected = (): void => {
        this.#started = true;
        this.#step('turn/start', turnStart(id, turn), (answer) => {
          const turnId = member(member(answer, 'turn'), 'id');
          if (typeof turnId === 'string') this.#name(turnId);
          this.#accept();
        });
      };
      this.#step('thread/inject_items', injectItems(id, turn, powers), injected, imageCount(turn));
    });
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    const unsent = this.#call?.cancel() === true;
    const answered = this.#call === null;
    this.#call = unsent ? null : this.#call;
    if (unsent && this.#turnId === null && !this.#accepted) this.#started = false;
    if (this.#threadId !== null && !this.#closed) {
      this.#letGo(this.#threadId);
    } else if (this.#closed || answered || unsent) {
      this.#close();
    }
    // Otherwise the answer to `thread/start` is on its way and says what to unsubscribe.
  }

  notified(method: string, params: Members): void {
    if (method === 'thread/closed') {
      this.#vanish();
      return;
    }
    const { count } = this.#options;
    const turnId = params['turnId'] ?? member(params['turn'], 'id');
    if (typeof turnId === 'string' && turnId !== this.#turnId) {
      if (turnId.startsWith('auto-compact-')) return;
      if (this.#turnId !== null) return count('turn.foreign');
      this.#name(turnId);
    }
    // A failed turn is told twice, by `error` and by its end: only a third time would be strange.
    const expected = method === 'turn/completed' && !this.#finished;
    if (expected) this.#finished = true;
    if (this.#ended) return expected ? undefined : count('turn.late');
    const event = readNotification(method, params, this.#options.payer);
    if (event === undefined) return this.#options.unknown(method);
    if (event === 'invalid') return count('notification.invalid');
    if (event === null) return this.#notice(method, params);
    this.#trace(upstreamIdOf(event, params));
    if (this.#stopping) {
      // What was said since the stop is lost, so not even a completed turn is whole.
      if (event.type === 'turn.ended') this.#end({ type: 'turn.ended', outcome: { type: 'cancelled' } });
      return;
    }
    for (const one of this.#ownTools?.heard(event) ?? [event]) this.#tell(one, turnId);
  }

  /** A delta of that turn needs nothing but to be handed on. */
  flows(turnId: string): boolean {
    return this.#accepted && !this.#ended && !this.#stopping && !this.#closed && turnId === this.#turnId;
  }

  #name(turnId: string): void {
    if (this.#turnId === turnId) return;
    this.#turnId = turnId;
    if (this.#threadId !== null) this.#options.bound(this.#threadId, turnId, this.#upstreamId);
  }

  #trace(upstreamId: string | null): void {
    if (upstreamId === null || upstreamId === this.#upstreamId) return;
    this.#upstreamId = upstreamId;
    if (this.#threadId !== null) this.#options.bound(this.#threadId, this.#turnId, upstreamId);
  }

  /** The process is gone. */
  abandon(): void {
    this.#cancelClose?.();
  }

  #step(method: string, params: unknown, next: (result: unknown) => void, images = 0): void {
    const { limits, rpc, worn } = this.#options;
    this.#call = rpc.request({
      method,
      params,
      response: this.#options.response,
      deadlineMs: limits.stepMs + images * limits.stepMsPerImage,
      msPerMegabyte: limits.stepMsPerMegabyte,
      settle: (reply) => {
        this.#call = null;
        if (!reply.ok) {
          // It refuses at once, so it is the least loaded, and every request would go there.
          if (isStarved(reply.failure)) worn(`${method} failed for want of resources`);
          return this.#fail(stepFailure(method, reply.failure));
        }
        // After a stop only the thread's own name still matters.
        if (!this.#stopping || method === 'thread/start') next(reply.result);
      },
      ...(method === 'thread/start' ? { late: (result: unknown) => this.#late(result) } : {}),
    });
  }

  #accept(): void {
    if (this.#accepted || this.#ended || this.#stopping) return;
    this.#accepted = true;
    this.teller.tell({ type: 'turn.accepted' });
  }

  #tell(event: TurnEvent, turnId: unknown): void {
    if (event.type === 'turn.ended') return this.#end(event);
    // Output before the answer to `turn/start` is proof enough.
    if (typeof turnId === 'string') this.#accept();
    this.teller.tell(event);
  }

  #end(event: TurnEvent): void {
    this.#ended = true;
    this.teller.tell(event);
  }

  #fail(failure: Failure): void {
    if (this.#stopping) {
      if (this.#threadId === null) this.#close();
      return;
    }
    if (this.#ended) return;
    this.#end(
      this.#accepted ? { type: 'turn.ended', outcome: { type: 'failed', failure } } : { type: 'turn.refused', failure },
    );
  }

  #notice(method: string, params: Members): void {
    if (method === 'item/started' && member(params['item'], 'type') === 'contextCompaction') {
      this.#options.count('turn.compacted');
    }
  }

  #letGo(threadId: string): void {
    this.#options.rpc.corked(() => {
      if (this.running) interruptTurn(this.#options, threadId, this.#turnId);
      this.#unsubscribe(threadId);
    });
  }

  #unsubscribe(threadId: string): void {
    const { limits, clock, worn, done } = this.#options;
    unsubscribeThread(this.#options, threadId, (state) => {
      if (this.#closed) return;
      if (state === 'gone') return this.#close();
      if (state === 'stuck') return done(threadId);
      this.#cancelClose = clock.schedule(limits.closeMs, () => {
        worn('a thread was not closed');
        done(threadId);
      });
    });
  }

  #vanish(): void {
    if (this.#stopping) return this.#close();
    this.#closed = true;
    this.#finished = true;
    this.#options.count('thread.vanished');
    this.#fail({ code: 'worker_error' });
  }

  #close(): void {
    this.#closed = true;
    this.#cancelClose?.();
    this.#options.done(this.#threadId);
    this.teller.tell({ type: 'turn.closed' });
  }

  /** The thread came to life after we had given it up. */
  #late(result: unknown): void {
    const threadId = member(member(result, 'thread'), 'id');
    if (typeof threadId === 'string') unsubscribeThread(this.#options, threadId, () => {});
  }
}
