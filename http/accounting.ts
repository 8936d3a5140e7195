/**
 * One request from the moment its key was found good to its end, for those who keep account: told on the way what is learned of it,
 * closed by its exchange. Invariant: of each there is exactly one record, whatever becomes of it. Nothing is done for a delta: what
 * the answer was is read from its log at the end.
 */

import type { Diagnostics } from '../actors/diagnostics.ts';
import { inputTokensOf } from '../actors/estimate.ts';
import type { ResponseLog } from '../actors/log.ts';
import type { OutputTerms } from '../actors/terms.ts';
import type { JsonObject } from '../actors/turn.ts';
import { type Accounted, type AccountMode, type AccountOutcome, answered, type Answered } from './accounted.ts';
import type { Admission } from './admission.ts';
import { describe } from './catalogue.ts';
import { noAnswer } from './answer-shape.ts';
import type { Choices } from './choices.ts';
import type { Endpoint } from './endpoint.ts';
import { eventCensus } from './event-census.ts';
import type { Exchange } from './exchange.ts';
import type { ExchangeEnd } from './exchange-facts.ts';
import type { HttpHappenings } from './happenings.ts';
import { bareId } from './requests/models.ts';
import { quotable } from './requests/well-formed.ts';
import type { Describe } from './wording.ts';

const nameCharsMax = 128;
const agentCharsMax = 256;

/** Milliseconds from the arrival of the request. */
export interface Timing {
  firstContentMs(): number | null;
  elapsedMs(): number;
}

const nothing: Answered = {
  usage: null,
  completionEst: 0,
  emissionTrigger: null,
  finishReason: null,
  toolCalls: 0,
  toolCallsTruncated: 0,
  choices: 0,
  cutAtCalls: false,
  sanitized: { lines: 0, keys: [], sources: [] },
  shape: noAnswer,
};

export class Account implements Timing {
  readonly #exchange: Exchange;
  readonly #endpoint: Endpoint;
  readonly #calendar: () => number;
  readonly #diagnostics: Diagnostics<HttpHappenings>;
  #requested: string | null = null;
  #streaming = false;
  #admission:
    | (Pick<Admission, 'includeUsage' | 'legacyCalls' | 'answeredHere' | 'titleModel'> & {
        readonly model: string;
        readonly target: string;
        readonly output: Pick<OutputTerms, 'mode' | 'stopMode' | 'sanitize'>;
      })
    | null = null;
  #describe: Describe = describe;
  #promptEst = 0;
  #choices: Choices | null = null;
  #firstContentMs: number | null = null;
  #tooSlow = false;

