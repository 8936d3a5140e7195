/** The echo that all share who ask for nothing in particular, against the general way. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../actors/turn.ts';
import { echoOf, ownEcho } from './echo.ts';
import { formatOf } from './format.ts';
import { readSettings } from './settings.ts';
import { readToolbox } from './toolbox.ts';

const sent = fc.record(
  {
    model: fc.constant('m'),
    input: fc.constant('x'),
    stream: fc.boolean(),
    include: fc.constant(['reasoning.encrypted_content']),
    store: fc.boolean(),
    user: fc.constant('u'),
    metadata: fc.constantFrom<JsonObject>({}, { a: 'b' }),
    temperature: fc.constantFrom(0, 1),
    top_p: fc.constantFrom(0.5, 1),
    truncation: fc.constantFrom('auto', 'disabled'),
    reasoning: fc.constantFrom<JsonObject>({}, { effort: 'low' }, { summary: 'auto' }, { context: 'auto' }),
    text: fc.constantFrom<JsonObject>({}, { verbosity: 'medium' }, { verbosity: 'low' }, { format: { type: 'text' } }),
    tools: fc.constantFrom<readonly JsonObject[]>([], [{ type: 'function', name: 'f' }]),
    tool_choice: fc.constantFrom('auto', 'none'),
    parallel_tool_calls: fc.boolean(),
    max_output_tokens: fc.constantFrom(1, 9),
    prompt_cache_retention: fc.constant('24h'),
    service_tier: fc.constantFrom('auto', 'flex'),
  },
  { requiredKeys: ['model'] },
);
const decided = fc.record({
  effort: fc.constantFrom(null, 'low'),
  tier: fc.constantFrom(null, 'flex'),
  parallel: fc.boolean(),
  cap: fc.constantFrom(null, 1, 9),
  store: fc.boolean(),
});

test('the shared echo says what the general way says', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(sent, decided), { minLength: 1, maxLength: 4 }), (requests) => {
      for (const [body, more] of requests) {
        const settings = readSettings(body, 'lenient', false);
        const effective = { ...more, toolbox: readToolbox(settings, 'lenient', []), format: formatOf(settings) };
        const echo = echoOf(settings, effective);
        expect(echo).toEqual(ownEcho(settings, effective));
        expect(Object.keys(echo)).toEqual(Object.keys(ownEcho(settings, effective)));
      }
    }),
  );
});

test('two requests that ask for nothing share one object', () => {
  const usual = { effort: null, tier: null, parallel: true, cap: null, store: true };
  const echo = (body: JsonObject) => {
    const settings = readSettings(body, 'lenient', false);
    return echoOf(settings, { ...usual, toolbox: readToolbox(settings, 'lenient', []), format: formatOf(settings) });
  };
  expect(echo({ model: 'm', input: 'x', stream: true })).toBe(echo({ model: 'm', input: 'y' }));
});
