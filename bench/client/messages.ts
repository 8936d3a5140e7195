/** What is said between the suite and its load client, a process of its own. Plain JSON, so that nothing is shared. */

interface Target {
  readonly port: number;
  /** One whole HTTP/1.1 request with its body, sent again and again on kept connections. */
  readonly request: string;
}

/** Streams, each read to its end and verified. */
export interface StreamsLoad extends Target {
  readonly kind: 'streams';
  readonly streams: number;
  /** Streams at a time, each on a connection of its own. */
  readonly concurrent: number;
  /** What each must have. */
  readonly deltas: number;
  /** The first so many are begun over this time, instead of at once. */
  readonly rampMs: number;
  readonly timeoutMs: number;
  /** Answers other than 200 are counted, not failures: for overload. */
  readonly refusals?: boolean;
  /** Connections that read slowly: so many bytes a second each. */
  readonly readBytesPerSecond?: number;
}

/** Whole answers with a `content-length`, or chunked. */
export interface RequestsLoad extends Target {
  readonly kind: 'requests';
  readonly requests: number;
  readonly connections: number;
  readonly timeoutMs: number;
  /** Starts so many a second whatever becomes of them, instead of as fast as they are answered. */
  readonly perSecond?: number;
  readonly refusals?: boolean;
}

/** The shim's own pipes, without anything between: what a stream costs that nobody serves. */
export interface DirectLoad {
  readonly kind: 'direct';
  readonly streams: number;
  readonly concurrent: number;
  readonly deltas: number;
  /** Of the user. */
  readonly prompt: string;
  readonly rampMs: number;
  readonly timeoutMs: number;
}

export type Load = StreamsLoad | RequestsLoad | DirectLoad;

/** Microseconds. */
export interface Quantiles {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface Report {
  /** Streams or requests that were answered as they should be. */
  readonly finished: number;
  readonly deltas: number;
  readonly bytes: number;
  /** How often the client was given something to read. */
  readonly reads: number;
  /** By status, those that were refused. */
  readonly refused: Readonly<Record<string, number>>;
  /** Of those, answers with a `Retry-After`. */
  readonly retryAfter: number;
  /** The longest of them. */
  readonly retryAfterSecondsMax: number;
  readonly elapsedMicros: number;
  readonly clientCpuMicros: number;
  /** The client's own health. */
  readonly loopDelay: Quantiles;
  /** From the request to the first delta; to the answer for whole ones. */
  readonly first: Quantiles;
  /** From the request to its end; from when it was due, where so many a second are. */
  readonly whole: Quantiles;
  /** Between two deltas of one stream; those that arrive together have 0 between them. */
  readonly gap: Quantiles;
  /** From the worker's stamp to the client. */
  readonly lag: Quantiles;
  /** The same while every stream flowed: between the beginning of the last one and the end of the first one. */
  readonly flow: { readonly gap: Quantiles; readonly lag: Quantiles };
}

export type ToClient = { readonly id: number; readonly load: Load };
export type FromClient =
  /** `shimMicros`: CPU time of the shim that it asked itself; null without one. */
  | { readonly id: number; readonly report: Report; readonly shimMicros: number | null }
  | { readonly id: number; readonly failure: string }
  /** How many streams have begun so far, how many are over, and how many deltas all of them have had. */
  | { readonly id: number; readonly begun: number; readonly over: number; readonly seen: number };
