/** Whatever JSON comes in: an admission or a `RequestError`, never anything else; and no lone surrogate gets through. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { Admission, ParamsMode, RequestContext, RequestReader } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { params } from './params.ts';
import { readResponsesRequest } from './responses.ts';

const models = modelDirectory({ models: () => [{ id: 'm' }], configured: undefined, fallback: 'm' });
const readers: readonly RequestReader[] = [readResponsesRequest, readChatRequest];
const contextOf = (mode: ParamsMode): RequestContext => ({
  models,
  ...testSettings,
  params: mode,
  archive: null,
});

const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }) as fc.Arbitrary<Json>;
const text = fc.string({ unit: 'binary', maxLength: 8 });
/** `unit: 'binary'` never makes a lone surrogate; this does. */
const broken = fc.tuple(text, fc.constantFrom('\ud800', '\udfff', ''), text).map((halves) => halves.join(''));
const words = [
  ...['type', 'role', 'content', 'id', 'call_id', 'name', 'arguments', 'output', 'text', 'summary', 'phase', 'status'],
  ...['tool_calls', 'tool_call_id', 'function', 'function_call', 'custom', 'input', 'refusal', 'encrypted_content'],
];
const values = [
  ...['message', 'function_call', 'function_call_output', 'reasoning', 'custom_tool_call', 'input_text', 'output_text'],
  ...['text', 'refusal', 'input_image', 'user', 'assistant', 'system', 'tool', 'function', 'completed', 'c1'],
];
const { node } = fc.letrec<{ node: Json }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(fc.constantFrom(...values), broken, json),
    fc.dictionary(fc.constantFrom(...words), tie('node'), { maxKeys: 6 }),
    fc.array(tie('node'), { maxLength: 4 }),
  ),
}));
const content = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.oneof(broken, fc.array(fc.record({ type: fc.constantFrom('text', 'input_text'), text: broken }))),
  },
  { weight: 1, arbitrary: node },
);
/** Right in most of its members, so that both the admissions and the depths of the refusals are reached. */
const nearly = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'assistant', 'system', 'developer'), content }),
  fc.record({ type: fc.constant('reasoning'), summary: fc.constant([]), encrypted_content: fc.oneof(broken, node) }),
  fc.record({ role: fc.constant('assistant'), content, tool_calls: node }),
);
const history = fc.oneof({ weight: 4, arbitrary: fc.array(nearly, { maxLength: 3 }) }, { weight: 1, arbitrary: node });
const fields = fc.constantFrom(...[...params.keys()].filter((name) => !name.includes('.')), 'reasoning', 'text', 'odd');
const rest = fc.dictionary(fields, fc.oneof(json, node), { maxKeys: 3 });
const body = fc.tuple(fc.constantFrom('input', 'messages'), history, fc.oneof(fc.constant({}), rest));
const bodies = fc.oneof(
  { weight: 9, arbitrary: body.map(([from, said, more]): JsonObject => ({ ...more, model: 'm', [from]: said })) },
  { weight: 1, arbitrary: rest },
);

const attempt = (read: () => Admission): Admission | RequestError => {
  try {
    return read();
  } catch (error) {
    if (error instanceof RequestError) return error;
    throw error;
  }
};

const strings = (value: unknown): string[] => {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [key, ...strings(member)]);
};

describe('any JSON', () => {
  test.each(['lenient', 'strict'] as const)('is admitted or refused in order (%s)', (mode) => {
    let admitted = 0;
    fc.assert(
      fc.property(fc.constantFrom(...readers), bodies, (reader, sent) => {
        const result = attempt(() => reader(sent, contextOf(mode)));
        const spoken = result instanceof RequestError ? [result.message, result.param ?? ''] : strings(result);
        if (!(result instanceof RequestError)) admitted += 1;
        expect(spoken.filter((one) => !one.isWellFormed())).toEqual([]);
      }),
      { numRuns: 1_500 },
    );
    // Neither side of the property is empty.
    expect(admitted).toBeGreaterThan(50);
    expect(admitted).toBeLessThan(1_400);
  });

  test('text arrives well-formed and otherwise unchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...readers), fc.array(broken, { minLength: 1, maxLength: 4 }), (reader, texts) => {
        const history = texts.map((content) => ({ role: 'user', content }));
        const { turn } = reader({ model: 'm', input: history }, contextOf('lenient')).request;
        const sent = texts.map((one) => ({
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: one.toWellFormed() }],
        }));
        expect(turn.items).toEqual(sent);
      }),
    );
  });

  test('calls and outputs pair up in any order of the outputs', () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });
    const arranged = ids.chain((one) =>
      fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })),
    );
    fc.assert(
      fc.property(arranged, ([asked, told]) => {
        const input = [
          ...asked.map((call_id) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' })),
          ...told.map((call_id) => ({ type: 'function_call_output', call_id, output: 'x' })),
        ];
        const { turn } = readResponsesRequest({ model: 'm', input }, contextOf('lenient')).request;
        expect(turn.items).toEqual(input.map((item) => JSON.parse(JSON.stringify(item).toWellFormed())));
      }),
    );
  });

  test.each([
    ['a part', { role: 'user', content: [{ type: 'odd', deep: null }] }],
    [
      'an annotation',
      { role: 'assistant', content: [{ type: 'output_text', text: 'x', annotations: [{ deep: null }] }] },
    ],
  ])('nesting without end is refused in %s', (_where, message) => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const sent = JSON.parse(
      JSON.stringify({ model: 'm', messages: [message] }).replace('"deep":null', `"deep":${deep}`),
    );
    expect(attempt(() => readChatRequest(sent, contextOf('lenient')))).toMatchObject({
      code: 'invalid_request_error',
    });
  });
});
