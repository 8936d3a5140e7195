/**
 * What the runtime tells those who watch it: metrics, traces and logs. Each happening is a fact in the past, published where it
 * becomes true, whoever listens. Invariants: what nobody watches costs the question whether anybody does; a watcher can neither
 * change nor fail what it watches; no happening of the runtime but `worker.line` carries a word of prompt, answer or key.
 */

import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { GapCounts } from './gaps.ts';
import type { LogEvent } from './log-events.ts';
import type { JsonObject, Usage } from './turn.ts';

/** Why the process of a worker came to its end, by the first sign of it. */
export const exitReasons = [
  // By itself, or killed by somebody else.
  'crashed',
  'killed',
  // It could not be brought into service, or is of a version that never can.
  'handshake_failed',
  'incompatible',
  // It gave no sign of life.
  'pulse_lost',
  // It had done all that it was to do, or was asked to end: a drain, other credentials.
  'worn',
  'stopped',
] as const;
export type ExitReason = (typeof exitReasons)[number];

/** Who writes down what is told, and may have to drop it. */
export const recorders = [
  /** On stdout. */
  'log',
  'usage_log',
  'access_log',
  'sanitizer_log',
  'wire_trace',
  'app_server_capture',
  'thinking_capture',
  'chat_capture',
  'chat_raw_capture',
  'responses_capture',
  'responses_raw_capture',
  'captures',
  /** Spans for a collector. */
  'trace',
] as const;
export type Recorder = (typeof recorders)[number];

export const letterKinds = ['supervisor', 'login', 'worker', 'stream'] as const;
export const letterKind = (address: string): (typeof letterKinds)[number] =>
  letterKinds.find((kind) => address === kind || address.startsWith(`${kind}/`)) ?? 'stream';

export interface Happenings {
  /** A line for the operator. */
  'event.logged': { readonly level: 'info' | 'warn'; readonly event: LogEvent; readonly facts: JsonObject };
  /** A response has the use of a worker; a second time when the first one did not accept its turn. */
  'lease.granted': {
    readonly response: ResponseId;
    readonly slot: Slot;
    readonly epoch: Epoch;
    /** Since the response was opened. */
    readonly waitedMs: number;
  };
  /** Nobody was at the address of a letter. */
  'letter.dead': { readonly to: (typeof letterKinds)[number] };
  /** Records of happenings were lost: the disk is full, whoever takes them is slow or away. */
  'records.dropped': { readonly recorder: Recorder; readonly count: number };
  /** The log of a response has its end. */
  'response.ended': {
    readonly response: ResponseId;
    /** Null: it had no worker. */
    readonly slot: Slot | null;
    readonly outcome: Outcome;
    readonly durationMs: number;
    /** Between the pieces in which it came; null: it had no worker. */
    readonly gaps: GapCounts | null;
    /** By the provider's count; null: unknown. */
    readonly usage: Usage | null;
    /** Calls that the client has to answer. */
    readonly calls: number;
  };
  /** What the CLI calls a response, and the provider. Told again when more is known. */
  'turn.bound': {
    readonly response: ResponseId;
    readonly threadId: string;
    readonly turnId: string | null;
    /** The provider's id of its response, or of a request that has failed. */
    readonly upstreamId: string | null;
  };
  'worker.exited': { readonly slot: Slot; readonly epoch: Epoch; readonly reason: ExitReason };
  /** A request of JSON-RPC is about to be sent for a response; just before its `worker.line`. */
  'rpc.sent': { readonly slot: Slot; readonly epoch: Epoch; readonly id: number; readonly response: ResponseId };
  /** A line of JSON-RPC, before anything is made of it. `out`: to the worker, where several lines may come as one. */
  'worker.line': {
    readonly slot: Slot;
    readonly epoch: Epoch;
    /** Whose process it is; null: that of a worker for many. */
    readonly response: ResponseId | null;
    readonly direction: 'in' | 'out';
    readonly line: string;
  };
}

/** Where happenings are told. */
export interface Diagnostics<All = Happenings> {
  /** Whether anybody watches: asked before a happening is made that costs something. */
  watched(name: keyof All): boolean;
  publish<Name extends keyof All>(name: Name, happening: All[Name]): void;
}

/** Where they are heard: `heard` is called at once, from within what happens. The returned function ends it. */
export type Watch<All = Happenings> = <Name extends keyof All>(
  name: Name,
  heard: (happening: All[Name]) => void,
) => () => void;

/** Nobody watches. */
export const unwatched: Diagnostics<Happenings> = { watched: () => false, publish: () => {} };
