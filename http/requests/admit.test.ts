import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { Admission, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { readResponsesRequest } from './responses.ts';

const efforts = ['low', 'medium', 'high'].map((reasoningEffort) => ({ reasoningEffort }));
const list = [{ id: 'M', model: 'm-real', isDefault: true, supportedReasoningEfforts: efforts }];
const models = modelDirectory({ models: () => list, configured: undefined, fallback: 'f' });
const context: RequestContext = {
  models,
  ...testSettings,
  archive: null,
};
const messages = [{ role: 'user', content: 'hi' }];
const read = (fields: JsonObject): Admission => readResponsesRequest({ model: 'm', input: 'hi', ...fields }, context);
const bare = (body: JsonObject): Admission => readResponsesRequest(body, context);
const chat = (body: JsonObject, more: Partial<RequestContext> = {}): Admission =>
  readChatRequest(body, { ...context, ...more });

const refusal = (attempt: () => Admission): unknown => {
  try {
    return attempt();
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

describe('the echo', () => {
  test('of a bare request holds the documented defaults and store false', () => {
    expect(read({}).request.echo).toEqual({
      background: false,
      instructions: null,
      max_output_tokens: null,
      max_tool_calls: null,
      parallel_tool_calls: true,
      previous_response_id: null,
      prompt_cache_key: null,
      reasoning: { effort: null, summary: null },
      safety_identifier: null,
      service_tier: 'default',
      store: false,
      temperature: 1,
      text: { format: { type: 'text' }, verbosity: 'medium' },
      tool_choice: 'auto',
      tools: [],
      top_logprobs: 0,
      top_p: 1,
      presence_penalty: 0,
      frequency_penalty: 0,
      truncation: 'disabled',
      user: null,
      metadata: {},
    });
  });

  const sent: JsonObject = {
    instructions: 'i',
    max_output_tokens: 9,
    max_tool_calls: 2,
    parallel_tool_calls: false,
    prompt_cache_key: 'k',
    safety_identifier: 's',
    temperature: 0,
    tool_choice: 'none',
    top_p: 0.5,
    presence_penalty: 1,
    frequency_penalty: -1,
    truncation: 'auto',
    user: 'u',
    metadata: { a: 'b' },
  };
  test.each(Object.entries(sent))('P-89: repeats %s = %j', (name, value) => {
    expect(read({ [name]: value }).request.echo).toMatchObject({ [name]: value });
  });

  test('says store false whatever was sent', () => {
    expect(read({ store: true }).request.echo.store).toBe(false);
  });

  test('carries hints only when they were sent', () => {
    expect(read({ prompt_cache_retention: '24h' }).request.echo.extra).toEqual({ prompt_cache_retention: '24h' });
  });

  test('keeps a metadata key that is named like the prototype', () => {
    const metadata: JsonObject = JSON.parse('{"__proto__":"x"}');
    expect(JSON.stringify(read({ metadata }).request.echo.metadata)).toBe('{"__proto__":"x"}');
  });
});

describe('the turn', () => {
  test('P-117: instructions come first, as a developer message', () => {
    const { items } = read({ instructions: 'be brief', input: [{ role: 'system', content: 's' }] }).request.turn;
    const developer = (text: string) => ({
      type: 'message',
      role: 'developer',
      content: [{ type: 'input_text', text }],
    });
    expect(items).toEqual([developer('be brief'), developer('s')]);
  });

  test('P-115: instructions alone are enough', () => {
    expect(bare({ model: 'm', instructions: 'say hello' }).request.turn.items).toHaveLength(1);
  });

  test('has the model of the worker and the spelling of the list in the answer', () => {
    const { model, turn } = read({ model: ' codex/m ' }).request;
    expect([model, turn.model]).toEqual(['M', 'm-real']);
  });

  test.each([
    ['minimal', 'low'],
    ['none', 'low'],
    ['medium', 'medium'],
    ['xhigh', 'high'],
    ['ultra', 'high'],
  ])('P-69: effort %s becomes %s, and the echo says so', (asked, effective) => {
    const { echo, turn } = read({ reasoning: { effort: asked } }).request;
    expect([turn.effort, echo.reasoning['effort']]).toEqual([effective, effective]);
  });

  test('P-67: effort and verbosity are the same under both of their names, on both endpoints', () => {
    const nested = read({ reasoning: { effort: 'low' }, text: { verbosity: 'low' } }).request.turn;
    const flat = chat({ model: 'm', messages, reasoning_effort: 'low', verbosity: 'low' }).request.turn;
    expect(flat).toEqual(nested);
  });

  test('P-67: nothing is sent when nothing was asked', () => {
    expect(Object.keys(read({}).request.turn)).toEqual(['model', 'items']);
  });
});

describe('streaming', () => {
  test.each<[Json, boolean]>([
    [true, true],
    [1, true],
    ['yes', true],
    [false, false],
    [0, false],
    [null, false],
  ])('P-10: stream = %j means %j on responses', (stream, expected) => {
    expect(read({ stream }).request.streaming).toBe(expected);
  });

  test('P-8: the default is that of the configuration, on chat only', () => {
    expect(chat({ model: 'm', messages }, { defaultStream: true }).request.streaming).toBe(true);
    expect(chat({ model: 'm', messages, stream: false }, { defaultStream: true }).request.streaming).toBe(false);
    expect(
      readResponsesRequest({ model: 'm', input: 'x' }, { ...context, defaultStream: true }).request.streaming,
    ).toBe(false);
  });

  test('a usage chunk is asked for with or without stream', () => {
    expect(chat({ model: 'm', messages, stream_options: { include_usage: true } }).includeUsage).toBe(true);
  });
});

describe('P-22: the first failing check answers', () => {
  const cases: readonly (readonly [JsonObject, string, string])[] = [
    [{}, 'model_required', 'model'],
    [{ model: ' ', input: 42 }, 'model_required', 'model'],
    [{ model: 3 }, 'model_required', 'model'],
    [{ model: 'nope', input: 42, temperature: 9 }, 'invalid_request_error', 'input'],
    [{ model: 'nope', input: 'x', temperature: 9 }, 'invalid_request_error', 'temperature'],
    [{ model: 'nope', input: 'x' }, 'model_not_found', 'model'],
    [{ model: 'm' }, 'invalid_request_error', 'input'],
    [{ model: 'm', input: [] }, 'invalid_request_error', 'input'],
    [{ model: 'm', input: '' }, 'invalid_request_error', 'input'],
    [{ model: 'm', input: [{ role: 'user', content: [] }] }, 'invalid_request_error', 'input'],
    [{ model: 'm', messages }, 'invalid_request_error', 'messages'],
    [{ model: 'm', previous_response_id: 'resp_1' }, 'previous_response_not_found', 'previous_response_id'],
  ];
  test.each(cases)('responses %j', (body, code, param) => {
    expect(refusal(() => bare(body))).toEqual([code, param]);
  });

  const chats: readonly (readonly [JsonObject, string, string])[] = [
    [{}, 'model_required', 'model'],
    [{ model: 'nope', messages: [], temperature: 9 }, 'invalid_request_error', 'messages'],
    [{ model: 'nope', messages, temperature: 9 }, 'invalid_request_error', 'temperature'],
    [{ model: 'nope', messages }, 'model_not_found', 'model'],
    [{ model: 'm', messages: 'not-an-array' }, 'invalid_request_error', 'messages'],
    [{ model: 'm', messages, input: 'x' }, 'invalid_request_error', 'input'],
    [{ model: 'm', input: 'x', messages }, 'invalid_request_error', 'messages'],
    [{ model: 'm', input: '' }, 'invalid_request_error', 'input'],
  ];
  test.each(chats)('chat %j', (body, code, param) => {
    expect(refusal(() => chat(body))).toEqual([code, param]);
  });

  test('P-65: the message names the model', () => {
    expect(() => read({ model: 'gpt-4o' })).toThrow('The model gpt-4o does not exist or you do not have access to it.');
  });
});
