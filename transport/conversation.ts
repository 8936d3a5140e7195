/**
 * One turn on a thread of its own: have it begin (`opening.ts`), listen, let go. Invariants:
 * `turn.stop` works at any moment of this and is answered by one `turn.closed`, never sent unasked; the turn ends once;
 * a thread that was started is unsubscribed, also when the answer to its start came too late.
 */

import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Failure } from '../machines/outcome.ts';
import { readNotification } from './codex-events.ts';
import type { ConversationOptions, ConversationOwner } from './conversation-options.ts';
import { member, type Members } from './json.ts';
import { Opening, type Opener } from './opening.ts';
import { OwnTools } from './own-tools.ts';
import { interruptTurn, unsubscribeThread } from './release.ts';
import { Teller } from './teller.ts';
import { upstreamIdOf } from './upstream-id.ts';

export class Conversation implements Opener {
  /** Whose turn it is. */
  readonly response: ResponseId;
  readonly together: boolean;
  /** Another one has its turn: nobody is told any more what it says. */
  isReplaced = false;
  readonly #options: ConversationOptions;
  readonly #owner: ConversationOwner;
  readonly #opening: Opening;
  /** Of its events; deltas in bytes are said to it without more ado. */
  readonly teller: Teller;
  /** Where `DeltaLanes` has the deltas of its message. */
  laneKey: number | null = null;
  #threadId: string | null = null;
  #turnId: string | null = null;
  #upstreamId: string | null = null;
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

  /** `together`: the turn is sent with what it is about. */
  constructor(options: ConversationOptions, owner: ConversationOwner, response: ResponseId, together: boolean) {
    this.#options = options;
    this.#owner = owner;
    this.response = response;
    this.together = together;
    this.teller = new Teller(this);
    this.#opening = new Opening(options, this);
  }

  get running(): boolean {
    return this.#opening.started && !this.#finished;
  }

  get turnId(): string | null {
    return this.#turnId;
  }

  /** What its teller has to tell. */
  emit(event: TurnEvent): void {
    if (!this.isReplaced) this.#owner.told(this, event);
  }

  start(turn: Turn): void {
    if (this.#options.powers.ownTools) this.#ownTools = new OwnTools(turn.tools ?? []);
    this.#opening.begin(turn);
  }

  opened(threadId: string): boolean {
    this.#threadId = threadId;
    this.#owner.opened(this, threadId);
    this.#bind(threadId);
    if (this.#stopping) this.#unsubscribe(threadId);
    return !this.#stopping;
  }

  accepted(turnId: string | null): void {
    // After a stop only the thread's own name still matters.
    if (this.#stopping) return;
    if (turnId !== null) this.#name(turnId);
    this.#accept();
  }

  failed(failure: Failure): void {
    if (this.#stopping) {
      if (this.#threadId === null) this.#close();
      return;
    }
    if (this.#ended) return;
    this.#end(
      this.#accepted ? { type: 'turn.ended', outcome: { type: 'failed', failure } } : { type: 'turn.refused', failure },
    );
  }

  crowded(turn: Turn): void {
    if (!this.#stopping && !this.#ended) this.#owner.crowded(this, turn);
  }

  /** The thread came to life after we had given it up. */
  late(threadId: string): void {
    unsubscribeThread(this.#options, threadId, () => {});
  }

  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#opening.cancel();
    if (this.#threadId !== null && !this.#closed) this.#letGo(this.#threadId);
    else if (this.#closed || !this.#opening.awaitsThread) this.#close();
    // Otherwise the answer to `thread/start` is on its way and says what to unsubscribe.
  }

  notified(method: string, params: Members): void {
    if (method === 'thread/closed') {
      this.#vanish();
      return;
    }
    if (this.#opening.isHolding) return this.#opening.hold(() => this.notified(method, params));
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
    if (this.#threadId !== null) this.#bind(this.#threadId);
  }

  #trace(upstreamId: string | null): void {
    if (upstreamId === null || upstreamId === this.#upstreamId) return;
    this.#upstreamId = upstreamId;
    if (this.#threadId !== null) this.#bind(this.#threadId);
  }

  #bind(threadId: string): void {
    if (!this.isReplaced) this.#owner.bound(this, threadId, this.#turnId, this.#upstreamId);
  }

  /** The process is gone. */
  abandon(): void {
    this.#cancelClose?.();
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
    const { limits, clock, worn } = this.#options;
    unsubscribeThread(this.#options, threadId, (state) => {
      if (this.#closed) return;
      if (state === 'gone') return this.#close();
      if (state === 'stuck') return this.#owner.done(this, threadId);
      this.#cancelClose = clock.schedule(limits.closeMs, () => {
        worn('a thread was not closed');
        this.#owner.done(this, threadId);
      });
    });
  }

  #vanish(): void {
    if (this.#stopping) return this.#close();
    this.#closed = true;
    this.#finished = true;
    this.#options.count('thread.vanished');
    this.failed({ code: 'worker_error' });
  }

  #close(): void {
    this.#closed = true;
    this.#cancelClose?.();
    this.#owner.done(this, this.#threadId);
    this.teller.tell({ type: 'turn.closed' });
  }
}
