import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { AccountLimits, LimitWindow } from '../actors/account-limits.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask } from '../testkit/raw-client.ts';
import { corsHeaders } from './cors.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { durationText, limitHeaders } from './limit-headers.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const now = 1_790_000_000_000;
const window = (usedPercent: number, more: Partial<LimitWindow> = {}): LimitWindow => ({
  usedPercent,
  windowMinutes: 300,
  resetsAt: now / 1000 + 360,
  ...more,
});
const headersOf = (limits: AccountLimits | null) => Object.fromEntries(limitHeaders(limits, now));

describe("the headers of the account's limits", () => {
  test('tell both windows, and the primary one as a hundred points', () => {
    expect(headersOf({ primary: window(42), secondary: window(10.5, { windowMinutes: 10_080 }) })).toEqual({
      'x-codex-primary-used-percent': '42',
      'x-codex-primary-window-minutes': '300',
      'x-codex-primary-reset-at': '1790000360',
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '58',
      'x-ratelimit-reset-requests': '6m0s',
      'x-codex-secondary-used-percent': '10.5',
      'x-codex-secondary-window-minutes': '10080',
      'x-codex-secondary-reset-at': '1790000360',
    });
  });

  test('leave out what nobody has told', () => {
    expect(headersOf(null)).toEqual({});
    expect(headersOf({ primary: null, secondary: null })).toEqual({});
    expect(headersOf({ primary: window(101, { windowMinutes: null, resetsAt: null }), secondary: null })).toEqual({
      'x-codex-primary-used-percent': '101',
      'x-ratelimit-limit-requests': '100',
      'x-ratelimit-remaining-requests': '0',
    });
  });

  test('leave out a window that is over', () => {
    const over = window(100, { resetsAt: now / 1000 });
    expect(headersOf({ primary: over, secondary: window(1) })).toMatchObject({ 'x-codex-secondary-used-percent': '1' });
    expect(headersOf({ primary: over, secondary: over })).toEqual({});
  });

  test('can be read by a page of another origin', () => {
    const policy = { enabled: true, origins: ['*'], defaultKey: false };
    const exposed = new Map(corsHeaders('https://a.example', policy, null)).get('access-control-expose-headers');
    const names = Object.keys(headersOf({ primary: window(1), secondary: window(1) }));
    expect(names).toHaveLength(9);
    expect(exposed?.split(', ')).toEqual(expect.arrayContaining(names));
  });

  test('are bounded and never mention tokens, whatever is told', () => {
    const aWindow = fc.record({
      usedPercent: fc.double({ noNaN: true, min: -1, max: 1000 }),
      windowMinutes: fc.option(fc.nat()),
      resetsAt: fc.option(fc.nat()),
    });
    fc.assert(
      fc.property(fc.option(aWindow), fc.option(aWindow), (primary, secondary) => {
        const headers = headersOf({ primary, secondary });
        expect(Object.keys(headers).filter((name) => name.includes('token'))).toEqual([]);
        const remaining = headers['x-ratelimit-remaining-requests'];
        if (remaining !== undefined) expect(remaining).toMatch(/^\d{1,3}$/);
      }),
    );
  });
});

test.each([
  [1, '1s'],
  [59_000, '59s'],
  [60_000, '1m0s'],
  [3_600_000, '1h0m0s'],
  [90_061_000, '25h1m1s'],
  [-5, '0s'],
])('%i ms are %s', (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

describe('an answer', () => {
  const { uws } = loadUws();
  afterEach(closeFronts);
  const told = { 'x-codex-primary-used-percent': '42', 'x-ratelimit-remaining-requests': '58' };

  test.each([
    ['whole', false, 200],
    ['streamed', true, 200],
    ['failed', false, 429],
    ['failed before its stream', true, 429],
  ])('that is %s has them', async (_how, stream, status) => {
    const front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint });
    front.service.accountLimits = { primary: window(42, { resetsAt: null }), secondary: null };
    const opened = front.service.next();
    const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream });
    const answer = ask(front.port, '/v1/responses', { method: 'POST', headers: withKey, body });
    const response = await opened;
    if (status === 200) response.answer('Hello');
    else response.fail({ code: 'insufficient_quota', retryAfterMs: 90_500 });
    const { status: answered, headers } = await answer;
    expect(answered).toBe(status);
    expect(headers).toMatchObject(told);
    if (status === 429) {
      const retry = { 'retry-after': '91', 'retry-after-ms': '90500', 'x-should-retry': 'false' };
      expect(headers).toMatchObject(retry);
    }
  });
});
