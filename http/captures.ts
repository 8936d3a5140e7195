/**
 * Gathers the exchanges that are to become files: the request's body and what its client got, as bytes. Nothing is made of them here
 * but copies. Invariants: what is held is bounded for each exchange and for all together, those that are being written included; what
 * is too much is left out and said to be missing, or the exchange as a whole is; an exchange is handed on once, when it is over.
 */

import type { Watch } from '../actors/diagnostics.ts';
import { Table } from '../actors/table.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { Accounted } from './accounted.ts';
import { captureName } from './capture-name.ts';
import { copilotTrace } from './copilot.ts';
import type { HttpHappenings } from './happenings.ts';
import type { RequestHead } from './request-head.ts';

export interface CapturedExchange {
  readonly endpoint: 'chat' | 'responses';
  readonly name: string;
  readonly metadata: JsonObject;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
  readonly bodyBytes: number;
  readonly isStream: boolean;
  readonly pieces: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  readonly answerBytes: number;
}

export interface CaptureLimits {
  readonly bodyBytesMax: number;
  readonly answerBytesMax: number;
  /** Of all exchanges together. */
  readonly heldBytesMax: number;
}

export interface CaptureOptions {
  readonly watch: Watch<HttpHappenings>;
  readonly endpoints: ReadonlySet<CapturedExchange['endpoint']>;
  /** The time of day. */
  readonly now: () => number;
  /** Resolves when it is written, or given up. */
  readonly take: (exchange: CapturedExchange) => Promise<void>;
  readonly limits: CaptureLimits;
  readonly outage: { failed(reason: string, dropped: number): void; worked(): void };
}

interface Open {
  readonly endpoint: CapturedExchange['endpoint'];
  readonly head: RequestHead;
  readonly body: Uint8Array;
  readonly bodyBytes: number;
  readonly pieces: { readonly at: number; readonly bytes: Uint8Array }[];
  heldBytes: number;
  keptBytes: number;
  answerBytes: number;
  isStream: boolean;
}

/** What a piece costs beside its bytes. */
const pieceBytes = 192;

const metadataOf = (open: Open, name: string, record: Accounted): JsonObject => {
  const { copilot_trace_header: header, copilot_trace_source: source } = copilotTrace(
    open.head.header,
    record.requestId,
  );
  return {
    captured_at: new Date(record.at).toISOString(),
    scenario: name,
    stream: record.streaming,
    outcome: record.outcome,
    status: record.status,
    error_code: record.errorCode,
    route: record.route,
    mode: record.mode,
    endpoint_mode: open.endpoint,
    output_mode_effective: record.outputMode,
    proxy_trace_id: record.requestId,
    copilot_trace_source: source,
    copilot_trace_header: header,
    copilot_trace_present: header !== null,
    duration_ms: record.durationMs,
  };
};

export class Captures {
  readonly #options: CaptureOptions;
  readonly #open = new Table<string, Open>();
  #heldBytes = 0;

  constructor(options: CaptureOptions) {
    this.#options = options;
    options.watch('request.read', (told) => this.#read(told));
    options.watch('answer.begun', ({ request, headers }) => this.#begun(request, headers));
    options.watch('answer.written', ({ request, bytes }) => this.#written(request, bytes));
    options.watch('answer.accounted', (record) => this.#over(record));
  }

  /** Bytes, of all exchanges that are not written yet. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  #read({ request, endpoint, head, bytes }: HttpHappenings['request.read']): void {
    const { endpoints, limits, outage } = this.#options;
    if (!endpoints.has(endpoint)) return;
    const body = new Uint8Array(bytes.subarray(0, limits.bodyBytesMax));
    if (this.#heldBytes + body.length > limits.heldBytesMax) {
      outage.failed('full', 1);
      return;
    }
    const begun = { keptBytes: 0, answerBytes: 0, isStream: false, heldBytes: body.length };
    this.#open.set(request, { endpoint, head, body, bodyBytes: bytes.length, pieces: [], ...begun });
    this.#heldBytes += body.length;
  }

  #begun(request: string, headers: HttpHappenings['answer.begun']['headers']): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    open.isStream = headers.some(([name, value]) => name === 'content-type' && value.startsWith('text/event-stream'));
  }

  #written(request: string, bytes: Uint8Array | string): void {
    const open = this.#open.get(request);
    if (open === undefined) return;
    const { limits, now } = this.#options;
    const all = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
    open.answerBytes += all.length;
    const roomBytes = Math.min(
      limits.answerBytesMax - open.keptBytes,
      limits.heldBytesMax - this.#heldBytes - pieceBytes,
    );
    // Once something is missing, nothing that follows makes sense.
    const isWhole = open.keptBytes + all.length === open.answerBytes;
    const kept = new Uint8Array(all.subarray(0, isWhole ? Math.max(0, roomBytes) : 0));
    if (kept.length === 0) return;
    open.pieces.push({ at: now(), bytes: kept });
    open.keptBytes += kept.length;
    open.heldBytes += kept.length + pieceBytes;
    this.#heldBytes += kept.length + pieceBytes;
  }

  #over(record: Accounted): void {
    const open = this.#open.get(record.requestId);
    if (open === undefined) return;
    this.#open.delete(record.requestId);
    const { take, outage } = this.#options;
    const { endpoint, head, body, bodyBytes, isStream, pieces, answerBytes, heldBytes } = open;
    const otherwise = `${endpoint}-${new Date(record.at).toISOString()}-${record.requestId}`;
    const name = captureName(head.header('x-proxy-capture-id'), otherwise, record.streaming);
    const release = (): void => {
      this.#heldBytes -= heldBytes;
      outage.worked();
    };
    const metadata = metadataOf(open, name, record);
    const headers = [...head.headers];
    void take({ endpoint, name, metadata, headers, body, bodyBytes, isStream, pieces, answerBytes }).then(release);
  }
}
