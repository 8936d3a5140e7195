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

export const tokensOf = ({ usage, promptEst, completionEst }: Accounted) => ({
  tokens_prompt: usage?.inputTokens ?? promptEst,
  tokens_response: usage?.outputTokens ?? completionEst,
});

export const summaryFacts = ({ status, outcome, finishReason, emissionTrigger, shape }: Accounted) => ({
  status,
  outcome,
  finish_reasons: finishReason === null ? [] : [finishReason],
  items: shape.items,
  emission_trigger: emissionTrigger,
});

/** `record`: null where nothing was to be answered by a model, or the key was no good one. */
export function accessFacts(
  { id, head, route, status, errorCode, authorized, durationMs }: HttpHappenings['request.over'],
  record: Accounted | null,
  response: string | undefined,
): LogFacts<'access_log'> {
  const took = Math.round(durationMs);
  const code = record?.errorCode ?? errorCode;
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
    ...copilotTrace(head.header, id),
    ...(record === null ? {} : recordFacts(record)),
  };
}

const recordFacts = (record: Accounted): LogFacts<'access_log'> => ({
  mode: record.mode,
  model: record.model,
  effective_model: record.effectiveModel,
  stream: record.streaming,
  outcome: record.outcome,
  first_content_ms: record.firstContentMs,
  ...tokensOf(record),
});
