/**
 * What the reader of one answer asks for and tells. It lives as long as the answer, and there are many: so it is one object without
 * closures. Invariant: it does not hold the admission, which has the whole input.
 */

import type { Clock, Journal } from '../actors/seams.ts';
import type { OutputTerms } from '../actors/terms.ts';
import type { Failure } from '../machines/outcome.ts';
import type { Account } from './accounting.ts';
import type { Admission } from './admission.ts';
import type { Choices } from './choices.ts';
import type { Endpoint } from './endpoint.ts';
import { describedAnswer } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Front } from './front.ts';
import type { Generator } from './generator.ts';
import { answerHeaders, type Header } from './headers.ts';
import { keepaliveWanted } from './keepalive.ts';
import { limitHeaders } from './limit-headers.ts';
import type { LiveReading } from './live-reading.ts';
import { outputHeaders } from './output-headers.ts';
import type { Pace } from './pace.ts';
import type { Readers } from './readers.ts';
import type { WholeReading } from './whole-reader.ts';
import { type Describe, Wording } from './wording.ts';

export type Desk = Front & Partial<Pick<Generator, 'readers' | 'pace'>>;

/** Of the request. */
interface Asked
  extends Pick<Admission, 'legacyCalls' | 'ignoredParams' | 'titleModel'>,
    Pick<OutputTerms, 'mode' | 'stopMode'> {
  readonly streaming: boolean;
  /** The model that answers, where it has another name than the one that was asked. */
  readonly target: string | null;
}

const askedOf = ({ request, legacyCalls, ignoredParams, titleModel }: Admission): Asked => {
  const { streaming, model, turn, terms } = request;
  const { mode, stopMode } = terms.output;
  return {
    legacyCalls,
    ignoredParams,
    titleModel,
    mode,
    stopMode,
    streaming,
    target: turn.model === model ? null : turn.model,
  };
};

export class Answering implements LiveReading, WholeReading {
  readonly exchange: Exchange;
  readonly endpoint: Endpoint;
  readonly choices: Choices;
  readonly keepaliveMs: number;
  readonly #desk: Desk;
  readonly #account: Account;
  readonly #more: readonly Header[];
  readonly #asked: Asked;
  readonly #wording: Wording;

  constructor(
    exchange: Exchange,
    endpoint: Endpoint,
    desk: Desk,
    admission: Admission,
    choices: Choices,
    account: Account,
    more: readonly Header[],
  ) {
    this.exchange = exchange;
    this.endpoint = endpoint;
    this.choices = choices;
    this.#desk = desk;
    this.#account = account;
    this.#more = more;
    this.#asked = askedOf(admission);
    const { service, settings } = desk;
    this.keepaliveMs = keepaliveWanted(exchange.head) ? settings.keepaliveMs : 0;
    this.#wording = new Wording({
      service,
      head: exchange.head,
      login: settings.login,
      isTitle: admission.titleModel !== null,
    });
  }

  get clock(): Clock {
    return this.#desk.clock;
  }

  get journal(): Journal {
    return this.#desk.journal;
  }

  get readers(): Readers | undefined {
    return this.#desk.readers;
  }

  get pace(): Pace | undefined {
    return this.#desk.pace;
  }

  get bufferBytes(): number {
    return this.#desk.settings.sinkBufferBytes;
  }

  get lagMs(): number {
    return this.#desk.settings.sinkLagMs;
  }

  get silenceMs(): number {
    return this.#desk.settings.silenceMs;
  }

  get blankMs(): number {
    return this.#desk.settings.blankMs;
  }

  get legacyCalls(): boolean {
    return this.#asked.legacyCalls;
  }

  get describe(): Describe {
    return this.#wording.describe;
  }

  headers(): readonly Header[] {
    const { ignoredParams, titleModel, target, mode, stopMode, streaming } = this.#asked;
    const { logs, reroutedModel, usageEstimated, ended, failed } = this.choices;
    const { service, calendar } = this.#desk;
    return [
      ...answerHeaders(ignoredParams, { target, reroutedModel, titleModel, usageEstimated }),
      ...(this.endpoint.name === 'chat'
        ? outputHeaders({ mode, stopMode }, !streaming && ended && failed === null ? logs : null)
        : []),
      ...limitHeaders(service.limits(), calendar()),
      ...this.#more,
    ];
  }

  tooSlow(): void {
    this.#account.tooSlow();
  }

  fail(failure: Failure): void {
    const { exchange } = this;
    if (this.#asked.titleModel !== null) {
      const facts = { req_id: exchange.id, code: failure.code };
      this.journal.warn(`${this.endpoint.name}_title_summary_intercept_error`, facts);
    }
    const headers = this.headers();
    const tell = (): void => exchange.answer(describedAnswer(this.describe(failure), headers));
    if (this.worded(failure, () => exchange.guard(tell))) tell();
  }

  worded(failure: Failure, then: () => void): boolean {
    return this.#wording.ready(failure, then);
  }
}
