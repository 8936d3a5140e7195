/** The rules that hold for all fields together: unknown ones, two names for one thing, what goes into the header. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Admission, ParamsMode } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { modelDirectory } from './models.ts';
import { canonical, params } from './params.ts';
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

const refusal = (attempt: () => Admission): unknown => {
  try {
    return attempt();
  } catch (error) {
    return error instanceof RequestError ? [error.code, error.param] : error;
  }
};

describe('an unknown field', () => {
  test('is named in lenient mode, also within a group', () => {
    const { ignoredParams } = read({ top_k: 40, reasoning: { depth: 3 }, 'reasoning.effort': 'high' });
    expect(ignoredParams).toEqual(['top_k', 'reasoning.depth', 'reasoning.effort']);
  });

  test('is refused in strict mode', () => {
    expect(refusal(() => read({ top_k: 40 }, 'strict'))).toEqual(['unknown_parameter', 'top_k']);
  });

  test('cannot break out of a header', () => {
    expect(read({ 'x\r\nset-cookie: a, é': 1 }).ignoredParams).toEqual(['x__set-cookie__a___']);
  });

  test('does not make the header longer than 33 names', () => {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`field${i}`, i]));
    expect(read(fields).ignoredParams).toHaveLength(33);
  });

  test('is refused where there are more than a thousand', () => {
    const fields = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`field${i}`, i]));
    expect(refusal(() => read(fields))).toEqual(['invalid_request_error', 'field998']);
  });
});

describe('two names for one thing', () => {
  test('may agree', () => {
    expect(read({ max_tokens: 5, max_output_tokens: 5 }).request.echo.max_output_tokens).toBe(5);
  });

  test.each([
    [{ max_tokens: 5, max_output_tokens: 6 }, 'max_output_tokens'],
    [{ max_output_tokens: 6, max_tokens: 5 }, 'max_tokens'],
    [{ reasoning: { effort: 'low' }, reasoning_effort: 'high' }, 'reasoning_effort'],
    [{ verbosity: 'low', text: { verbosity: 'high' } }, 'text.verbosity'],
  ])('%j contradict each other, the second one is named', (fields, param) => {
    expect(refusal(() => read(fields))).toEqual(['invalid_request_error', param]);
  });

  test('every alias means a field of the table', () => {
    const unknown = ['max_tokens', 'reasoning_effort', 'verbosity', 'response_format', 'functionCall'].filter(
      (name) => !params.has(canonical(name) ?? ''),
    );
    expect(unknown).toEqual([]);
  });
});
