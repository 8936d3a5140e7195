/**
 * What the log says of requests: one line of access for each, and of each answer what became of it. Invariants: how many lines there
 * are does not depend on how long an answer is; what is kept of a request goes with its end.
 */

import type { LogEvent, LogFacts } from '../actors/log-events.ts';
import type { Watch } from '../actors/diagnostics.ts';
import { Table } from '../actors/table.ts';
import type { Json, JsonObject } from '../actors/turn.ts';
import type { Accounted } from './accounted.ts';
import { answerFacts, callFacts, summaryFacts, transformFacts } from './access-facts.ts';
import { type AccessContext, AccessLines } from './access-line.ts';
import type { EventLog } from './event-log.ts';
import type { HttpHappenings } from './happenings.ts';

interface Running {
  readonly context: AccessContext;
  copilot: LogFacts<'client_detected'>;
  record: Accounted | null;
  readonly responses: string[];
}

export interface RequestLogOptions {
  readonly log: EventLog;
  readonly watch: Watch<HttpHappenings>;
  /** Each line of access, for a file of their own; null: there is none. */
  readonly accessed: ((line: string) => void) | null;
}

const howToSignIn =
  'sign in as the error says that the client was told, or run codex login with the CODEX_HOME of the gateway';

const nothing = {};

const textIn = (facts: JsonObject, name: string): string | null => {
  const value: Json | undefined = facts[name];
  return typeof value === 'string' ? value : null;
};

export class RequestLog {
  readonly #options: RequestLogOptions;
  readonly #accessLines: AccessLines;
  /** By the id of the request, as many as are under way. */
  readonly #running = new Table<string, Running>();
  readonly #requestOf = new Map<string, string>();

  constructor(options: RequestLogOptions) {
    this.#options = options;
    this.#accessLines = new AccessLines(options.log);
    const { watch } = options;
    watch('request.begun', (told) => this.#begin(told));
    watch('response.opened', ({ request, response }) => this.#opened(request, response));
    watch('event.logged', ({ level, event, facts }) => this.#hear(level, event, facts));
    watch('answer.accounted', (record) => this.#account(record));
    watch('request.over', (told) => this.#over(told));
  }

  #begin({ id, route, traceId }: HttpHappenings['request.begun']): void {
    const context = { req_id: id, trace_id: traceId, route };
    this.#running.set(id, { context, copilot: nothing, record: null, responses: [] });
  }

  #opened(request: string, response: string): void {
    this.#running.get(request)?.responses.push(response);
    this.#requestOf.set(response, request);
  }

  #hear(level: 'info' | 'warn', event: LogEvent, facts: JsonObject): void {
    // Most of what is told are details.
    if (event !== 'client_detected' && !this.#options.log.tells(level, event)) return;
    const request = textIn(facts, 'req_id') ?? this.#requestOf.get(textIn(facts, 'response_id') ?? '');
    const running = request === undefined ? undefined : this.#running.get(request);
    if (running !== undefined && event === 'client_detected') running.copilot = facts as LogFacts<'client_detected'>;
    this.#options.log.hear(level, event, facts, running?.context ?? nothing);
  }

  #account(record: Accounted): void {
    const running = this.#running.get(record.requestId);
    if (running === undefined) return;
    running.record = record;
    const { log } = this.#options;
    const { mode, model, shape, errorCode, status, streaming } = record;
    const { req_id, trace_id, route } = running.context;
    if (errorCode === 'invalid_api_key') {
      // The key was good: it is the gateway that nobody has signed in.
      const context = { req_id, trace_id, route, mode, model };
      log.tell('warn', 'auth_required', { status, error_code: errorCode, remedy: howToSignIn }, context);
    }
    const [response] = shape.responses;
    if (response === undefined) return;
    const about = { req_id, trace_id, route, mode, model, response_id: response };
    const endpoint = record.route === '/v1/responses' ? 'responses' : 'chat';
    if (log.tells('info', 'tool_call_arguments_done'))
      for (const call of shape.calls) log.tell('info', 'tool_call_arguments_done', callFacts(call), about);
    if (log.tells('info', 'finish_reason')) log.tell('info', 'finish_reason', answerFacts(record), about);
    if (streaming && log.tells('info', 'sse_summary')) log.tell('info', 'sse_summary', summaryFacts(record), about);
    const level = errorCode === null ? 'info' : 'warn';
    const event = `${endpoint}_transform_summary` as const;
    if (log.tells(level, event)) log.tell(level, event, transformFacts(record, endpoint), about);
  }

  #over(told: HttpHappenings['request.over']): void {
    const running = this.#running.get(told.id);
    if (running === undefined) return;
    this.#running.delete(told.id);
    for (const response of running.responses) this.#requestOf.delete(response);
    // The fewer are served the more of them there are: `overload_ended` tells their number.
    if (told.errorCode === 'gateway_overloaded') return;
    const { log, accessed } = this.#options;
    const isTold = log.tells('info', 'access_log');
    if (!isTold && accessed === null) return;
    const { context, record, responses, copilot } = running;
    const findings = { record, response: responses[0], copilot: copilot === nothing ? null : copilot };
    const line = this.#accessLines.line(told, context, findings);
    if (isTold) log.write(line);
    accessed?.(line);
  }
}
