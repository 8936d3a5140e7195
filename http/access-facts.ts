/** One request, or its answer, in the fields of the log: pure. Never a key, a query, or a word of what was asked or answered. */

import type { LogFacts } from '../actors/log-events.ts';
import type { Accounted } from './accounted.ts';
import type { CallShape } from './answer-shape.ts';
import { copilotTrace } from './copilot.ts';
import type { HttpHappenings } from './happenings.ts';
import { addressText } from './ip-address.ts';
import { quotable } from './requests/well-formed.ts';
import { isRetryable } from './retryable.ts';

const agentCharsMax = 256;
const pathCharsMax = 256;

export const callFacts = ({ response, id, name, argumentsBytes, isJson }: CallShape) => ({
  response_id: response,
  tool_call_id: id,
  tool_name: name,
  tool_args_bytes: argumentsBytes,
  tool_args_json_valid: isJson,
});

export const answerFacts = ({ finishReason, toolCalls, choices }: Accounted) => ({
  finish_reason: finishReason,
  tool_calls_emitted: toolCalls,
  choices,
});

const promptTokens = ({ usage, promptEst }: Accounted): number => usage?.inputTokens ?? promptEst;
const answerTokens = ({ usage, completionEst }: Accounted): number => usage?.outputTokens ?? completionEst;

export const summaryFacts = (record: Accounted) => ({
  status: record.status,
  outcome: record.outcome,
  finish_reasons: record.finishReason === null ? [] : [record.finishReason],
  items: record.shape.items,
  emission_trigger: record.emissionTrigger,
  tokens_prompt: promptTokens(record),
  tokens_response: answerTokens(record),
});

export const transformFacts = (record: Accounted, endpoint: 'chat' | 'responses') => ({
  endpoint_mode: endpoint,
  stream: record.streaming,
  status: record.status,
  outcome: record.outcome,
  error_code: record.errorCode,
  output_mode: record.outputMode,
  output_text_bytes: record.shape.textBytes,
  output_text_hash: record.shape.textHash,
  tool_calls_truncated: record.toolCallsTruncated,
  tool_names: record.shape.callNames,
  ...answerFacts(record),
});

/** `record`: null where nothing was to be answered by a model, or the key was no good one. */
export function accessFacts(
  { id, head, route, status, errorCode, authorized, durationMs }: HttpHappenings['request.over'],
  record: Accounted | null,
  response: string | undefined,
): LogFacts<'access_log'> {
  const took = Math.round(durationMs);
  const code = record?.errorCode ?? errorCode;
  const trace = copilotTrace(head.header, id);
  return {
    kind: 'access',
    method: head.method.slice(0, 32),
    path: route === 'other' ? quotable(head.path, pathCharsMax) : null,
    status,
    latency_ms: took,
    dur_ms: took,
    ua: quotable(head.header('user-agent'), agentCharsMax),
    client_ip: addressText(head.client),
    auth: head.header('authorization') === '' ? 'none' : 'present',
    authorized,
    response_id: response ?? null,
    error_code: code,
    retryable: code === null ? null : isRetryable(code),
    copilot_detected: false,
    copilot_trace_id: trace.copilot_trace_id,
    copilot_trace_source: trace.copilot_trace_source,
    copilot_trace_header: trace.copilot_trace_header,
    mode: record?.mode ?? null,
    model: record?.model ?? null,
    effective_model: record?.effectiveModel ?? null,
    stream: record?.streaming ?? null,
    outcome: record?.outcome ?? null,
    first_content_ms: record?.firstContentMs ?? null,
    tokens_prompt: record === null ? null : promptTokens(record),
    tokens_response: record === null ? null : answerTokens(record),
  };
}
