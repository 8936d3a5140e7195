/** The shared empty toolbox against the general way, which it stands for. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../actors/turn.ts';
import type { ParamsMode } from '../admission.ts';
import { readSettings } from './settings.ts';
import { readToolbox, readTooled, type Toolbox } from './toolbox.ts';

const flat = (name: string): JsonObject => ({ type: 'function', name });

test('a request without tools has the toolbox that the general way makes of it', () => {
  const item = fc.constantFrom<JsonObject>(
    { type: 'message', role: 'user', content: 'x' },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: 'x' },
    { type: 'additional_tools', path: 'input[0]', tools: [flat('g')] },
    {},
  );
  const body = fc.record(
    {
      tools: fc.constantFrom<Json>([], [flat('f')]),
      functions: fc.constantFrom<Json>([], [{ name: 'f' }]),
      tool_choice: fc.constantFrom<Json>('auto', 'none'),
      user: fc.constant('u'),
    },
    { requiredKeys: [] },
  );
  const mode = fc.constantFrom<ParamsMode>('lenient', 'strict');
  const made = (run: () => Toolbox): unknown => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  fc.assert(
    fc.property(body, fc.array(item, { maxLength: 4 }), mode, (given, history, params) => {
      const settings = readSettings(given as JsonObject, params, false);
      expect(made(() => readToolbox(settings, params, history))).toEqual(
        made(() => readTooled(settings, params, history)),
      );
    }),
  );
});
