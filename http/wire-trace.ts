/**
 * The wire trace: every request, what it made the gateway say to a worker, what the worker said, and what the client got, as records
 * with the request's id where it is known. For development only. Invariant: a record is bounded, and there is one for a chunk, not for
 * a delta.
 */

import type { Happenings, Watch } from '../actors/diagnostics.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { HttpHappenings } from './happenings.ts';
import { LineOrigins, linesOf, messageOf, type Origin } from './line-origins.ts';
import { shownBody, shownFrames, type WireView } from './shown-wire.ts';

export interface WireTraceOptions {
  readonly watch: Watch<HttpHappenings>;
  readonly view: WireView;
  readonly bodyBytesMax: number;
  /** The time of day. */
  readonly now: () => number;
  readonly write: (record: JsonObject) => void;
}

type Told<Name extends keyof HttpHappenings> = HttpHappenings[Name];

/** What a turn is submitted with; the other requests are upkeep. */
const submissions: ReadonlySet<string> = new Set(['thread/start', 'thread/inject_items', 'turn/start']);

/** Of a request that is under way. */
interface Known {
  readonly route: string;
  isStream: boolean;
}

export class WireTrace {
  readonly #options: WireTraceOptions;
  readonly #origins: LineOrigins;
  readonly #requests = new Map<string, Known>();

  constructor(options: WireTraceOptions) {
    this.#options = options;
    const { watch } = options;
    this.#origins = new LineOrigins(watch);
    watch('request.begun', (told) => this.#begun(told));
    watch('request.read', (told) => this.#read(told));
    watch('worker.line', (told) => this.#line(told));
    watch('answer.begun', (told) => this.#answerBegun(told));
    watch('answer.written', (told) => this.#answerWritten(told));
    watch('answer.accounted', (told) => this.#accounted(told));
    watch('request.over', (told) => this.#over(told));
    watch('lease.granted', ({ response, ...facts }) => this.#lifecycle('lease_granted', response, facts));
    watch('response.ended', ({ response, slot, outcome, durationMs }) =>
      this.#lifecycle('response_ended', response, { slot, outcome: outcome.type, duration_ms: durationMs }),
    );
    watch('event.logged', ({ event, facts }) => {
      if (/^(worker|login|proto)_/.test(event))
        this.#note('lifecycle', event, null, options.view.value(facts) as JsonObject);
    });
  }

  /** The first word of a process. */
  opened(facts: JsonObject): void {
    this.#note('lifecycle', 'trace_opened', null, facts);
  }

  #begun({ id, head, route }: Told<'request.begun'>): void {
    this.#requests.set(id, { route, isStream: false });
    const { view } = this.#options;
    this.#note('http_ingress', 'http_request', id, { method: head.method, headers: view.headers(head.headers) });
  }

  #read({ request, bytes }: Told<'request.read'>): void {
    const { view, bodyBytesMax } = this.#options;
    this.#note('http_ingress', 'http_body', request, shownBody(bytes, view, bodyBytesMax));
  }

  #line(told: Happenings['worker.line']): void {
    for (const line of linesOf(told.line)) this.#oneLine(told, line);
  }

  #oneLine(told: Happenings['worker.line'], line: string): void {
    const { view, bodyBytesMax } = this.#options;
    const { slot, epoch, direction } = told;
    const message = messageOf(line);
    const origin: Origin = this.#origins.of(told, message ?? {});
    const isSubmission = direction === 'out' && (submissions.has(origin.method ?? '') || told.response !== null);
    this.#note(isSubmission ? 'backend_submission' : 'backend_io', origin.kind, origin.request, {
      direction: direction === 'out' ? 'outbound' : 'inbound',
      slot,
      epoch,
      rpc_id: origin.rpcId,
      method: origin.method,
      thread_id: origin.thread,
      response_id: origin.response,
      ...shownBody(line, view, bodyBytesMax),
    });
  }

  #answerBegun({ request, status, headers }: Told<'answer.begun'>): void {
    const known = this.#requests.get(request);
    const isStream = headers.some(([name, value]) => name === 'content-type' && value.startsWith('text/event-stream'));
    if (known !== undefined) known.isStream = isStream;
    const { view } = this.#options;
    this.#note('client_egress', 'client_head', request, { status, headers: view.headers(headers) });
  }

  #answerWritten({ request, bytes }: Told<'answer.written'>): void {
    const { view, bodyBytesMax } = this.#options;
    if (bytes.length === 0) return;
    if (this.#requests.get(request)?.isStream !== true) {
      this.#note('client_egress', 'client_json', request, shownBody(bytes, view, bodyBytesMax));
      return;
    }
    const chunk =
      typeof bytes === 'string' ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const size = { bytes: Buffer.byteLength(chunk) };
    this.#note('client_egress', 'client_sse', request, { ...size, ...shownFrames(chunk, view, bodyBytesMax) });
  }

  #accounted({
    requestId,
    mode,
    toolCalls,
    toolCallsTruncated,
    finishReason,
    outputMode,
  }: Told<'answer.accounted'>): void {
    if (toolCalls === 0 && toolCallsTruncated === 0) return;
    const facts = { mode, count: toolCalls, truncated: toolCallsTruncated, output_mode: outputMode };
    this.#note('tool_summary', 'tool_calls', requestId, { ...facts, finish_reason: finishReason });
  }

  #over({ id, status, by, errorCode, durationMs }: Told<'request.over'>): void {
    this.#note('lifecycle', 'request_over', id, { status, by, error_code: errorCode, duration_ms: durationMs });
    this.#requests.delete(id);
  }

  #lifecycle(kind: string, response: string, facts: JsonObject): void {
    this.#note('lifecycle', kind, this.#origins.requestOf(response), { response_id: response, ...facts });
  }

  #note(phase: string, kind: string, request: string | null, facts: JsonObject): void {
    const ts = this.#options.now();
    const route = request === null ? null : (this.#requests.get(request)?.route ?? null);
    const head = { ts, timestamp: new Date(ts).toISOString(), component: 'trace', event: kind };
    this.#options.write({ ...head, phase, kind, req_id: request, route, ...facts });
  }
}
