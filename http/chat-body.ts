/**
 * Finished logs, one for each choice, as one chat completion. Its strings are those that the chunks of `chat-stream.ts` add up to: messages
 * that have text and the summary paragraphs before them, joined by a blank line; calls in their order.
 */

import type { ResponseLog } from '../actors/log.ts';
import { type Item, isCall, type PartKind } from '../actors/log-entry.ts';
import { callOpening, chatId, finishReason, systemFingerprint } from './chat-frame.ts';
import { chatUsage, usageOf } from './usage-json.ts';

const textOf = (log: ResponseLog, item: Item, kind: PartKind): string =>
  item.parts.map((part) => (part.kind === kind ? log.escapedText(part) : '')).join('');

const inputOf = (log: ResponseLog, call: Item): string => call.parts.map((part) => log.escapedText(part)).join('');

/** The JSON string of all texts of one kind, or null when there is none. */
const joined = (texts: readonly string[], continues = (_index: number): boolean => false): string | null => {
  let all = '';
  for (const [index, text] of texts.entries()) {
    if (text !== '') all += (all === '' || continues(index) ? '' : '\\n\\n') + text;
  }
  return all === '' ? null : `"${all}"`;
};

const message = (log: ResponseLog, legacyCalls: boolean): string => {
  const items = log.items.filter((item) => item.status !== 'in_progress');
  const calls = items.filter(isCall);
  const texts = items.map((item) => textOf(log, item, 'text'));
  const text = joined(texts, (index) => items[index]?.continues === true);
  const refusal = joined(items.map((item) => textOf(log, item, 'refusal')));
  const textStart = texts.findIndex((written) => written !== '');
  const early = textStart < 0 ? items : items.slice(0, textStart);
  const summaries = early.flatMap((item) => item.parts.filter((part) => part.kind === 'summary'));
  const reasoning = joined(summaries.map((part) => log.escapedText(part)));
  // An empty answer is an empty text; where something else took its place, there is no text.
  const isEmptyText = calls.length === 0 && refusal === null && finishReason(log) !== 'content_filter';
  const toolCalls = calls.map((call) => `{${callOpening(call)}${inputOf(log, call)}"}}`);
  const [first] = legacyCalls ? calls : [];
  const legacy = first && `{"name":${JSON.stringify(first.name)},"arguments":"${inputOf(log, first)}"}`;
  return (
    `{"role":"assistant","content":${text ?? (isEmptyText ? '""' : null)},"refusal":${refusal},"annotations":[]` +
    (toolCalls.length === 0 ? '' : `,"tool_calls":[${toolCalls.join(',')}]`) +
    (legacy === undefined ? '' : `,"function_call":${legacy}`) +
    (reasoning === null ? '}' : `,"reasoning_content":${reasoning}}`)
  );
};

const choiceOf = (log: ResponseLog, index: number, legacyCalls: boolean): string =>
  `{"index":${index},"message":${message(log, legacyCalls)},"logprobs":null,"finish_reason":"${finishReason(log)}"}`;

/** @throws Error for a log that failed or has not ended: such a request is answered with an error. */
export const chatBody = (logs: readonly ResponseLog[], legacyCalls = false): string => {
  const head = logs[0]?.head;
  if (head === undefined) throw new Error('a chat completion without a choice');
  return (
    `{"id":${JSON.stringify(chatId(head))},"object":"chat.completion","created":${head.createdAt}` +
    `,"model":${JSON.stringify(head.model)},"choices":[${logs.map((log, index) => choiceOf(log, index, legacyCalls)).join(',')}]` +
    `,"usage":${chatUsage(usageOf(logs))}` +
    `,"service_tier":${JSON.stringify(head.echo.service_tier)},"system_fingerprint":"${systemFingerprint}"}`
  );
};
