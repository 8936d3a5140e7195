/**
 * The record of a request as one line of JSON in the predecessor's names, and what a line of either has cost. Lines come from files
 * that others may have written: whatever cannot be read is no line.
 */

import type { Json } from '../actors/turn.ts';
import type { Accounted } from './accounted.ts';
import { isoTime } from './iso-time.ts';
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

const word = (value: string | null): string => (value === null ? 'null' : JSON.stringify(value));

/**
 * As `JSON.stringify` would write it; its fixed words are written once. What comes from outside goes through `word`, and what its
 * client chose freely through `mask` before that.
 */
export const usageLine = (record: Accounted, mask: (text: string) => string): string => {
  const { at, status, usage, promptEst, completionEst, durationMs, requestedModel, toolCalls, sanitizer } = record;
  const counts =
    usage === null
      ? '"prompt_tokens":null,"completion_tokens":null,"total_tokens":null,"cached_tokens":null,"reasoning_tokens":null'
      : `"prompt_tokens":${usage.inputTokens},"completion_tokens":${usage.outputTokens},"total_tokens":${usage.totalTokens}` +
        `,"cached_tokens":${usage.cachedInputTokens},"reasoning_tokens":${usage.reasoningOutputTokens}`;
  const sanitized =
    sanitizer === null
      ? '"metadata_sanitizer_enabled":false,"sanitized_metadata_count":0,"sanitized_metadata_keys":[],"sanitized_metadata_sources":[]'
      : `"metadata_sanitizer_enabled":true,"sanitized_metadata_count":${sanitizer.lines}` +
        `,"sanitized_metadata_keys":${JSON.stringify(sanitizer.keys)},"sanitized_metadata_sources":${JSON.stringify(sanitizer.sources)}`;
  return (
    `{"ts":${at},"ts_ms":${at},"timestamp":"${isoTime(at)}","component":"usage","event":"usage_summary"` +
    `,"phase":"${phaseOf(record)}","level":"${levelOf(record)}","req_id":${word(record.requestId)}` +
    `,"route":${word(record.route)},"mode":"${record.mode}","method":${word(record.method)}` +
    `,"status":${status},"status_code":${status},"outcome":"${record.outcome}","error_code":${word(record.errorCode)}` +
    `,"stream":${record.streaming},"requested_model":${word(requestedModel && mask(requestedModel))}` +
    `,"effective_model":${word(record.effectiveModel)},${counts},"prompt_tokens_est":${promptEst}` +
    `,"completion_tokens_est":${completionEst},"total_tokens_est":${promptEst + completionEst}` +
    `,"duration_ms":${durationMs},"total_duration_ms":${durationMs},"time_to_first_token_ms":${record.firstContentMs}` +
    `,"emission_trigger":${word(record.emissionTrigger)},"counts_source":"${usage === null ? 'estimate' : 'event'}"` +
    `,"usage_included":${record.usageTold},"provider_supplied":${usage !== null}` +
    `,"finish_reason":${word(record.finishReason)},"finish_reason_source":${word(finishSource(record))}` +
    `,"has_tool_calls":${toolCalls > 0},"has_function_call":${record.hasFunctionCall}` +
    `,"tool_call_count_total":${toolCalls},"tool_call_truncated_total":${record.toolCallsTruncated}` +
    `,"stop_after_tools_mode":${word(record.stopAfterToolsMode)},"choice_count":${record.choices},${sanitized}` +
    `,"output_mode":${word(record.outputMode)},"user_agent":${word(mask(record.userAgent))}}`
  );
};

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
