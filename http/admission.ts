/** What the two request schemas agree on: a request that may become a response, in the terms of the runtime. */

import type { ResponseRequest } from '../actors/service.ts';
import type { JsonObject } from '../actors/turn.ts';

export interface Admission {
  /** What the runtime is asked for; whose it is, is added by whoever knows the key. */
  readonly request: Omit<ResponseRequest, 'owner'>;
  /** Turns that are run, each for a choice of the answer; 1 on Responses. */
  readonly choices: number;
  /** Chat: the client asked for a usage chunk. */
  readonly includeUsage: boolean;
  /** Fields that were accepted and cannot be applied: the header `x-proxy-ignored-params`. */
  readonly ignoredParams: readonly string[];
}

/** A model that clients may name. */
export interface ModelEntry {
  /** Advertised spelling. */
  readonly id: string;
  /** What the worker is asked for. */
  readonly target: string;
  /** Efforts that the target supports, weakest first; empty: unknown, pass any. */
  readonly efforts: readonly string[];
}

/** The models as the schemas and routes see them. */
export interface ModelDirectory {
  /** Advertised models, the first one being the default alias. */
  list(): readonly ModelEntry[];
  /** Case-insensitive, blanks trimmed; null when there is none. */
  find(id: string): ModelEntry | null;
}

export type ParamsMode = 'lenient' | 'strict';

export interface RequestContext {
  readonly models: ModelDirectory;
  readonly params: ParamsMode;
  readonly defaultStream: boolean;
  /** Of one chat completion. */
  readonly choicesMax: number;
}

export type RequestReader = (body: JsonObject, context: RequestContext) => Admission;
