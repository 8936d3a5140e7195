/** What the two request schemas agree on: a request that may become a response, in the terms of the runtime. */

import type { Archive } from '../actors/archive.ts';
import type { ResponseRequest } from '../actors/service.ts';
import type { OutputTerms } from '../actors/terms.ts';
import type { JsonObject } from '../actors/turn.ts';
import type { Interceptor, LocalAnswer } from './local-answer.ts';
import type { TitlePolicy } from './requests/titles.ts';
import type { Soon } from './soon.ts';

export interface Admission {
  /** What the runtime is asked for; whose it is, is added by whoever knows the key. */
  readonly request: Omit<ResponseRequest, 'owner'>;
  /** Turns that are run, each for a choice of the answer; 1 on Responses. */
  readonly choices: number;
  /** Chat: the client asked for a usage chunk. */
  readonly includeUsage: boolean;
  /** Chat: the request used `functions`, so a whole answer tells its first call in their form, too. */
  readonly legacyCalls: boolean;
  /** The effort that was asked for, when the model has none like it and the nearest one is used. */
  readonly clampedFrom: string | null;
  /** Asks for a title, and is answered by that model: the name by which the operator has chosen it. */
  readonly titleModel: string | null;
  /** The model is told that what the client has put into the prompt is no order. */
  readonly guarded: boolean;
  /** Fields that were accepted and cannot be applied: the header `x-proxy-ignored-params`. */
  readonly ignoredParams: readonly string[];
  /** Null: a worker answers. */
  readonly answeredHere: Soon<LocalAnswer> | null;
}

/** A model that clients may name. */
export interface ModelEntry {
  /** Advertised spelling. */
  readonly id: string;
  /** What the worker is asked for. */
  readonly target: string;
  /** Efforts that the target supports, weakest first; empty: unknown, pass any. */
  readonly efforts: readonly string[];
  /** The effort that the name implies. */
  readonly effort: string | null;
  /** Service tiers that the target has beside the default one. */
  readonly tiers: readonly string[];
}

/** The models as the schemas and routes see them. */
export interface ModelDirectory {
  /** Advertised models, the first one being the default alias. */
  list(): readonly ModelEntry[];
  /** Case-insensitive, blanks trimmed; null when there is none. */
  find(id: string): ModelEntry | null;
  /** What an accepted name is called among all that there are, in one spelling; null: it is none of them, or none are known. */
  spelled(id: string): string | null;
}

export type ParamsMode = 'lenient' | 'strict';

/** What the operator has decided about requests. */
export interface RequestPolicy {
  readonly params: ParamsMode;
  /** Chat: what a request without `stream` gets. */
  readonly defaultStream: boolean;
  /** Of one chat completion. */
  readonly choicesMax: number;
  /** Token caps are applied. */
  readonly enforceMaxTokens: boolean;
  /** What a request that does not say has for `parallel_tool_calls`. */
  readonly parallelToolCalls: boolean;
  /** Responses: the token cap of a request that has none; 0: none. */
  readonly responsesDefaultMaxTokens: number;
  /** Longest prompt, by estimate; 0: no limit. */
  readonly promptTokensMax: number;
  /** Chat: system and developer messages stay messages; otherwise they are the base instructions. */
  readonly ignoreClientSystemPrompt: boolean;
  /** The model is warned of what clients put into prompts. */
  readonly ingressGuardrail: boolean;
  /** Who answers requests for titles; null: whoever is asked. */
  readonly titles: TitlePolicy | null;
}

/** Of all settings those that are the request's. */
export const policyOf = (settings: RequestPolicy): RequestPolicy => ({
  params: settings.params,
  defaultStream: settings.defaultStream,
  choicesMax: settings.choicesMax,
  enforceMaxTokens: settings.enforceMaxTokens,
  parallelToolCalls: settings.parallelToolCalls,
  responsesDefaultMaxTokens: settings.responsesDefaultMaxTokens,
  promptTokensMax: settings.promptTokensMax,
  ignoreClientSystemPrompt: settings.ignoreClientSystemPrompt,
  ingressGuardrail: settings.ingressGuardrail,
  titles: settings.titles,
});

export interface RequestContext extends RequestPolicy {
  readonly models: ModelDirectory;
  /** The client's own earlier responses; null: none are kept. */
  readonly archive: Archive | null;
  /** What the gateway answers by itself; null: nothing, the model is asked. Absent: never. */
  readonly intercept?: Interceptor;
  /** What the answer looks like; absent: as the model has written it. */
  readonly output?: Omit<OutputTerms, 'textTools'>;
}

export type RequestReader = (body: JsonObject, context: RequestContext) => Admission;
