/** What a request asks the gateway itself to enforce: caps, stop sequences, one call, output formats, summaries. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { Admission, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { readResponsesRequest } from './responses.ts';

const context: RequestContext = {
  models: modelDirectory({ models: () => [{ id: 'm' }], configured: undefined, fallback: 'm' }),
  ...testSettings,
  archive: null,
};
type More = Partial<RequestContext>;
const read = (fields: JsonObject, more: More = {}): Admission =>
  readResponsesRequest({ model: 'm', input: 'hi', ...fields }, { ...context, ...more });
const chat = (fields: JsonObject, more: More = {}): Admission =>
  readChatRequest({ model: 'm', messages: [{ role: 'user', content: 'hi' }], ...fields }, { ...context, ...more });

const refusal = (attempt: () => Admission): unknown => {
  try {
    return attempt().request.turn;
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

describe('a token cap', () => {
  test.each(['max_output_tokens', 'max_tokens', 'max_completion_tokens', 'maxOutputTokens'])(
    '%s is enforced',
    (name) => {
      for (const admission of [read({ [name]: 1 }), chat({ [name]: 1 }), chat({ [name]: 1 }, { params: 'strict' })]) {
        expect(admission.request.terms.tokensMax).toBe(1);
        expect(admission.request.echo.max_output_tokens).toBe(1);
        expect(admission.ignoredParams).toEqual([]);
      }
    },
  );

  test('is tolerated, or refused in strict mode, where the operator does not want it enforced', () => {
    const off: More = { enforceMaxTokens: false };
    const { request, ignoredParams } = chat({ max_tokens: 1 }, off);
    expect([request.terms.tokensMax, request.echo.max_output_tokens, ignoredParams]).toEqual([null, 1, ['max_tokens']]);
    expect(refusal(() => chat({ max_tokens: 1 }, { ...off, params: 'strict' }))).toEqual([
      'unsupported_parameter',
      'max_tokens',
    ]);
    expect(chat({}, { ...off, params: 'strict' }).ignoredParams).toEqual([]);
  });
});

test.each<[Json, readonly string[]]>([
  ['x', ['x']],
  [
    ['x', '\ud800'],
    ['x', '\ufffd'],
  ],
  [[], []],
  [null, []],
])('stop = %j', (stop, expected) => {
  for (const { request, ignoredParams } of [read({ stop }), chat({ stop }, { params: 'strict' })]) {
    expect([request.terms.stop, ignoredParams]).toEqual([expected, []]);
  }
});

test('parallel_tool_calls: the request says, or the operator', () => {
  const off: More = { parallelToolCalls: false };
  const told = ({ request }: Admission) => [request.terms.callsMax, request.echo.parallel_tool_calls];
  expect(told(read({}))).toEqual([null, true]);
  expect(told(read({ parallel_tool_calls: false }))).toEqual([1, false]);
  expect(told(read({}, off))).toEqual([1, false]);
  expect(told(chat({ parallelToolCalls: 'yes' }, off))).toEqual([null, true]);
});

describe('reasoning.summary', () => {
  test.each<JsonObject>([{ summary: 'detailed' }, { generate_summary: 'detailed' }])(
    '%j reaches the worker',
    (reasoning) => {
      const { request, ignoredParams } = read({ reasoning }, { params: 'strict' });
      expect([request.turn.summary, request.echo.reasoning, ignoredParams]).toEqual([
        'detailed',
        { effort: null, summary: 'detailed' },
        [],
      ]);
    },
  );

  test('absent asks for none', () => {
    expect('summary' in read({}).request.turn).toBe(false);
  });
});

const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const whole = { type: 'json_schema', name: 'n', description: 'd', schema, strict: true };
const plain = { ...whole, description: null, strict: false };
const bare = { ...plain, name: 'codex_output_schema' };

describe('an output schema', () => {
  test.each<[string, JsonObject, JsonObject]>([
    ['flat', { type: 'json_schema', name: 'n', description: 'd', schema, strict: true }, whole],
    ['nested', { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema, strict: true } }, whole],
    ['not strict', { type: 'json_schema', json_schema: { name: 'n', schema, strict: null } }, plain],
    ['beside its name', { type: 'json_schema', schema, json_schema: { name: 'n' } }, plain],
    ['without a name', { type: 'json_schema', schema }, bare],
    ['by itself', { type: 'json_schema', json_schema: schema }, bare],
  ])('%s', (_name, format, echo) => {
    for (const { request, ignoredParams } of [
      read({ text: { format } }),
      read({ response_format: format }),
      chat({ response_format: format }, { params: 'strict' }),
      chat({ text: { format }, response_format: format }),
    ]) {
      expect(request.turn.outputSchema).toEqual(schema);
      expect(request.echo.text).toEqual({ format: echo, verbosity: 'medium' });
      expect([request.terms.demands, request.turn.items.length, ignoredParams]).toEqual([[], 1, []]);
    }
  });

  test('the field that holds it is known, for a provider that refuses it', () => {
    expect(read({ text: { format: whole } }).request.schemaName).toBe('text.format.schema');
    const nested = { type: 'json_schema', json_schema: whole };
    expect(chat({ response_format: nested }).request.schemaName).toBe('response_format.json_schema.schema');
    expect('schemaName' in read({}).request).toBe(false);
  });

  test.each<[JsonObject, string]>([
    [{ type: 'json_schema', schema }, '.schema'],
    [{ type: 'json_schema', json_schema: schema }, '.json_schema'],
    [{ type: 'json_schema', json_schema: { name: 'n', schema } }, '.json_schema.schema'],
    [{ type: 'json_schema', json_schema: { name: 'n' }, schema }, '.schema'],
    [{ type: 'json_schema', json_schema: { schema }, schema: {} }, '.json_schema.schema'],
  ])('%j: where the client put it', (format, at) => {
    for (const one of [read, chat]) {
      expect(one({ text: { format } }).request.schemaName).toBe(`text.format${at}`);
      expect(one({ response_format: format }).request.schemaName).toBe(`response_format${at}`);
    }
  });

  test.each<[JsonObject | number | string, string]>([
    [3, ''],
    ['yaml', ''],
    ['json_schema', ''],
    [{}, '.type'],
    [{ type: 'yaml' }, '.type'],
    [{ type: 'json_schema', json_schema: 'x' }, '.json_schema'],
    [{ type: 'json_schema', json_schema: { name: 'n' } }, '.json_schema.schema'],
    [{ type: 'json_schema', json_schema: { name: 'n', schema: [] } }, '.json_schema.schema'],
    [{ type: 'json_schema', json_schema: { name: 3, schema } }, '.json_schema.name'],
    [{ type: 'json_schema', json_schema: { name: 'n', schema, strict: 'yes' } }, '.json_schema.strict'],
    [{ type: 'json_schema', schema: true }, '.schema'],
    [{ type: 'json_schema', schema, name: '' }, '.name'],
    [{ type: 'json_schema', schema, name: 'n'.repeat(65) }, '.name'],
    [{ type: 'json_schema', schema, description: {} }, '.description'],
  ])('%j is refused with its path', (format, at) => {
    expect(refusal(() => chat({ response_format: format }))).toEqual(['invalid_request_error', `response_format${at}`]);
    expect(refusal(() => read({ text: { format } }))).toEqual(['invalid_request_error', `text.format${at}`]);
  });

  test('that is missing is named where its endpoint has it', () => {
    const format = { type: 'json_schema' };
    expect(refusal(() => chat({ response_format: format }))).toEqual([
      'invalid_request_error',
      'response_format.json_schema',
    ]);
    expect(refusal(() => read({ text: { format } }))).toEqual(['invalid_request_error', 'text.format.schema']);
  });
});

test.each<Json>(['json_object', { type: 'json_object' }])(
  '%j is told to the model and demanded of the answer',
  (format) => {
    for (const [{ request }, param] of [
      [read({ text: { format } }), 'text.format'],
      [chat({ response_format: format }), 'response_format'],
    ] as const) {
      expect(request.terms.demands).toEqual([{ kind: 'json_object', param }]);
      expect(request.echo.text).toMatchObject({ format: { type: 'json_object' } });
      expect(request.turn.items).toMatchObject([
        { role: 'developer', content: [{ text: expect.stringContaining('exactly one JSON object') }] },
        { role: 'user' },
      ]);
      expect('outputSchema' in request.turn).toBe(false);
    }
  },
);

test.each<Json>(['text', { type: 'text' }, null])('%j asks for nothing', (format) => {
  const { request } = chat({ response_format: format }, { params: 'strict' });
  expect([request.echo.text['format'], request.terms.demands, request.turn.items.length]).toEqual([
    { type: 'text' },
    [],
    1,
  ]);
});
