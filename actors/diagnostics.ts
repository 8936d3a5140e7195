/**
 * What the runtime tells those who watch it: metrics, traces and logs. Each happening is a fact in the past, published where it
 * becomes true, whoever listens. Invariants: what nobody watches costs the question whether anybody does; a watcher can neither
 * change nor fail what it watches; no happening of the runtime but `worker.line` carries a word of prompt, answer or key.
 */

import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { JsonObject } from './turn.ts';

export interface Happenings {
  /** A line for the operator. */
  'event.logged': { readonly level: 'info' | 'warn'; readonly event: string; readonly facts: JsonObject };
  /** A response has the use of a worker; a second time when the first one did not accept its turn. */
  'lease.granted': {
    readonly response: ResponseId;
    readonly slot: Slot;
    readonly epoch: Epoch;
    /** Since the response was opened. */
    readonly waitedMs: number;
  };
  /** The log of a response has its end. */
  'response.ended': {
    readonly response: ResponseId;
    /** Null: it had no worker. */
    readonly slot: Slot | null;
    readonly outcome: Outcome;
    readonly durationMs: number;
  };
  /** What the CLI calls a response. Told again when more is known. */
  'turn.bound': { readonly response: ResponseId; readonly threadId: string; readonly turnId: string | null };
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
