/**
 * One turn as the runtime sees it: what a worker is asked to sample (`Turn`) and what comes back (`TurnEvent`), in the
 * order in which the CLI wrote it. The Codex protocol itself (threads, JSON-RPC, raw items) stays in `transport/`.
 */

import type { Failure, Outcome } from '../machines/outcome.ts';
import type { TextRun } from './text-run.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** A function tool in the CLI's terms; the name is already one that the CLI takes. */
export interface DynamicTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
}

/** Everything a worker needs for one sampling. Items are Responses input items in the shapes that the CLI accepts. */
export interface Turn {
  readonly model: string;
  readonly items: readonly JsonObject[];
  /** In place of those that Codex has of its own; absent: none at all. */
  readonly baseInstructions?: string;
  readonly effort?: string;
  readonly summary?: string;
  readonly verbosity?: string;
  readonly serviceTier?: string;
  readonly outputSchema?: JsonObject;
  readonly tools?: readonly DynamicTool[];
  /** Which of the answers to one request this is; absent: the only one. */
  readonly choice?: number;
  /** Whether one answer may have several calls, if the request or the operator says so. */
  readonly parallelCalls?: boolean;
}

/** Token counts of one sampling, as the provider reports them. */
export interface Usage {
  readonly inputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteInputTokens: number;
  readonly outputTokens: number;
  readonly reasoningOutputTokens: number;
  readonly totalTokens: number;
}

export type TurnEvent =
  /** `turn/start` was answered: from here on the provider may be working, and billing. */
  | { readonly type: 'turn.accepted' }
  /** A step before that failed; nothing was sampled. */
  | { readonly type: 'turn.refused'; readonly failure: Failure }
  | {
      readonly type: 'item.opened';
      readonly item: string;
      readonly kind: 'message' | 'reasoning';
      readonly phase?: string;
    }
  | { readonly type: 'text.delta'; readonly item: string; readonly delta: string }
  /** Several of them in one, in bytes that need not be read; means the same. */
  | { readonly type: 'text.run'; readonly item: string; readonly run: TextRun }
  | { readonly type: 'summary.opened'; readonly item: string; readonly index: number }
  | { readonly type: 'summary.delta'; readonly item: string; readonly index: number; readonly delta: string }
  /** The model is thinking aloud; what it says stays with us. */
  | { readonly type: 'thought.observed' }
  /** The item view of a finished message: `text` is what the CLI holds for the whole message. */
  | {
      readonly type: 'item.closed';
      readonly item: string;
      readonly kind: 'message' | 'reasoning';
      readonly text: string;
      /** Names of the worker's own data about it, which may stand in its text. */
      readonly metadata?: readonly string[];
    }
  /** The raw item: the provider's own final words on a message or a reasoning item. */
  | {
      readonly type: 'item.final';
      readonly item: string;
      readonly kind: 'message' | 'reasoning';
      readonly phase?: string;
      readonly annotations: readonly JsonObject[];
      readonly encrypted?: string;
      readonly metadata?: readonly string[];
    }
  /** A raw call item; `arguments` (or a custom tool's `input`) is the exact string of the model. */
  | {
      readonly type: 'call.requested';
      readonly item: string;
      readonly kind: 'function_call' | 'custom_tool_call';
      readonly callId: string;
      readonly name: string;
      readonly arguments: string;
    }
  /** One sampling is over; usage is null when the provider sent none. A later word about the same one replaces the first. */
  | {
      readonly type: 'sampling.completed';
      readonly usage: Usage | null;
      readonly sampling?: string;
      /** Absent: the provider. */
      readonly countedBy?: 'token_count';
    }
  /** Cumulative count of the thread; trusted only for an answer cut by the length limit. */
  | { readonly type: 'usage.observed'; readonly total: Usage }
  | { readonly type: 'upstream.retried' }
  | { readonly type: 'model.rerouted'; readonly model: string }
  | { readonly type: 'turn.ended'; readonly outcome: Outcome }
  /** The thread is gone from the worker's memory: the slot is free again. */
  | { readonly type: 'turn.closed' };
