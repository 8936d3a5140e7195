/** What a model's name and abilities do to a request: effort and service tier, on both endpoints alike. */

import { describe, expect, test } from 'vitest';
import { testSettings } from '../../testkit/front-end.ts';
import type { JsonObject } from '../../actors/turn.ts';
import type { Admission, ParamsMode, RequestContext } from '../admission.ts';
import { RequestError } from '../request-error.ts';
import { readChatRequest } from './chat.ts';
import { modelDirectory } from './models.ts';
import { readResponsesRequest } from './responses.ts';

const list = [
  {
    id: 'M',
    supportedReasoningEfforts: ['low', 'high'].map((reasoningEffort) => ({ reasoningEffort })),
    serviceTiers: [{ id: 'priority' }],
  },
];
const models = modelDirectory({ models: () => list, configured: undefined, fallback: 'f' });

const both = (fields: JsonObject, params: ParamsMode = 'lenient'): readonly Admission[] => {
  const context: RequestContext = {
    models,
    ...testSettings,
    params,
    archive: null,
  };
  return [
    readResponsesRequest({ model: 'M', input: 'hi', ...fields }, context),
    readChatRequest({ model: 'M', messages: [{ role: 'user', content: 'hi' }], ...fields }, context),
  ];
};

describe('effort', () => {
  test.each<[JsonObject, string | undefined]>([
    [{}, undefined],
    [{ model: 'm-high' }, 'high'],
    [{ model: 'codex-5-low' }, 'low'],
    [{ model: 'm-high', reasoning: { effort: 'low' } }, 'low'],
    [{ model: 'm-high', reasoning_effort: 'low' }, 'low'],
    [{ model: 'm-high', reasoningEffort: 'low' }, 'low'],
    [{ model: 'm-high', reasoning: { effort: null } }, 'high'],
    [{ model: 'm-high', reasoning: { summary: 'auto' } }, 'high'],
  ])('P-67: %j has effort %s', (fields, effort) => {
    for (const { request, clampedFrom } of both(fields)) {
      expect(request.turn.effort).toBe(effort);
      expect(request.echo.reasoning['effort']).toBe(effort ?? null);
      expect(clampedFrom).toBeNull();
    }
  });

  test.each<[JsonObject, string, string]>([
    [{ model: 'codex-5-minimal' }, 'low', 'minimal'],
    [{ reasoning_effort: 'xhigh' }, 'high', 'xhigh'],
  ])('P-69: %j is clamped to %s, which the answer shows', (fields, effort, clampedFrom) => {
    for (const { request, ...admission } of both(fields)) {
      expect(request.turn.effort).toBe(effort);
      expect(request.echo.reasoning['effort']).toBe(effort);
      expect(admission.clampedFrom).toBe(clampedFrom);
    }
  });
});

describe('service tier', () => {
  test.each(['priority', 'fast'])('%s is asked of a model that has it, and the answer shows it', (tier) => {
    for (const mode of ['lenient', 'strict'] as const) {
      for (const { request, ignoredParams } of both({ service_tier: tier }, mode)) {
        expect(request.turn.serviceTier).toBe('priority');
        expect(request.echo.service_tier).toBe('priority');
        expect(ignoredParams).toEqual([]);
      }
    }
  });

  test.each(['flex', 'scale'])('%s of a model without it is named as ignored, or refused', (tier) => {
    for (const { request, ignoredParams } of both({ service_tier: tier })) {
      expect(request.turn).not.toHaveProperty('serviceTier');
      expect(request.echo.service_tier).toBe('default');
      expect(ignoredParams).toEqual(['service_tier']);
    }
    expect(() => both({ service_tier: tier }, 'strict')).toThrow(RequestError);
  });

  test.each([null, 'auto', 'default'])('%s asks for nothing', (tier) => {
    for (const { request, ignoredParams } of both({ service_tier: tier }, 'strict')) {
      expect(request.turn).not.toHaveProperty('serviceTier');
      expect(ignoredParams).toEqual([]);
    }
  });
});
