/** What a conversation is given, and whom it tells what. */

import type { Clock } from '../actors/seams.ts';
import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Payer } from './codex-errors.ts';
import type { Powers } from './powers.ts';
import type { ReleaseOptions } from './release.ts';

export interface ConversationOptions extends ReleaseOptions {
  readonly clock: Clock;
  readonly payer: Payer;
  readonly powers: Powers;
  readonly together: boolean;
  /** It is to be stopped, and the turn to be begun on another thread, one request after the other. */
  readonly crowded: (turn: Turn) => void;
  /** Whose turn it is. */
  readonly response?: ResponseId;
  readonly emit: (event: TurnEvent) => void;
  /** The mailbox of this thread is open from here on. */
  readonly opened: (threadId: string) => void;
  /** Told again when the turn has a name, and when the provider has one for it. */
  readonly bound: (threadId: string, turnId: string | null, upstreamId: string | null) => void;
  /** Nothing more will be said: forget the thread and the response. */
  readonly done: (threadId: string | null) => void;
  readonly unknown: (method: string) => void;
}