  constructor(
    exchange: Exchange,
    endpoint: Endpoint,
    calendar: () => number,
    diagnostics: Diagnostics<HttpHappenings>,
  ) {
    this.#exchange = exchange;
    this.#endpoint = endpoint;
    this.#calendar = calendar;
    this.#diagnostics = diagnostics;
    exchange.onOver((end) => this.#close(end));
  }

  /** The body was read; whether it is a request is not known yet. */
  asked(body: JsonObject, streaming: boolean): void {
    const { model } = body;
    if (typeof model === 'string') this.#requested = quotable(bareId(model), nameCharsMax);
    this.#streaming = streaming;
  }

  admitted({ request, includeUsage, legacyCalls, answeredHere, titleModel }: Admission): void {
    const { model, turn, streaming } = request;
    const { mode, stopMode, sanitize } = request.terms.output;
    const output = { mode, stopMode, sanitize };
    this.#admission = { includeUsage, legacyCalls, answeredHere, titleModel, model, target: turn.model, output };
    this.#streaming = streaming;
    this.#promptEst = inputTokensOf(turn);
  }

  /** Before its reader begins. */
  answering(choices: Choices, told: Describe = describe): void {
    this.#choices = choices;
    this.#describe = told;
    for (const log of choices.logs) this.#awaitContent(log);
  }

  /** The client had not taken what waited for it. */
  tooSlow(): void {
    this.#tooSlow = true;
  }

  firstContentMs(): number | null {
    return this.#firstContentMs;
  }

  elapsedMs(): number {
    return Math.round(this.#exchange.elapsedMs());
  }

  #awaitContent(log: ResponseLog): void {
    const look = (): boolean => {
      if (log.textBytes > 0) this.#firstContentMs ??= this.elapsedMs();
      return this.#firstContentMs !== null || log.ending !== null;
    };
    if (look()) return;
    const unfollow = log.follow(() => {
      if (look()) unfollow();
    });
  }

  #close(end: ExchangeEnd): void {
    const answer = this.#choices === null ? nothing : answered(this.#choices.logs);
    const output = this.#admission?.output ?? null;
    const errorCode = this.#errorCode(end);
    const { status } = end;
    // Of what was refused before anything was sampled nothing is counted.
    const isRefused = status >= 400 && end.by !== 'client';
    const record: Accounted = {
      requestId: this.#exchange.id,
      at: this.#calendar(),
      route: this.#endpoint.path,
      method: this.#exchange.head.method,
      mode: this.#mode(),
      status,
      outcome: this.#outcome(end, errorCode, answer),
      errorCode,
      streaming: this.#streaming,
      requestedModel: this.#requested,
      model: this.#admission?.model.slice(0, nameCharsMax) ?? null,
      effectiveModel: this.#effectiveModel(),
      durationMs: Math.round(end.durationMs),
      firstContentMs: this.#firstContentMs,
      usage: answer.usage,
      completionEst: answer.completionEst,
      emissionTrigger: answer.emissionTrigger,
      finishReason: answer.finishReason,
      toolCalls: answer.toolCalls,
      toolCallsTruncated: answer.toolCallsTruncated,
      choices: answer.choices,
      shape: answer.shape,
      promptEst: isRefused || this.#choices === null ? 0 : this.#promptEst,
      usageTold: this.#usageTold(end, answer),
      hasFunctionCall: this.#admission?.legacyCalls === true && answer.toolCalls > 0,
      outputMode: output?.mode ?? null,
      stopAfterToolsMode: output?.stopMode ?? null,
      sanitizer: output?.sanitize === true ? answer.sanitized : null,
      userAgent: quotable(this.#exchange.head.header('user-agent'), agentCharsMax),
    };
    this.#diagnostics.publish('answer.accounted', record);
    if (this.#streaming && (status === 200 || status === 499)) this.#tellEvents(record);
  }

  #tellEvents({ requestId, route, model, requestedModel }: Accounted): void {
    const log = this.#endpoint.name === 'responses' ? this.#choices?.logs[0] : undefined;
    if (log === undefined || log.length === 0 || !this.#diagnostics.watched('events.written')) return;
    const counts = eventCensus(log);
    this.#diagnostics.publish('events.written', { requestId, route, model, requestedModel, counts });
  }

  #mode(): AccountMode {
    const { name } = this.#endpoint;
    const { answeredHere = null, titleModel = null } = this.#admission ?? {};
    if (answeredHere !== null) return 'usage_query';
    if (titleModel !== null) return name === 'chat' ? 'chat_title_intercept' : 'responses_intercept';
    return `${name}_${this.#streaming ? 'stream' : 'nonstream'}`;
  }

  #effectiveModel(): string | null {
    if (this.#admission === null || this.#admission.answeredHere !== null) return null;
    return (this.#choices?.reroutedModel ?? this.#admission.target).slice(0, nameCharsMax);
  }

  #errorCode(end: ExchangeEnd): string | null {
    if (end.by === 'client') return 'request_aborted';
    const failure = this.#choices?.failure ?? null;
    if (end.errorCode !== null) return end.errorCode;
    if (failure !== null) return this.#describe(failure).body.error.code;
    return end.by === 'reset' ? 'internal_error' : null;
  }

  #outcome({ by }: ExchangeEnd, errorCode: string | null, answer: Answered): AccountOutcome {
    if (by === 'client') return this.#tooSlow ? 'too_slow' : 'aborted';
    if (errorCode === 'server_shutting_down') return 'shutdown';
    if (errorCode !== null) return errorCode.endsWith('_timeout') ? 'timeout' : 'error';
    if (answer.finishReason === 'length') return 'truncated';
    return answer.cutAtCalls ? 'tool_cutoff' : 'ok';
  }

  #usageTold({ by, status }: ExchangeEnd, { finishReason }: Pick<Answered, 'finishReason'>): boolean {
    if (by !== 'answer' || status !== 200 || finishReason === null) return false;
    return this.#endpoint.name === 'responses' || !this.#streaming || this.#admission?.includeUsage === true;
  }
}
