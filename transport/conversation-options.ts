/** What a conversation is given, and whom it tells what. */

import type { Clock } from '../actors/seams.ts';
import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { Payer } from './codex-errors.ts';
import type { Conversation } from './conversation.ts';
import type { Powers } from './powers.ts';
import type { ReleaseOptions } from './release.ts';

/** The same for all of a worker. */
export interface ConversationOptions extends ReleaseOptions {
  readonly clock: Clock;
  readonly payer: Payer;
  readonly powers: Powers;
  readonly unknown: (method: string) => void;
}

export interface ConversationOwner {
  /** It is to be stopped, and the turn to be begun on another thread, one request after the other. */
  crowded(conversation: Conversation, turn: Turn): void;
  told(conversation: Conversation, event: TurnEvent): void;
  /** The mailbox of this thread is open from here on. */
  opened(conversation: Conversation, threadId: string): void;
  /** Told again when the turn has a name, and when the provider has one for it. */
  bound(conversation: Conversation, threadId: string, turnId: string | null, upstreamId: string | null): void;
  /** Nothing more will be said: forget the thread and the response. */
  done(conversation: Conversation, threadId: string | null): void;
}
