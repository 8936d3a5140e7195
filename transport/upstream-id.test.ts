import { expect, test } from 'vitest';
import { upstreamIdOf } from './upstream-id.ts';

const sampled = (sampling: string) => ({ type: 'sampling.completed', usage: null, sampling }) as const;
const refused = 'exceeded retry limit, last status: 429 Too Many Requests, request id: req_fake_8';
const over = { type: 'turn.ended', outcome: { type: 'failed', failure: { code: 'rate_limit_exceeded' } } } as const;

test('the provider’s response, or its request that failed, wherever the CLI says so', () => {
  expect(upstreamIdOf(sampled('resp_000001'), {})).toBe('resp_000001');
  expect(upstreamIdOf(over, { error: { message: refused } })).toBe('req_fake_8');
  expect(upstreamIdOf(over, { turn: { error: { message: `${refused}, cf-ray: 1` } } })).toBe('req_fake_8');
  expect(upstreamIdOf({ type: 'upstream.retried' }, { error: { message: refused } })).toBe('req_fake_8');
});

test('what is none, or no word of its own, is nothing', () => {
  for (const odd of ['', 'two words', 'x'.repeat(129), 'a\nb']) expect(upstreamIdOf(sampled(odd), {})).toBeNull();
  expect(upstreamIdOf({ type: 'sampling.completed', usage: null }, {})).toBeNull();
  expect(upstreamIdOf(over, {})).toBeNull();
  expect(upstreamIdOf(over, { error: { message: 5 } })).toBeNull();
  expect(upstreamIdOf(over, { error: { message: 'it failed' } })).toBeNull();
  expect(upstreamIdOf({ type: 'turn.accepted' }, { error: { message: refused } })).toBeNull();
});
