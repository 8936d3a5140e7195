/**
 * All turns of one worker, by response and by thread. Invariant: whatever the CLI says reaches the turn whose thread it
 * names and no other; words for an unknown thread are counted and dropped.
 */

import type { TurnEvent, Turn } from '../actors/turn.ts';
import { Table } from '../actors/table.ts';
import type { ResponseId } from '../machines/ids.ts';
import { Conversation } from './conversation.ts';
import type { ConversationOptions, ConversationOwner } from './conversation-options.ts';
import { DeltaLanes } from './delta-lanes.ts';
import type { Members } from './json.ts';

export interface ConversationsOptions extends ConversationOptions {
  /** What the CLI and the provider call a response; told again when more is known. */
  readonly bound: (response: ResponseId, threadId: string, turnId: string | null, upstreamId: string | null) => void;
  readonly emit: (response: ResponseId, event: TurnEvent) => void;
}

export class Conversations implements ConversationOwner {
  readonly #options: ConversationsOptions;
  readonly #responses = new Table<ResponseId, Conversation>();
  readonly #threads = new Table<string, Conversation>();
  /** Deltas that need not be parsed. */
  readonly deltas: DeltaLanes;

  constructor(options: ConversationsOptions) {
    this.#options = options;
    const { lineBytesMax } = options.limits;
    this.deltas = new DeltaLanes({ lineBytesMax, of: (threadId) => this.#threads.get(threadId) });
  }

  /** Turns that the provider may be working on, and threads that the CLI holds for us. */
  get running(): number {
    let running = 0;
    for (const conversation of this.#threads.values()) if (conversation.running) running += 1;
    return running;
  }

  get threads(): number {
    return this.#threads.size;
  }

  get size(): number {
    return this.#responses.size;
  }

  start(response: ResponseId, turn: Turn, together = true): void {
    const conversation = new Conversation(this.#options, this, response, together);
    this.#responses.set(response, conversation);
    conversation.start(turn);
  }

  crowded(conversation: Conversation, turn: Turn): void {
    conversation.isReplaced = true;
    this.start(conversation.response, turn, false);
    conversation.stop();
  }

  told({ response }: Conversation, event: TurnEvent): void {
    this.#options.emit(response, event);
  }

  opened(conversation: Conversation, threadId: string): void {
    this.#threads.set(threadId, conversation);
  }

  bound({ response }: Conversation, threadId: string, turnId: string | null, upstreamId: string | null): void {
    this.#options.bound(response, threadId, turnId, upstreamId);
  }

  done(conversation: Conversation, threadId: string | null): void {
    const { response } = conversation;
    if (this.#responses.get(response) === conversation) this.#responses.delete(response);
    if (threadId !== null) this.#threads.delete(threadId);
    this.deltas.forget(conversation);
  }

  stop(response: ResponseId): void {
    const conversation = this.#responses.get(response);
    // Nothing to end: it was let go before, or never begun.
    if (conversation === undefined) this.#options.emit(response, { type: 'turn.closed' });
    else conversation.stop();
  }

  has(threadId: unknown): boolean {
    return typeof threadId === 'string' && this.#threads.has(threadId);
  }

  notified(threadId: string, method: string, params: Members): void {
    const conversation = this.#threads.get(threadId);
    if (conversation === undefined) this.#options.count('thread.unknown');
    else conversation.notified(method, params);
  }

  abandon(): void {
    // A response may have left its thread for another one, and the first is still being closed.
    for (const all of [this.#responses, this.#threads]) for (const conversation of all.values()) conversation.abandon();
    this.#responses.clear();
    this.#threads.clear();
  }
}
