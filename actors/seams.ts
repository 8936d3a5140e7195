/**
 * The seams of the runtime: everything that the actors need from outside, as interfaces. With fakes for these the whole
 * product except uWebSockets.js runs deterministically in one thread under a virtual clock.
 */

import type { Observable } from 'rxjs';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { Offer } from '../machines/protocol.ts';
import type { AccountLimits } from './account-limits.ts';
import type { Recorder } from './diagnostics.ts';
import type { Sanitized } from './log-entry.ts';
import type { LogEvent, LogFacts } from './log-events.ts';
import type { JsonObject, Turn, TurnEvent } from './turn.ts';

/** A delay of this size or more means "never". */
export const neverMs = 2 ** 40;

export interface Clock {
  /** Milliseconds since the Unix epoch; never goes back within one process. */
  now(): number;
  /** Calls `fire` once, `delayMs` from now; the returned function cancels it and may be called at any time. */
  schedule(delayMs: number, fire: () => void): () => void;
}

/** The only source of randomness. */
export interface Ids {
  response(): ResponseId;
  request(): string;
  /** Uniform in [0, 1). */
  jitter(): number;
}

/** What is said about one response by the worker that produces it. */
export interface TurnOutput {
  readonly response: ResponseId;
  readonly event: TurnEvent;
}

/** What is said about the worker process itself. */
export type WorkerFact =
  | { readonly type: 'process.spawned' }
  /** The last fact of a process; all of its output was emitted before. `reason` is for the log. */
  | {
      readonly type: 'process.exited';
      readonly code: number | null;
      readonly signal: string | null;
      readonly reason: string;
    }
  | { readonly type: 'handshake.completed'; readonly version: string }
  /** `incompatible`: its version, with which nothing can be done. */
  | { readonly type: 'handshake.failed'; readonly reason: string; readonly incompatible?: string }
  | { readonly type: 'pulse.lost'; readonly reason: string }
  /** `served`: it has done all that it was to do, so that its end is no failure, however soon it comes. */
  | { readonly type: 'wear.observed'; readonly reason: string; readonly served?: true }
  | { readonly type: 'models.observed'; readonly models: readonly JsonObject[] }
  /** `null`: could not be found out; keep what was known. */
  | { readonly type: 'account.observed'; readonly signedIn: boolean | null }
  | { readonly type: 'limits.observed'; readonly limits: AccountLimits }
  | { readonly type: 'login.offered'; readonly offer: Offer }
  | { readonly type: 'login.failed'; readonly reason: string }
  | { readonly type: 'login.completed'; readonly loginId: string | null; readonly success: boolean };

export type ChannelCommand =
  /** `initialize`, `initialized`, models and account; `refresh`: renew the sign-in first. */
  | { readonly type: 'initialize'; readonly refresh: boolean }
  | { readonly type: 'turn.start'; readonly response: ResponseId; readonly turn: Turn }
  /** Ends the turn, if any, and unloads its thread; always answered with `turn.closed` while the process lives. */
  | { readonly type: 'turn.stop'; readonly response: ResponseId }
  | { readonly type: 'account.read' }
  | { readonly type: 'login.start' }
  /** Asks the process to end (end of its input). */
  | { readonly type: 'ask' }
  | { readonly type: 'kill' };

/** Messages to and from one worker process, wherever it runs. Nothing is emitted synchronously from within `send`. */
export interface Channel {
  /** One emission for each chunk that the process wrote: the events of all its responses, in order. */
  readonly output: Observable<readonly TurnOutput[]>;
  readonly facts: Observable<WorkerFact>;
  send(command: ChannelCommand): void;
}

export interface Launcher {
  /** Starts a process; `process.spawned` or `process.exited` follows, never before the caller has subscribed. */
  launch(slot: Slot, epoch: Epoch): Channel;
}

/** What signs the workers in. */
export interface Credentials {
  /** True once after somebody else has changed them. */
  renewed(): boolean;
}

/** One HTTP body that is written as it comes. */
export interface Sink {
  /** False: the transport holds enough; wait for `drained`. */
  write(bytes: Uint8Array): boolean;
  end(): void;
  /** Resets the connection: for a body that cannot be completed truthfully. */
  abort(): void;
}

/** Why there is no picture: what was wrong with its address, its host, its size; or too many were under way. */
export type PictureProblem = 'address' | 'unreachable' | 'size' | 'busy';

/** Files of the public Internet. */
export interface PictureSource {
  /** `take` is told each number of bytes before they are kept, and may throw. Rejects with what it threw, or what `signal` says. */
  get(
    url: string,
    bytesMax: number,
    take: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<Uint8Array | PictureProblem>;
}

/** Structured lines for the operator, see `log-events.ts`; never prompts, answers, keys or tokens. */
export interface Journal {
  info<Event extends LogEvent>(event: Event, facts?: LogFacts<Event>): void;
  warn<Event extends LogEvent>(event: Event, facts?: LogFacts<Event>): void;
  /** Records that are written beside the work could not be: they are counted. Absent: nobody counts. */
  lost?(recorder: Recorder, count: number): void;
}

/** What somebody who looked at the machine has found. */
export interface Finding {
  readonly verdict: 'good' | 'note' | 'bad';
  readonly what: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** What was left out of one response as metadata of the worker. */
export interface SanitizerSummary extends Sanitized {
  readonly response: ResponseId;
}
