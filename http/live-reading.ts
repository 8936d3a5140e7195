/** What the reader of a stream is given: whose answer, from which logs, in which shape, and the bounds of its patience. */

import type { Clock, Journal } from '../actors/seams.ts';
import type { Failure } from '../machines/outcome.ts';
import type { Choices } from './choices.ts';
import type { Exchange } from './exchange.ts';
import type { Header } from './headers.ts';
import type { Pace } from './pace.ts';
import type { Readers } from './readers.ts';

export interface LiveReading {
  readonly exchange: Exchange;
  readonly choices: Choices;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Absent: nobody asks. */
  readonly readers?: Readers | undefined;
  /** Absent: what is new is written at once. */
  readonly pace?: Pace | undefined;
  /** Period of comments from the head to the terminal frame; 0: none. */
  readonly keepaliveMs: number;
  /** Of the log, what may wait for a reader that takes nothing. */
  readonly bufferBytes: number;
  /** For how long a reader may be behind. */
  readonly lagMs: number;
  /** Asked for once, when the head is sent. */
  headers(): readonly Header[];
  /** The client left with bytes that it had not taken. */
  tooSlow(): void;
  /** Answers a response that failed before its head was sent. */
  fail(failure: Failure): void;
  /** False: `then` is called when all is known that can be said of the failure. */
  worded?(failure: Failure, then: () => void): boolean;
}
