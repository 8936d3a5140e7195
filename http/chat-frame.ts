/** What every chat answer says about itself, and the constants of its chunks: fixed bytes around what a delta carries. */

import type { Head } from '../actors/head.ts';
import type { ResponseLog } from '../actors/log.ts';
import { type Call, isCall } from '../actors/log-entry.ts';

export const systemFingerprint = 'fp_gateway';

export const chatId = (head: Head): string => `chatcmpl-${head.id.replace(/^resp_/, '')}`;

/** A chunk up to its choices; the same bytes in every chunk of one answer. */
export const chunkHead = (head: Head): string =>
  `data: {"id":${JSON.stringify(chatId(head))},"object":"chat.completion.chunk","created":${head.createdAt}` +
  `,"model":${JSON.stringify(head.model)},"service_tier":${JSON.stringify(head.echo.service_tier)}` +
  `,"system_fingerprint":"${systemFingerprint}","choices":[`;

export const choiceOpening = (choice: number): string => `{"index":${choice},"delta":`;

/** From the end of the delta object to the end of the frame. */
export const choiceClosing = (finishReason: string | null): string =>
  `,"logprobs":null,"finish_reason":${JSON.stringify(finishReason)}}],"usage":null}\n\n`;

/** Of a call, the members around its text. A custom tool keeps its own shape in both APIs. */
export const callShapes = {
  function_call: { type: 'function', textKey: 'arguments' },
  custom_tool_call: { type: 'custom', textKey: 'input' },
} as const;

/** A call up to its text: `"id":…,"type":…,"function":{"name":…,"arguments":"`. A namespace is no part of this API, but told. */
export const callOpening = (call: Call): string => {
  const { type, textKey } = callShapes[call.kind];
  const name = `"name":${JSON.stringify(call.name ?? '')}`;
  const of = call.namespace === undefined ? name : `${name},"namespace":${JSON.stringify(call.namespace)}`;
  return `"id":${JSON.stringify(call.callId ?? '')},"type":"${type}","${type}":{${of},"${textKey}":"`;
};

export type FinishReason = 'content_filter' | 'length' | 'tool_calls' | 'stop';

/** By priority. Only for a log that ended with an answer. */
export const finishReason = (log: ResponseLog): FinishReason => {
  const outcome = log.ending?.outcome;
  if (outcome?.type === 'incomplete') return outcome.reason === 'content_filter' ? 'content_filter' : 'length';
  if (outcome?.type !== 'completed') throw new Error(`log ${log.head.id}: it did not end with an answer`);
  return log.items.some(isCall) ? 'tool_calls' : 'stop';
};
