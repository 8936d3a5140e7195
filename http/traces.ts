/**
 * Traces: from what happens to spans, `http.server` for a request and `backend.invoke` for each response that it has asked for. Each
 * is told when it is over, in whatever order; the second one waits for the account of its request, which knows the model.
 * Invariants: a span is told once; what is open is bounded; there is no ambient context, parents are named.
 */

import { randomBytes } from 'node:crypto';
import type { Watch } from '../actors/diagnostics.ts';
import type { Clock } from '../actors/seams.ts';
import type { Span, SpanEvent, SpanFacts } from '../actors/span.ts';
import { Table } from '../actors/table.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { ResponseId } from '../machines/ids.ts';
import type { Accounted } from './accounted.ts';
import type { HttpHappenings, RequestTold } from './happenings.ts';
import { type TraceContext, traceContext } from './trace-context.ts';
import { type Invocation, invocationFacts, requestFacts } from './trace-facts.ts';

export interface TracesOptions {
  readonly clock: Clock;
  readonly watch: Watch<HttpHappenings>;
  readonly told: (span: Span) => void;
  /** A request is in no trace because too much is open. */
  readonly dropped: () => void;
  /** 16 hexadecimal digits, not all of them 0. */
  readonly spanId: () => string;
  readonly backendMode: string;
  /** Takes secrets out of what comes from outside: paths, user agents, names of models. */
  readonly redact: (facts: JsonObject) => JsonObject;
}

/** Where spans are sent. */
interface SpanReceiver {
  send(span: Span): void;
  lose(reason: string): void;
}

export const watchTraces = ({
  otlp,
  ...options
}: Pick<TracesOptions, 'clock' | 'watch' | 'backendMode' | 'redact'> & { readonly otlp: SpanReceiver }): void =>
  void new Traces({
    ...options,
    told: (span) => otlp.send(span),
    dropped: () => otlp.lose('too much is open'),
    spanId: () => randomBytes(8).toString('hex'),
  });

/** Asked by machines all day long: traced only where one of them brings a trace. */
const probes = new Set(['/healthz', '/readyz', '/livez', '/metrics']);
const openMax = 20_000;
const eventsMax = 16;

interface OpenRequest {
  readonly told: RequestTold;
  readonly traceId: string;
  readonly brought: TraceContext | null;
  readonly spanId: string;
  /** Of the clock, when `told.at` was of the calendar. */
  readonly startedAt: number;
  readonly responses: Set<ResponseId>;
  account: Accounted | null;
  isOver: boolean;
}

type Open = { -readonly [K in keyof Omit<Invocation, 'ended'>]: Invocation[K] } & {
  readonly request: OpenRequest;
  readonly at: number;
  readonly events: SpanEvent[];
  ended: (Invocation['ended'] & { readonly at: number }) | null;
};

export class Traces {
  readonly #options: TracesOptions;
  readonly #requests = new Table<string, OpenRequest>();
  readonly #responses = new Table<ResponseId, Open>();

  constructor(options: TracesOptions) {
    this.#options = options;
    const { watch } = options;
    watch('request.begun', (told) => this.#begun(told));
    watch('response.opened', (told) => this.#opened(told));
    watch('lease.granted', (told) => this.#granted(told));
    watch('turn.bound', (told) => {
      const open = this.#responses.get(told.response);
      if (open !== undefined) open.names = told;
    });
    watch('response.ended', (told) => this.#ended(told));
    watch('answer.accounted', (account) => {
      const request = this.#requests.get(account.requestId);
      if (request !== undefined) request.account = account;
    });
    watch('request.over', (told) => this.#over(told));
  }

  /** Spans that have begun. */
  get open(): number {
    return this.#requests.size + this.#responses.size;
  }

  #begun(told: RequestTold): void {
    const { traceId, head, id, route } = told;
    const brought = traceContext(head);
    const isWanted = brought === null ? !probes.has(route) : brought.sampled;
    if (traceId === null || !isWanted) return;
    if (this.open >= openMax) return this.#options.dropped();
    const { clock, spanId } = this.#options;
    const more = { startedAt: clock.now(), responses: new Set<ResponseId>(), account: null, isOver: false };
    this.#requests.set(id, { told, traceId, brought, spanId: spanId(), ...more });
  }

  #opened({ request: id, response, choice }: HttpHappenings['response.opened']): void {
    const request = this.#requests.get(id);
    if (request === undefined) return;
    request.responses.add(response);
    const at = this.#timeIn(request);
    this.#responses.set(response, {
      request,
      response,
      choice,
      at,
      events: [],
      lease: null,
      names: null,
      ended: null,
    });
  }

  #granted({ response, slot, epoch, waitedMs }: HttpHappenings['lease.granted']): void {
    const open = this.#responses.get(response);
    if (open === undefined) return;
    open.lease = { slot, epoch };
    const facts = { 'codex.worker.slot': slot, 'codex.worker.epoch': epoch, 'codex.waited_ms': Math.round(waitedMs) };
    if (open.events.length < eventsMax) open.events.push({ name: 'lease.granted', at: open.at + waitedMs, facts });
  }

  #ended(told: HttpHappenings['response.ended']): void {
    const open = this.#responses.get(told.response);
    if (open === undefined) return;
    open.ended = { ...told, at: open.at + told.durationMs };
    if (open.request.isOver) this.#tellInvocation(open);
  }

  #over(told: HttpHappenings['request.over']): void {
    const request = this.#requests.get(told.id);
    if (request === undefined) return;
    this.#requests.delete(told.id);
    request.isOver = true;
    this.#options.told({
      ...this.#place(request),
      name: 'http.server',
      kind: 'server',
      spanId: request.spanId,
      parent: request.brought === null ? null : { spanId: request.brought.parentId, isRemote: true },
      startedAt: told.at,
      endedAt: told.at + told.durationMs,
      failed: told.status >= 500 || told.by === 'reset',
      facts: this.#masked(requestFacts(told, request.account)),
      events: [],
    });
    for (const response of request.responses) {
      const open = this.#responses.get(response);
      if (open !== undefined && open.ended !== null) this.#tellInvocation(open);
    }
  }

  #tellInvocation(open: Open): void {
    const { request, ended, at, events } = open;
    if (ended === null) return;
    this.#responses.delete(open.response);
    const { spanId, told, backendMode } = this.#options;
    told({
      ...this.#place(request),
      name: 'backend.invoke',
      kind: 'client',
      spanId: spanId(),
      parent: { spanId: request.spanId, isRemote: false },
      startedAt: at,
      endedAt: ended.at,
      failed: ended.outcome.type === 'failed',
      facts: this.#masked(invocationFacts({ ...open, ended }, request.told, request.account, backendMode)),
      events,
    });
  }

  #masked(facts: SpanFacts): SpanFacts {
    return this.#options.redact(facts) as SpanFacts;
  }

  #place({ traceId, brought }: OpenRequest): Pick<Span, 'traceId' | 'traceState'> {
    return { traceId, traceState: brought?.state ?? '' };
  }

  /** By the calendar as it was when the request began: it may jump, and a child must not begin before its parent. */
  #timeIn({ told, startedAt }: OpenRequest): number {
    return told.at + this.#options.clock.now() - startedAt;
  }
}
