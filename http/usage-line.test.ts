import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JsonObject } from '../actors/turn.ts';
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
const clear = (text: string): string => text;
const mask = (text: string): string => text.replaceAll('x', '[secret]');
const read = (one: Accounted) => JSON.parse(usageLine(one, clear)) as Record<string, unknown>;

/** The members of a line, as they are defined. */
const members = (record: Accounted): JsonObject => {
  const { usage, promptEst, completionEst, errorCode, status, finishReason, mode } = record;
  const failed = status >= 400 && status < 500 ? 'warn' : 'error';
  const level = errorCode === null ? 'info' : failed;
  const ended = errorCode === null ? 'completed' : 'failed';
  const phase = status === 499 ? 'aborted' : ended;
  const ofModel = record.emissionTrigger === 'truncated' ? 'cutoff' : 'provider';
  const sampled = finishReason === 'tool_calls' ? 'tool_calls' : ofModel;
  const isOurs = ['usage_query', 'chat_title_intercept', 'responses_intercept'].includes(mode);
  const answered = isOurs ? 'gateway' : sampled;
  const source = finishReason === null ? null : answered;
  return {
    ts: record.at,
    ts_ms: record.at,
    timestamp: new Date(record.at).toISOString(),
    component: 'usage',
    event: 'usage_summary',
    phase,
    level,
    req_id: record.requestId,
    route: record.route,
    mode: record.mode,
    method: record.method,
    status: record.status,
    status_code: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    stream: record.streaming,
    requested_model: record.requestedModel && mask(record.requestedModel),
    effective_model: record.effectiveModel,
    prompt_tokens: usage?.inputTokens ?? null,
    completion_tokens: usage?.outputTokens ?? null,
    total_tokens: usage?.totalTokens ?? null,
    cached_tokens: usage?.cachedInputTokens ?? null,
    reasoning_tokens: usage?.reasoningOutputTokens ?? null,
    prompt_tokens_est: promptEst,
    completion_tokens_est: completionEst,
    total_tokens_est: promptEst + completionEst,
    duration_ms: record.durationMs,
    total_duration_ms: record.durationMs,
    time_to_first_token_ms: record.firstContentMs,
    emission_trigger: record.emissionTrigger,
    counts_source: usage === null ? 'estimate' : 'event',
    usage_included: record.usageTold,
    provider_supplied: usage !== null,
    finish_reason: record.finishReason,
    finish_reason_source: source,
    has_tool_calls: record.toolCalls > 0,
    has_function_call: record.hasFunctionCall,
    tool_call_count_total: record.toolCalls,
    tool_call_truncated_total: record.toolCallsTruncated,
    stop_after_tools_mode: record.stopAfterToolsMode,
    choice_count: record.choices,
    metadata_sanitizer_enabled: record.sanitizer !== null,
    sanitized_metadata_count: record.sanitizer?.lines ?? 0,
    sanitized_metadata_keys: record.sanitizer?.keys ?? [],
    sanitized_metadata_sources: record.sanitizer?.sources ?? [],
    output_mode: record.outputMode,
    user_agent: mask(record.userAgent),
  };
};

const nat = fc.oneof(fc.nat(), fc.constantFrom(0, 1e21, Number.MAX_SAFE_INTEGER));
const said = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'codex-5', 'max "x"', '\u2028'));
const maybe = <Value>(one: fc.Arbitrary<Value>) => fc.option(one, { nil: null });
const names = fc.array(said, { maxLength: 3 });
const records: fc.Arbitrary<Accounted> = fc.record({
  requestId: said,
  at: fc.nat({ max: 8.64e15 }),
  route: said,
  method: said,
  mode: fc.constantFrom('chat_stream', 'responses_nonstream', 'chat_title_intercept', 'usage_query'),
  status: fc.constantFrom(200, 400, 499, 500),
  outcome: fc.constantFrom('ok', 'error', 'truncated'),
  errorCode: maybe(said),
  streaming: fc.boolean(),
  requestedModel: maybe(said),
  model: maybe(said),
  effectiveModel: maybe(said),
  durationMs: nat,
  firstContentMs: maybe(nat),
  usage: maybe(
    fc.record({
      inputTokens: nat,
      cachedInputTokens: nat,
      cacheWriteInputTokens: nat,
      outputTokens: nat,
      reasoningOutputTokens: nat,
      totalTokens: nat,
    }),
  ),
  promptEst: nat,
  completionEst: nat,
  emissionTrigger: maybe(fc.constantFrom('provider', 'truncated', 'close')),
  usageTold: fc.boolean(),
  finishReason: maybe(fc.constantFrom('stop', 'length', 'tool_calls')),
  toolCalls: nat,
  hasFunctionCall: fc.boolean(),
  choices: nat,
  outputMode: maybe(said),
  stopAfterToolsMode: maybe(said),
  toolCallsTruncated: nat,
  shape: fc.constant(noAnswer),
  sanitizer: maybe(fc.record({ lines: nat, keys: names, sources: names })),
  userAgent: said,
});

test('P-180 a line is what JSON makes of its members, whoever said them', () => {
  fc.assert(
    fc.property(records, (one) => {
      expect(usageLine(one, mask)).toBe(JSON.stringify(members(one)));
    }),
  );
});

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
    expect(readUsageLine(usageLine(one, clear))).toEqual({ spent: spentBy(one), line: usageLine(one, clear) });
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
