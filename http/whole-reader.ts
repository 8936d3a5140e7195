/**
 * Waits for the end of a log, or of those of several choices, and answers with one JSON body. While that takes long the status is committed and blanks are
 * sent, which JSON allows before a value, so that no client or proxy takes the connection for dead. A failure after that
 * is told in the body where the wire format can tell it; otherwise the connection is reset.
 */

import type { Clock, Journal } from '../actors/seams.ts';
import type { Failure } from '../machines/outcome.ts';
import type { Choices } from './choices.ts';
import type { Endpoint } from './endpoint.ts';
import { jsonAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';
import { type Header, jsonType, noStore } from './headers.ts';
import { reasonOf } from './reason.ts';
import type { ResponseSink } from './sink.ts';
import type { Describe } from './wording.ts';

export interface WholeReading {
  readonly exchange: Exchange;
  readonly choices: Choices;
  readonly endpoint: Endpoint;
  readonly legacyCalls: boolean;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Silence after which the status is committed; 0: never. */
  readonly silenceMs: number;
  /** Period of the blanks from then on. */
  readonly blankMs: number;
  headers(): readonly Header[];
  /** The client left with bytes that it had not taken. */
  tooSlow(): void;
  /** Answers a response that failed before its status was committed. */
  fail(failure: Failure): void;
  /** False: `then` is called when all is known that can be said of the failure. */
  worded?(failure: Failure, then: () => void): boolean;
  /** What is said of a failure; absent: what the catalogue says. */
  readonly describe?: Describe;
}

export class WholeReader {
  readonly #reading: WholeReading;
  #sink: ResponseSink | null = null;
  #told = false;
  #over = false;
  #leave: () => void = () => {};
  #stopTimer: () => void = () => {};

  constructor(reading: WholeReading) {
    this.#reading = reading;
  }

  start(): void {
    const { exchange, choices, journal, silenceMs } = this.#reading;
    this.#leave = choices.read(() => exchange.guard(() => this.#look()));
    exchange.onGone(() => {
      if (this.#over && !this.#told) return;
      if (this.#told) this.#reading.tooSlow();
      journal.info(this.#told ? 'client_too_slow' : 'client_gone', { req_id: exchange.id, response_id: choices.id });
      this.#stop();
    });
    if (silenceMs > 0) this.#schedule(silenceMs);
    try {
      this.#look();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  #schedule(delayMs: number): void {
    const { exchange, clock, blankMs } = this.#reading;
    this.#stopTimer = clock.schedule(delayMs, () => {
      exchange.guard(() => {
        if (this.#over) return;
        this.#blank();
        this.#schedule(blankMs);
      });
    });
  }

  #blank(): void {
    const { exchange } = this.#reading;
    exchange.cork(() => {
      this.#sink ??= exchange.stream([jsonType, noStore, ...this.#reading.headers()]);
      this.#sink.write(Buffer.from('\n'));
    });
  }

  #look(): void {
    const { exchange, choices } = this.#reading;
    if (this.#over || !choices.ended) return;
    const { failure } = choices;
    if (failure === null) this.#tell();
    else if (this.#sink === null) this.#reading.fail(failure);
    else if (this.#reading.worded?.(failure, () => exchange.guard(() => this.#look())) === false) return;
    else if (this.#reading.endpoint.bodyTellsFailure) this.#tell();
    else this.#sink.abort();
    this.#stop();
  }

  #tell(): void {
    const { exchange, choices, endpoint, legacyCalls, journal, describe } = this.#reading;
    let body: string;
    try {
      body = endpoint.body(choices.logs, legacyCalls, describe);
    } catch (error) {
      journal.warn('projection_failed', { req_id: exchange.id, response_id: choices.id, reason: reasonOf(error) });
      if (this.#sink === null) this.#reading.fail({ code: 'internal_error' });
      else this.#sink.abort();
      return;
    }
    this.#told = true;
    if (this.#sink === null) exchange.answer(jsonAnswer(200, body, this.#reading.headers()));
    else this.#sink.end(Buffer.from(body));
  }

  #stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer();
    this.#leave();
  }
}
