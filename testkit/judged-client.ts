/**
 * A client for all four ways to ask for an answer: both endpoints, whole and streamed. Invariant: nothing is returned that
 * the strict validators have not passed.
 */

import type { Gateway } from './gateway.ts';
import { type ChatVerdict, validateChatObject, validateChatStream } from './validator/chat.ts';
import { type ErrorBody, validateErrorBody } from './validator/error-body.ts';
import { type JsonObject, listOf, objectOf, parseJson, textOf } from './validator/json.ts';
import type { OptIn } from './validator/vocabulary.ts';
import { type ResponsesVerdict, validateResponseObject, validateResponsesStream } from './validator/responses.ts';

export type Body = Readonly<Record<string, unknown>>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

const id = /^resp_[A-Za-z0-9_-]{24,}$/;

/** The text of an answer on each way; equal, or the gateway has changed it somewhere. */
export interface Texts {
  readonly whole: string;
  readonly streamed: string;
  readonly chatWhole: string;
  readonly chatStreamed: string;
}

/** All text of a response object. */
export const outputText = (response: JsonObject): string =>
  listOf(response['output'])
    .flatMap((item) => listOf(objectOf(item)['content']))
    .map((part) => textOf(objectOf(part)['text']))
    .join('');

export class JudgedClient {
  readonly #gateway: Gateway;
  readonly model: string;
  readonly #options: { readonly id: RegExp; readonly optIns: readonly OptIn[] };

  constructor(gateway: Gateway, model = 'codex-5', optIns: readonly OptIn[] = []) {
    this.#gateway = gateway;
    this.model = model;
    this.#options = { id, optIns };
  }

  async #post(path: string, body: Body | Uint8Array): Promise<Answer> {
    const sent = body instanceof Uint8Array ? body : JSON.stringify({ model: this.model, ...body });
    const headers = { ...this.#gateway.withKey, 'content-type': 'application/json' };
    const answer = await fetch(`${this.#gateway.baseUrl}${path}`, { method: 'POST', headers, body: sent });
    return { status: answer.status, headers: answer.headers, bytes: new Uint8Array(await answer.arrayBuffer()) };
  }

  async #succeed(path: string, body: Body): Promise<Uint8Array> {
    const { status, bytes } = await this.#post(path, body);
    if (status !== 200) throw new Error(`${path}: ${status} ${new TextDecoder().decode(bytes)}`);
    return bytes;
  }

  async respond(body: Body): Promise<JsonObject> {
    return validateResponseObject(parsed(await this.#succeed('/responses', body)), this.#options);
  }

  async respondStream(body: Body): Promise<ResponsesVerdict> {
    return validateResponsesStream(await this.#succeed('/responses', { ...body, stream: true }), this.#options);
  }

  async chat(body: Body): Promise<ChatVerdict> {
    return validateChatObject(parsed(await this.#succeed('/chat/completions', body)));
  }

  async chatStream(body: Body): Promise<ChatVerdict> {
    const asked = { ...body, stream: true, stream_options: { include_usage: true } };
    return validateChatStream(await this.#succeed('/chat/completions', asked), { includeUsage: true });
  }

  /** For streams that fail. */
  async chatStreamWithoutUsage(body: Body): Promise<ChatVerdict> {
    return validateChatStream(await this.#succeed('/chat/completions', { ...body, stream: true }));
  }

  async refused(path: string, body: Body | Uint8Array): Promise<ErrorBody & { readonly status: number }> {
    const { status, headers, bytes } = await this.#post(path, body);
    return { status, ...validateErrorBody(status, headers, bytes) };
  }

  /** Asks the same on all four ways at once. */
  async texts(prompt: string): Promise<Texts> {
    const messages = [{ role: 'user', content: prompt }];
    const [whole, streamed, chat, chatStreamed] = await Promise.all([
      this.respond({ input: prompt }),
      this.respondStream({ input: prompt }),
      this.chat({ messages }),
      this.chatStream({ messages }),
    ]);
    return {
      whole: outputText(whole),
      streamed: outputText(streamed.response),
      chatWhole: chat.choices[0]?.content ?? '',
      chatStreamed: chatStreamed.choices[0]?.content ?? '',
    };
  }
}

function parsed(bytes: Uint8Array): JsonObject {
  // Not forgiving: a byte that is not UTF-8 would otherwise go unnoticed.
  const result = parseJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  if ('problem' in result) throw new Error(result.problem);
  return objectOf(result.value);
}
