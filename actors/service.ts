/** What the runtime offers its front end. `node.ts` implements it; the HTTP tests use it with fakes for the seams. */

import type { ResponseId } from '../machines/ids.ts';
import type { Offer } from '../machines/protocol.ts';
import type { Archive } from './archive.ts';
import type { AccountLimits } from './account-limits.ts';
import type { Reached } from './elsewhere.ts';
import type { Echo } from './head.ts';
import type { ResponseLog } from './log.ts';
import type { Starts } from './starts.ts';
import type { Kept } from './store.ts';
import type { Terms } from './terms.ts';
import type { Json, JsonObject, Turn } from './turn.ts';

/** What is kept of a request with its response. */
export interface Asked {
  readonly input: readonly Json[];
  /** What it goes on from. */
  readonly previous: Kept | null;
}

export interface ResponseRequest {
  /** Whose it is: digest of the key that asked. Nobody else ever sees the response. */
  readonly owner: string;
  /** The name that the client wants for it; it gets one of ours when that one was given before. */
  readonly wantedId?: ResponseId;
  /** The requested model in its advertised spelling. */
  readonly model: string;
  readonly echo: Echo;
  readonly turn: Turn;
  readonly terms: Terms;
  /** What the endpoint calls the conversation, for failures that are about its length. */
  readonly inputName: 'input' | 'messages';
  /** Where the client put its output schema, for failures that are about it. */
  readonly schemaName?: string;
  /** Chooses the deadlines: a live stream is given more time than a body that is read whole. */
  readonly streaming: boolean;
  /** Whether reasoning items show their encrypted content. */
  readonly revealEncrypted: boolean;
  /** Null: nothing of this response is kept. */
  readonly asked: Asked | null;
}

/** One response being produced. It is cancelled when its last reader leaves before the end. */
export interface ResponseHandle {
  readonly id: ResponseId;
  /** Empty until output begins, or until the response has failed (`log.ending`). */
  readonly log: ResponseLog;
  /** Registers a reader, called after each batch of entries. The returned function ends it; calling it twice is harmless. */
  read(follower: () => void): () => void;
}

export type SignIn =
  | { readonly state: 'unknown' | 'signedIn' }
  /** `offer` is null when no device code could be had. */
  | { readonly state: 'signedOut'; readonly offer: Offer | null };

/** `pending`: a device code or an address was asked for, and nobody has used it yet. */
export const loginStates = ['unknown', 'signed_in', 'signed_out', 'pending'] as const;
export type LoginState = (typeof loginStates)[number];

export interface WorkerHealth {
  readonly slot: number;
  /** Whose worker it is; absent: there is one node. */
  readonly node?: number;
  /** `held`, `starting`, `ready`, `draining`, `stopping`, `sick`, `resting` (back-off), `open` (circuit) or `stopped`. */
  readonly state: string;
  readonly activeTurns: number;
  readonly restartsTotal: number;
  readonly consecutiveFailures: number;
}

export interface WorkerExit {
  readonly at: number;
  readonly code: number | null;
  readonly signal: string | null;
  /** For the operator: how it ended, and what it last said of it. */
  readonly reason: string;
}

export interface Health {
  readonly ready: boolean;
  /** Vocabulary of readiness: `worker_not_started`, `worker_launching`, `handshake_complete`, `worker_exit`, … */
  readonly readiness: string;
  readonly live: boolean;
  readonly liveness: string;
  /** Milliseconds since the epoch at which readiness last changed. */
  readonly since: number;
  readonly queued: number;
  readonly workers: readonly WorkerHealth[];
  readonly lastExit: WorkerExit | null;
  /** Back-off of the worker that rests longest; null when none rests. */
  readonly restartDelayMs: number | null;
  readonly lastReadyAt: number | null;
  readonly startupLatencyMs: number | null;
  readonly deadLetters: number;
  readonly login: LoginState;
}

export interface Service {
  readonly starts: Pick<Starts, 'waiting' | 'settled'>;
  /** `named` is told its id before anything happens to it. */
  open(request: ResponseRequest, named?: (id: ResponseId) => void): ResponseHandle;
  /** Null: responses are not kept here. */
  archive(owner: string): Archive | null;
  /** True: no other node of this host has given that name, or will. False: it was given before. */
  claimElsewhere(name: ResponseId): Promise<Reached<boolean>>;
  /** Resolves within five seconds; when nobody is signed in it asks the CLI for a device code, one at a time. */
  signIn(): Promise<SignIn>;
  health(): Health;
  /** Models as the workers list them (`model/list` entries); empty until one has answered. */
  models(): readonly JsonObject[];
  /** The account's limits as the workers last heard of them; null: nothing is known. */
  limits(): AccountLimits | null;
  /** Admission stops; resolves when every response has ended and every worker is gone. */
  drain(): Promise<void>;
}
