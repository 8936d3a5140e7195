/** Every row of the parameter table, by its class: what is refused, what is listed, what is echoed. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { Admission, ParamsMode } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { params } from './params.ts';
import { readResponsesRequest } from './responses.ts';

const models = modelDirectory({ models: () => [{ id: 'm' }], configured: undefined, fallback: 'm' });
const read = (fields: JsonObject, mode: ParamsMode = 'lenient'): Admission =>
  readResponsesRequest(
    { model: 'm', input: 'hi', ...fields },
    {
      models,
      ...testSettings,
      params: mode,
      archive: null,
    },
  );
const chat = (fields: JsonObject): Admission =>
  readChatRequest(
    { model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields },
    {
      models,
      ...testSettings,
      archive: null,
    },
  );

const refusal = (attempt: () => Admission): unknown => {
  try {
    return attempt();
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

/** A field in its place: `reasoning.effort` is a member of `reasoning`. */
const field = (path: string, value: Json): JsonObject => {
  const [group, member] = path.split('.');
  return member === undefined ? { [path]: value } : { [group ?? '']: { [member]: value } };
};

/** A field, a value that is not taken as it is, and what goes with it: the path in the error, or the neutral value. */
type Row = readonly [path: string, value: Json, other?: Json];

const first = (rows: readonly Row[]): [string, Json][] => rows.map(([path, value]) => [path, value]);
const withNeutral = (rows: readonly Row[]): [string, Json][] =>
  rows.flatMap(([path, , neutral]): [string, Json][] => (neutral === undefined ? [] : [[path, neutral]]));
const withPath = (rows: readonly Row[]): [string, Json, Json][] =>
  rows.map(([path, value, param = path]) => [path, value, param]);

const outOfRange: readonly Row[] = [
  ['temperature', 9],
  ['temperature', -0.1],
  ['temperature', '1'],
  ['top_p', 0],
  ['top_p', 1.1],
  ['presence_penalty', 3],
  ['frequency_penalty', -2.5],
  ['max_output_tokens', 0],
  ['max_output_tokens', 'abc'],
  ['max_tokens', -1],
  ['max_completion_tokens', 1.5],
  ['stop', ''],
  ['stop', ['a', 'b', 'c', 'd', 'e']],
  ['stop', [''], 'stop[0]'],
  ['seed', 'a'],
  ['seed', 1.5],
  ['logit_bias', 3],
  ['instructions', 3],
  ['reasoning', 'high'],
  ['reasoning.effort', 'bogus'],
  ['reasoning_effort', 'bogus'],
  ['reasoningEffort', 'bogus'],
  ['reasoning.summary', 'long'],
  ['text', 'x'],
  ['text.verbosity', 'loud'],
  ['verbosity', 'loud'],
  ['text.format', { type: 'yaml' }, 'text.format.type'],
  ['response_format', { type: 'yaml' }, 'response_format.type'],
  ['response_format', 3],
  ['tools', {}],
  ['tool_choice', 'sometimes'],
  ['tool_choice', 'required'],
  ['tool_choice', { type: 'function', name: 'f' }, 'tool_choice.name'],
  ['tool_choice', { type: 'function', function: { name: 'f' } }, 'tool_choice.function.name'],
  ['tool_choice', { type: 'odd' }, 'tool_choice.type'],
  ['function_call', { name: 'f' }, 'function_call.name'],
  ['parallel_tool_calls', 'maybe'],
  ['truncation', 'middle'],
  ['stream_options', true],
  ['stream_options.include_usage', 'yes'],
  ['include_usage', 'yes'],
  ['max_tool_calls', -1],
  ['metadata', []],
  ['metadata', { key: 1 }, 'metadata.key'],
  ['metadata', { key: 'x'.repeat(513) }, 'metadata.key'],
  ['metadata', { ['k'.repeat(65)]: 'x' }, `metadata.${'k'.repeat(64)}…`],
  ['metadata', Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`k${i}`, '']))],
  ['user', 3],
  ['prompt_cache_key', {}],
  ['safety_identifier', false],
  ['service_tier', 'gold'],
  ['store', 'yes'],
  ['include', 'reasoning.encrypted_content'],
];

const tolerated: readonly Row[] = [
  ['temperature', 0, 1],
  ['top_p', 0.5, 1],
  ['presence_penalty', 1, 0],
  ['frequency_penalty', -1, 0],
  ['seed', 7],
  ['seed', '7'],
  ['logit_bias', { 50256: -100 }, {}],
  ['store', true, false],
  ['service_tier', 'flex', 'auto'],
  ['service_tier', 'priority', 'default'],
  ['id', 7, 'abc'],
  ['reasoning.context', 'all_turns', 'auto'],
  ['reasoning.mode', 'pro', 'standard'],
  ['prediction', { type: 'content', content: 'x' }],
];

