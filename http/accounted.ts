/**
 * The record of one request that is over: what it asked for, how it ended, what it cost. Made once, from the answer's log, when the
 * exchange has ended; whoever wants to know of requests (usage, access log, metrics) is a function of it. It holds no word of prompt
 * or answer, and everything in it is bounded.
 */

import { charsOf, tokensOfChars } from '../actors/estimate.ts';
import type { ResponseLog } from '../actors/log.ts';
import { failureOf, isCall, type Sanitized } from '../actors/log-entry.ts';
import type { Usage } from '../actors/turn.ts';
import { type AnswerShape, answerShape } from './answer-shape.ts';
import { type FinishReason, finishReason } from './chat-frame.ts';
import { type EmissionTrigger, emissionTrigger, spentOf } from './usage-json.ts';

export type AccountMode =
  | 'chat_stream'
  | 'chat_nonstream'
  | 'responses_stream'
  | 'responses_nonstream'
  | 'chat_title_intercept'
  | 'responses_intercept'
  | 'usage_query';

/** How it ended for whoever asked; `too_slow` and `aborted`: the client was not there any more. */
export type AccountOutcome =
  | 'ok'
  | 'error'
  | 'timeout'
  | 'aborted'
  | 'tool_cutoff'
  | 'truncated'
  | 'too_slow'
  | 'shutdown';

export interface Accounted {
  readonly requestId: string;
  /** Milliseconds since the Unix epoch, at the end. */
  readonly at: number;
  /** Template of the route. */
  readonly route: string;
  readonly method: string;
  readonly mode: AccountMode;
  /** Of HTTP; 499 when the client left before the end. */
  readonly status: number;
  readonly outcome: AccountOutcome;
  /** `code` on the wire, also of a failure that was told in a stream. */
  readonly errorCode: string | null;
  readonly streaming: boolean;
  /** As it was sent, shortened; null: none was read. */
  readonly requestedModel: string | null;
  /** As clients know it: the advertised spelling. Null: it is no model of ours. */
  readonly model: string | null;
  /** What ran; null: nothing. */
  readonly effectiveModel: string | null;
  readonly durationMs: number;
  readonly firstContentMs: number | null;
  /** By the provider's count; null: unknown. */
  readonly usage: Usage | null;
  readonly promptEst: number;
  readonly completionEst: number;
  readonly emissionTrigger: EmissionTrigger | null;
  /** The client was told a usage. */
  readonly usageTold: boolean;
  readonly finishReason: FinishReason | null;
  readonly toolCalls: number;
  readonly hasFunctionCall: boolean;
  readonly choices: number;
  readonly userAgent: string;
  /** Null: nothing of the kind was decided. */
  readonly outputMode: string | null;
  readonly stopAfterToolsMode: string | null;
  /** Choices of which calls were left out. */
  readonly toolCallsTruncated: number;
  /** Null: it is switched off. */
  readonly sanitizer: Sanitized | null;
  /** In place of its words. */
  readonly shape: AnswerShape;
}

/** What an answer says when it is over. */
export type Answered = Pick<
  Accounted,
  | 'usage'
  | 'completionEst'
  | 'emissionTrigger'
  | 'finishReason'
  | 'toolCalls'
  | 'toolCallsTruncated'
  | 'choices'
  | 'shape'
> & {
  /** The gateway has ended it behind its calls. */
  readonly cutAtCalls: boolean;
  readonly sanitized: Sanitized;
};

/** Keys and sources that are told. */
const namesMax = 32;

/** Of most answers. */
const nothingSanitized: Sanitized = { lines: 0, keys: [], sources: [] };

const sanitizedOf = (logs: readonly ResponseLog[]): Sanitized => {
  if (!logs.some(({ ending }) => ending?.sanitized)) return nothingSanitized;
  const all = logs.flatMap(({ ending }) => ending?.sanitized ?? []);
  const names = (of: 'keys' | 'sources'): readonly string[] =>
    [...new Set(all.flatMap((one) => one[of]))].slice(0, namesMax).map((name) => name.slice(0, 64));
  return { lines: all.reduce((sum, { lines }) => sum + lines, 0), keys: names('keys'), sources: names('sources') };
};

const finishOf = (log: ResponseLog): FinishReason | null =>
  log.ending === null || failureOf(log.ending.outcome) !== null ? null : finishReason(log);

export const answered = (logs: readonly ResponseLog[]): Answered => {
  const [first] = logs;
  let [chars, toolCalls, toolCallsTruncated, cutAtCalls] = [0, 0, 0, false];
  for (const log of logs) {
    chars += charsOf(log);
    for (const item of log.items) if (isCall(item)) toolCalls += 1;
    if (log.ending?.moreCalls === true) toolCallsTruncated += 1;
    if (log.ending?.cut === 'tools') cutAtCalls = true;
  }
  return {
    usage: spentOf(logs.map(({ ending }) => (ending === null || ending.isEstimate === true ? null : ending.usage))),
    completionEst: tokensOfChars(chars),
    emissionTrigger: emissionTrigger(logs),
    finishReason: first === undefined ? null : finishOf(first),
    toolCalls,
    toolCallsTruncated,
    choices: logs.length,
    cutAtCalls,
    sanitized: sanitizedOf(logs),
    shape: answerShape(logs),
  };
};
