/**
 * Requests in both dialects and one strict reading of what came back. Invariant: nothing is read that its validator has not
 * accepted, so a test that only looks at the text still proves the whole wire format.
 */

import type { Gateway } from './gateway.ts';
import { type Followed, StreamClient } from './stream-client.ts';
import { validateChatObject, validateChatStream } from './validator/chat.ts';
import { type ErrorBody, validateErrorBody } from './validator/error-body.ts';
import { isObject, type Json, type JsonObject, listOf, objectOf, textOf } from './validator/json.ts';
import { validateResponseObject, validateResponsesStream } from './validator/responses.ts';

export type Dialect = 'responses' | 'chat';

export interface Told {
  readonly id: string;
  readonly text: string;
  /** Of the failure; null when there was none. */
  readonly code: string | null;
}

const paths = { responses: '/v1/responses', chat: '/v1/chat/completions' } as const;

export const bodyOf = (dialect: Dialect, prompt: string, more: JsonObject = {}): JsonObject => ({
  model: 'codex-5',
  ...(dialect === 'chat' ? { messages: [{ role: 'user', content: prompt }] } : { input: prompt }),
  ...more,
});

export const post = (gateway: Pick<Gateway, 'port' | 'withKey'>, dialect: Dialect, body: unknown): StreamClient =>
  new StreamClient({ port: gateway.port, path: paths[dialect], body, headers: gateway.withKey });

export const stream = (gateway: Gateway, dialect: Dialect, prompt: string, more: JsonObject = {}): StreamClient =>
  post(gateway, dialect, bodyOf(dialect, prompt, { stream: true, ...more }));

const outputText = (response: JsonObject): string =>
  listOf(response['output'])
    .flatMap((item) => listOf(objectOf(item)['content'] ?? []))
    .map((part) => textOf(objectOf(part)['text']))
    .join('');

/** A stream that must have begun, and ended by its own rules: completely or with the failure recipe. */
export function streamed(dialect: Dialect, answer: Followed): Told {
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text.slice(0, 500)}`);
  if (!answer.complete) throw new Error(`the body was cut off: ${answer.text.slice(-300)}`);
  if (dialect === 'chat') {
    const { id, choices, error } = validateChatStream(answer.bytes);
    return { id: id ?? '', text: choices[0]?.content ?? '', code: error === null ? null : textOf(error['code']) };
  }
  const { response } = validateResponsesStream(answer.bytes, { id: /^resp_[A-Za-z0-9_-]{24,}$/ });
  const { error } = response;
  return {
    id: textOf(response['id']),
    text: outputText(response),
    code: isObject(error) ? textOf(error['code']) : null,
  };
}

export function whole(dialect: Dialect, answer: Followed): Told {
  if (answer.status !== 200) throw new Error(`status ${answer.status}: ${answer.text.slice(0, 500)}`);
  const body = JSON.parse(answer.text) as Json;
  if (dialect === 'chat') {
    const { id, choices } = validateChatObject(body);
    return { id: id ?? '', text: choices[0]?.content ?? '', code: null };
  }
  const response = validateResponseObject(body);
  return { id: textOf(response['id']), text: outputText(response), code: null };
}

export interface Refused extends ErrorBody {
  readonly status: number;
}

/** An HTTP error of the OpenAI shape, with the headers that clients decide by. */
export function refused({ status, headers, text }: Pick<Followed, 'status' | 'headers' | 'text'>): Refused {
  return { status, ...validateErrorBody(status, headers, text) };
}
