import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noAnswer } from './answer-shape.ts';
import type { Accounted } from './accounted.ts';
import { readUsageLine, spentBy, usageLine } from './usage-line.ts';

const record: Accounted = {
  requestId: 'req_1',
  at: 1_790_000_000_123,
  route: '/v1/responses',
  method: 'POST',
  mode: 'responses_stream',
  status: 200,
  outcome: 'ok',
  errorCode: null,
  streaming: true,
  requestedModel: 'codex-5',
  model: 'codex-5',
  effectiveModel: 'gpt-6',
  durationMs: 120,
  firstContentMs: 50,
  usage: {
    inputTokens: 11,
    cachedInputTokens: 4,
    cacheWriteInputTokens: 0,
    outputTokens: 5,
    reasoningOutputTokens: 2,
    totalTokens: 16,
  },
  promptEst: 9,
  completionEst: 6,
  emissionTrigger: 'provider',
  usageTold: true,
  finishReason: 'stop',
  toolCalls: 0,
  hasFunctionCall: false,
  choices: 1,
  outputMode: 'openai-json',
  stopAfterToolsMode: null,
  toolCallsTruncated: 0,
  shape: noAnswer,
  sanitizer: null,
  userAgent: 'curl/8',
};
const read = (one: Accounted) => JSON.parse(usageLine(one)) as Record<string, unknown>;

test('P-180 a line has every member that the predecessor had', () => {
  const told = (
    'ts ts_ms timestamp component event phase level req_id route mode method status status_code stream requested_model ' +
    'effective_model prompt_tokens completion_tokens total_tokens prompt_tokens_est completion_tokens_est total_tokens_est ' +
    'duration_ms total_duration_ms time_to_first_token_ms emission_trigger counts_source usage_included provider_supplied ' +
    'finish_reason finish_reason_source has_tool_calls has_function_call tool_call_count_total tool_call_truncated_total ' +
    'stop_after_tools_mode choice_count metadata_sanitizer_enabled sanitized_metadata_count output_mode user_agent error_code'
  ).split(' ');
  const line = read(record);
  expect(told.filter((name) => !Object.hasOwn(line, name))).toEqual([]);
  expect(line).toMatchObject({
    ts_ms: record.at,
    event: 'usage_summary',
    phase: 'completed',
    level: 'info',
    prompt_tokens: 11,
    prompt_tokens_est: 9,
    total_tokens_est: 15,
    counts_source: 'event',
    provider_supplied: true,
    finish_reason_source: 'provider',
  });
});

test.each([
  [{ usage: null }, { prompt_tokens: null, counts_source: 'estimate', provider_supplied: false }],
  [
    { status: 499, errorCode: 'request_aborted' },
    { phase: 'aborted', level: 'warn', status_code: 499 },
  ],
  [
    { status: 200, errorCode: 'idle_timeout', finishReason: null },
    { phase: 'failed', level: 'error' },
  ],
  [
    { finishReason: 'tool_calls', toolCalls: 2 },
    { finish_reason_source: 'tool_calls', has_tool_calls: true },
  ],
  [{ finishReason: 'length', emissionTrigger: 'truncated' }, { finish_reason_source: 'cutoff' }],
  [{ mode: 'usage_query' }, { finish_reason_source: 'gateway' }],
  [
    { sanitizer: { lines: 3, keys: ['session_id'], sources: ['fixed'] } },
    { metadata_sanitizer_enabled: true, sanitized_metadata_count: 3, sanitized_metadata_keys: ['session_id'] },
  ],
] as const)('P-180 %j is told', (difference, told) => {
  expect(read({ ...record, ...difference } as Accounted)).toMatchObject(told);
});

test('P-184 what a record has cost is read from its line again', () => {
  for (const one of [record, { ...record, usage: null }]) {
    expect(readUsageLine(usageLine(one))).toEqual({ spent: spentBy(one), line: usageLine(one) });
  }
});

test.each([
  ['{"ts":1790000000000,"prompt_tokens_est":3,"completion_tokens_est":2}', 3, 2],
  ['{"ts":"2026-09-21T14:13:20.000Z","event":"usage_summary","prompt_tokens":7,"completion_tokens":1}', 7, 1],
  ['{"timestamp":"2026-09-21T14:13:20.000Z","route":"/v1/responses"}', 0, 0],
])('P-184 a line of the predecessor counts: %s', (line, promptEst, completionEst) => {
  expect(readUsageLine(line)?.spent).toEqual({
    at: 1_790_000_000_000,
    promptEst,
    completionEst,
    prompt: null,
    completion: null,
  });
});

test('P-184 what else stands in a line of a file, prompts even, is not told on', () => {
  const line = JSON.stringify({
    ts: 1,
    prompt: 'geheim',
    messages: [{ content: 'geheim' }],
    event: 'usage_summary',
    route: { body: 'geheim' },
    sanitized_metadata_keys: ['session_id', { body: 'geheim' }],
    user_agent: 'x'.repeat(10_000),
    __proto__: 'geheim',
  });
  expect(readUsageLine(line)?.line).toBe(
    `{"ts":1,"event":"usage_summary","sanitized_metadata_keys":["session_id"],"user_agent":"${'x'.repeat(300)}"}`,
  );
});

test.each([
  '',
  '{',
  '[]',
  '42',
  'null',
  '{}',
  '{"ts":"never"}',
  '{"ts":-1}',
  '{"ts":1e99}',
  '{"ts":1,"event":"other"}',
])('P-184 %j is no such line', (line) => {
  expect(readUsageLine(line)).toBeNull();
});

test('P-184 no line can do harm', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      readUsageLine(line);
    }),
  );
});
