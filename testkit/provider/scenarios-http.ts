// Scenarios in the HTTP head: error statuses and informative headers.
// Invariant: an error body has OpenAI's shape, and `kind` names the well-known ones by one word.

import { type Params, ScenarioError } from './params.ts';
import { isJson, type Json } from './request.ts';
import { answer, sampled } from './scenarios-output.ts';
import type { Headers, Scenario, Scene, Step } from './steps.ts';

type Known = { readonly status: number; readonly error: Json };

const resetsAt = 1_795_230_000;

const kinds: Readonly<Record<string, Known>> = {
  rate: {
    status: 429,
    error: {
      message: 'Rate limit reached for requests. Please try again in 1.5s.',
      type: 'rate_limit_error',
      code: 'rate_limit_exceeded',
    },
  },
  usage: {
    status: 429,
    error: {
      message: 'The usage limit has been reached',
      type: 'usage_limit_reached',
      plan_type: 'pro',
      resets_at: resetsAt,
      resets_in_seconds: 600,
    },
  },
  quota: {
    status: 429,
    error: {
      message: 'You exceeded your current quota, please check your plan and billing details.',
      type: 'insufficient_quota',
      code: 'insufficient_quota',
    },
  },
  context: {
    status: 400,
    error: {
      message: 'Your input exceeds the context window of this model.',
      type: 'invalid_request_error',
      code: 'context_length_exceeded',
    },
  },
  schema: {
    status: 400,
    error: {
      message:
        "Invalid schema for response_format 'codex_output_schema': In context=(), 'additionalProperties' is required to be supplied and to be false.",
      type: 'invalid_request_error',
      code: 'invalid_json_schema',
      param: 'text.format.schema',
    },
  },
  model: {
    status: 404,
    error: { message: 'The model does not exist.', type: 'invalid_request_error', code: 'model_not_found' },
  },
  auth: {
    status: 401,
    error: { message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
  },
  overloaded: {
    status: 503,
    error: { message: 'The server is overloaded.', type: 'server_error', code: 'server_is_overloaded' },
  },
};

function moreHeaders(params: Params): Headers {
  const text = params.text('h');
  if (text === undefined) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  if (!isJson(parsed)) throw new ScenarioError('h must be a JSON object of headers');
  return Object.fromEntries(Object.entries(parsed).map(([name, value]) => [name, String(value)]));
}

function status(scene: Scene): readonly Step[] {
  const { params } = scene;
  const kind = params.text('kind');
  const known = kind === undefined ? undefined : kinds[kind];
  if (kind !== undefined && known === undefined) {
    throw new ScenarioError(`kind must be one of ${Object.keys(kinds).join(', ')}, not ${kind}`);
  }
  const code = Number(params.text('code') ?? known?.status ?? 500);
  if (!(Number.isInteger(code) && code >= 200 && code <= 599)) throw new ScenarioError('code must be an HTTP status');
  const error: Record<string, unknown> = {
    message: `The provider answers ${code}.`,
    type: code >= 500 ? 'server_error' : 'invalid_request_error',
    code: null,
    param: null,
    ...known?.error,
  };
  for (const [name, member] of [
    ['error', 'code'],
    ['type', 'type'],
    ['message', 'message'],
  ] as const) {
    const value = params.text(name);
    if (value !== undefined) error[member] = value;
  }
  const retryAfter = params.text('retryafter');
  const headers = { ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }), ...moreHeaders(params) };
  // `body`: the bytes as they are, whatever they say.
  return [{ step: 'answer', status: code, headers, body: params.text('body') ?? { error } }];
}

function* headers(scene: Scene): Generator<Step> {
  const { params } = scene;
  const limit = (name: string, used: number, minutes: number): Headers => ({
    [`x-codex-${name}-used-percent`]: String(used),
    [`x-codex-${name}-window-minutes`]: String(minutes),
    [`x-codex-${name}-reset-at`]: String(params.int('resets') ?? resetsAt),
  });
  const model = params.text('model');
  yield {
    step: 'headers',
    headers: {
      ...limit('primary', params.int('used') ?? 42, 300),
      ...limit('secondary', params.int('used2') ?? 10, 10_080),
      ...(model === undefined ? {} : { 'openai-model': model }),
      ...moreHeaders(params),
    },
  };
  yield* sampled(answer)(scene);
}

export const httpScenarios: Readonly<Record<string, Scenario>> = { status, headers };
