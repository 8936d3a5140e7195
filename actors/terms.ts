/**
 * What a request demands of its answer beyond what a worker can be told: the gateway itself sees to it. Plain data, made once at
 * admission.
 */

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
}

export const noTerms: Terms = {
  tools: new Map(),
  callIds: new Set(),
  callsMax: null,
  tokensMax: null,
  stop: [],
  demands: [],
  strict: false,
};