const neutralOnly: readonly Row[] = [
  ['conversation', 'conv_1'],
  ['conversation', { id: 'conv_1' }],
  ['background', true, false],
  ['top_logprobs', 3, 0],
  ['logprobs', true, false],
  ['modalities', ['text', 'audio'], ['text']],
  ['audio', { voice: 'x' }],
  ['web_search_options', {}],
  ['prompt', { id: 'p' }],
  ['moderation', { model: 'x' }],
  ['context_management', [{ type: 'compaction' }], []],
  ['access_programs', { cyber: 'trusted' }, { cyber: 'standard' }],
  ['image', { context_compression: 'enabled' }, { context_compression: 'disabled' }],
];

describe('a field with a value of its own rules', () => {
  test.each(withPath(outOfRange))('P-89…P-97: %s = %j is refused with its path', (path, value, param) => {
    expect(refusal(() => read(field(path, value)))).toEqual(['invalid_request_error', param]);
  });

  test('an effort is refused by the message under the name that the client used', () => {
    expect(() => chat({ reasoning_effort: 'x' })).toThrow(/^reasoning_effort must be one of none, /);
    expect(() => chat({ reasoning: { effort: 'x' } })).toThrow(/^reasoning\.effort must be one of none, /);
  });

  const odd = ['', 'a', '\u0000', -1, 0.5, 1e300, true, [], [null], [''], ['a', 'b', 'c', 'd', 'e'], {}, { type: 1 }];
  test.each([...params.keys()])('%s is never refused in the words of the schema library', (name) => {
    const messages = odd.flatMap((value: Json) => {
      try {
        params.get(name)?.read(value, name);
        return [];
      } catch (error) {
        return error instanceof RequestError ? [error.message] : [String(error)];
      }
    });
    expect(messages.filter((message) => !/ must (be|have) |supported/.test(message))).toEqual([]);
  });

  test('null is the same as absent, for every field', () => {
    const {
      ignoredParams,
      request: { echo },
    } = read(Object.fromEntries([...params.keys()].filter(top).map((name) => [name, null])));
    expect({ ignoredParams, echo }).toEqual({ ignoredParams: [], echo: read({}).request.echo });
  });
});

describe('a tolerated field', () => {
  test.each(first(tolerated))('%s = %j is accepted and named', (path, value) => {
    expect(read(field(path, value)).ignoredParams).toEqual([path]);
  });

  test.each(first(tolerated))('%s = %j is refused in strict mode', (path, value) => {
    expect(refusal(() => read(field(path, value), 'strict'))).toEqual(['unsupported_parameter', path]);
  });

  test.each(withNeutral(tolerated))('%s = %j is never named nor refused', (path, neutral) => {
    expect(read(field(path, neutral), 'strict').ignoredParams).toEqual([]);
  });
});

describe('a field that cannot be served', () => {
  test.each(first(neutralOnly))('%s = %j is refused', (path, value) => {
    expect(refusal(() => read(field(path, value)))).toEqual(['unsupported_parameter', path]);
  });

  test.each(withNeutral(neutralOnly))('%s = %j is accepted', (path, neutral) => {
    expect(read(field(path, neutral), 'strict').ignoredParams).toEqual([]);
  });

  test('logprobs in include are refused, hosted-tool values are not', () => {
    expect(refusal(() => read({ include: ['message.output_text.logprobs'] }))).toEqual([
      'unsupported_value',
      'include',
    ]);
    const second = { include: ['reasoning.encrypted_content', 'nonsense'] };
    expect(refusal(() => read(second))).toEqual(['unsupported_value', 'include[1]']);
    expect(read({ include: ['web_search_call.results'] }).request.revealEncrypted).toBe(false);
    expect(read({ include: ['reasoning.encrypted_content'] }).request.revealEncrypted).toBe(true);
  });

  test('P-118: n is 1 on responses', () => {
    expect(refusal(() => read({ n: 2 }))).toEqual(['n_unsupported', 'n']);
    expect(read({ n: 1 }).ignoredParams).toEqual([]);
  });

  test.each([
    [1, 1],
    ['3', 3],
    [5, 5],
  ])('P-88: n = %j is %i choices on chat', (n, choices) => {
    expect(chat({ n }).choices).toBe(choices);
  });

  test.each([0, -1, 1.5, 6, '6', 'x', true, []])('P-88: n = %j is refused on chat', (n) => {
    expect(refusal(() => chat({ n }))).toEqual(['invalid_request_error', 'n']);
  });
});

test('P-111: include_usage at the top is that of stream_options', () => {
  for (const include_usage of [true, false]) {
    expect(chat({ include_usage })).toMatchObject({ includeUsage: include_usage, ignoredParams: [] });
    expect(chat({ stream_options: { include_usage } }).includeUsage).toBe(include_usage);
  }
});

function top(name: string): boolean {
  return !name.includes('.') && !['model', 'input'].includes(name);
}
