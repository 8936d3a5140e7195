/**
 * The record of a request as one line of JSON in the predecessor's names, and what a line of either has cost. Lines come from files
 * that others may have written: whatever cannot be read is no line.
 */

import type { Json, JsonObject } from '../actors/turn.ts';
import type { Accounted } from './accounted.ts';
import { isObject } from './requests/well-formed.ts';
import type { Spent } from './usage-sums.ts';

const levelOf = ({ errorCode, status }: Accounted): string => {
  if (errorCode === null) return 'info';
  return status >= 400 && status < 500 ? 'warn' : 'error';
};

const phaseOf = ({ errorCode, status }: Accounted): string => {
  if (status === 499) return 'aborted';
  return errorCode === null ? 'completed' : 'failed';
};

const finishSource = ({ finishReason, mode, emissionTrigger }: Accounted): string | null => {
  if (finishReason === null) return null;
  if (mode === 'usage_query' || mode.endsWith('_intercept')) return 'gateway';
  if (finishReason === 'tool_calls') return 'tool_calls';
  return emissionTrigger === 'truncated' ? 'cutoff' : 'provider';
};

/** All that a line says; nothing of it is a word of prompt or answer. */
const members = (
  'ts ts_ms timestamp component event phase level req_id route mode method status status_code outcome error_code stream ' +
  'requested_model effective_model prompt_tokens completion_tokens total_tokens cached_tokens reasoning_tokens ' +
  'prompt_tokens_est completion_tokens_est total_tokens_est duration_ms total_duration_ms time_to_first_token_ms ' +
  'emission_trigger counts_source usage_included provider_supplied finish_reason finish_reason_source has_tool_calls ' +
  'has_function_call tool_call_count_total tool_call_truncated_total stop_after_tools_mode choice_count ' +
  'metadata_sanitizer_enabled sanitized_metadata_count sanitized_metadata_keys sanitized_metadata_sources output_mode user_agent'
).split(' ');

const fields = (record: Accounted): JsonObject => {
  const { usage, promptEst, completionEst } = record;
  return {
    ts: record.at,
    ts_ms: record.at,
    timestamp: new Date(record.at).toISOString(),
    component: 'usage',
    event: 'usage_summary',
    phase: phaseOf(record),
    level: levelOf(record),
    req_id: record.requestId,
    route: record.route,
    mode: record.mode,
    method: record.method,
    status: record.status,
    status_code: record.status,
    outcome: record.outcome,
    error_code: record.errorCode,
    stream: record.streaming,
    requested_model: record.requestedModel,
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
    finish_reason_source: finishSource(record),
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
    user_agent: record.userAgent,
  };
};

export const usageLine = (record: Accounted): string => JSON.stringify(fields(record));

/** What it has cost, as it is written in the line of that record. */
export const spentBy = ({ at, promptEst, completionEst, usage }: Accounted): Spent => ({
  at,
  promptEst,
  completionEst,
  prompt: usage?.inputTokens ?? null,
  completion: usage?.outputTokens ?? null,
});

const latestMs = 8.64e15;

const count = (value: Json | undefined): number | null =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER ? Math.round(value) : null;

const moment = (...values: readonly (Json | undefined)[]): number | null => {
  for (const value of values) {
    const ms = typeof value === 'string' ? Date.parse(value) : count(value);
    if (ms !== null && ms >= 0 && ms <= latestMs) return ms;
  }
  return null;
};

const textCharsMax = 300;
const textsMax = 32;

/** Whatever else stands in a file, prompts even, is not told on. */
const plain = (value: Json | undefined): Json | undefined => {
  if (typeof value === 'string') return value.slice(0, textCharsMax);
  if (Array.isArray(value))
    return value
      .filter((one) => typeof one === 'string')
      .slice(0, textsMax)
      .map((one) => one.slice(0, textCharsMax));
  return isObject(value) ? undefined : value;
};

export interface ReadLine {
  readonly spent: Spent;
  /** As a line of ours would have said it. */
  readonly line: string;
}

/** Null: it is no line about the usage of a request. */
export function readUsageLine(line: string): ReadLine | null {
  let read: Json;
  try {
    read = JSON.parse(line) as Json;
  } catch {
    return null;
  }
  if (!isObject(read)) return null;
  const { event } = read;
  const at = moment(read['ts_ms'], read['ts'], read['timestamp']);
  if (at === null || (event !== undefined && event !== 'usage_summary')) return null;
  const supplied = read['provider_supplied'] === true;
  const prompt = count(read['prompt_tokens']);
  const completion = count(read['completion_tokens']);
  const spent = {
    at,
    // The oldest lines have but one kind of numbers.
    promptEst: count(read['prompt_tokens_est']) ?? prompt ?? 0,
    completionEst: count(read['completion_tokens_est']) ?? completion ?? 0,
    prompt: supplied ? prompt : null,
    completion: supplied ? completion : null,
  };
  const told: Record<string, Json> = {};
  for (const name of members) {
    const value = Object.hasOwn(read, name) ? plain(read[name]) : undefined;
    if (value !== undefined) told[name] = value;
  }
  return { spent, line: JSON.stringify(told) };
}
