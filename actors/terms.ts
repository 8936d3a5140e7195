/**
 * What a request demands of its answer beyond what a worker can be told: the gateway itself sees to it. Plain data, made once at
 * admission.
 */

import type { JsonObject } from './turn.ts';

/** How the client knows a tool; the worker may know it by another name (`aliases`). */
export interface ClientTool {
  readonly kind: 'function_call' | 'custom_tool_call';
  readonly name: string;
  readonly namespace?: string;
  /** Where the request has the schema of its arguments. */
  readonly schemaName?: string;
}

/** What a completed answer has to be. The worker was asked for it in words, which do not bind a model. */
export interface Demand {
  readonly kind: 'call' | 'json_object';
  /** The request field that demands it. */
  readonly param: string;
  /** With `call`: which tools would do, by the client's names; empty: any. */
  readonly names?: readonly string[];
}

export type OutputMode = 'openai-json' | 'obsidian-xml';

/** A tool that the model may call in text. */
export interface TextTool {
  /** By the client's name. */
  readonly tool: ClientTool;
  readonly strict: boolean;
  /** Of its arguments. */
  readonly schema: JsonObject;
}

/** What the client wants the answer to look like. */
export interface OutputTerms {
  /** `obsidian-xml`: each call stands as a block in the text, too. */
  readonly mode: OutputMode;
  /** Text that is written as a call becomes one. */
  readonly textCalls: boolean;
  /** By each name that the model may write; no tools at all: any name that stands in a `<use_tool>` block. */
  readonly textTools: ReadonlyMap<string, TextTool>;
  /** The answer ends after its calls. */
  readonly stopAfterCalls: boolean;
  /** How it does, also where `blocksMax` ends it: with the call at once, or when no other one has followed for so long. */
  readonly stopMode: 'first' | 'burst';
  readonly stopGraceMs: number;
  /** Calls of an answer, which ends with the last of them. Null: no limit. */
  readonly blocksMax: number | null;
  /** Text behind the last call is left out. */
  readonly suppressTail: boolean;
  /** A call that repeats another one is left out. */
  readonly dedup: boolean;
  /** Between two blocks. */
  readonly delimiter: string;
  /** Terminal colours are left out. */
  readonly stripAnsi: boolean;
  /** Lines that are metadata of the worker are left out. */
  readonly sanitize: boolean;
}

/** The answer as the model has written it. */
export const plainOutput: OutputTerms = {
  mode: 'openai-json',
  textCalls: false,
  textTools: new Map(),
  stopAfterCalls: false,
  stopMode: 'burst',
  stopGraceMs: 300,
  blocksMax: null,
  suppressTail: false,
  dedup: false,
  delimiter: '',
  stripAnsi: false,
  sanitize: false,
};

export interface Terms {
  /** Name at the worker -> the client's tool. A name that is not in here goes to the client as the model wrote it. */
  readonly tools: ReadonlyMap<string, ClientTool>;
  /** Ids of the calls in the history: no new call has one of them. */
  readonly callIds: ReadonlySet<string>;
  /** Calls that are delivered; the model's further ones are dropped. Null: all. */
  readonly callsMax: number | null;
  /** Cap on the tokens that the client sees, by estimate. Null: none. */
  readonly tokensMax: number | null;
  /** The text ends before the first of these. */
  readonly stop: readonly string[];
  readonly demands: readonly Demand[];
  /** An unmet demand fails the response; otherwise it is only noted. */
  readonly strict: boolean;
  readonly output: OutputTerms;
}

export const noTerms: Terms = {
  tools: new Map(),
  callIds: new Set(),
  callsMax: null,
  tokensMax: null,
  stop: [],
  demands: [],
  strict: false,
  output: plainOutput,
};
