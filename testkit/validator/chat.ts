/**
 * The strict validator for chat completions, streamed and whole (`openai-api.md` 4, 11). Invariant: a stream that
 * passes ends visibly - every choice finished, or an error frame - and carries usage exactly when asked.
 */
import { type Block, blocks } from './blocks.ts';
import { assertFinish, type ChatChoice, type ChatToolCall, GrowingChoice, refuse } from './chat-choice.ts';
import { chunkShape, completionShape, constantChunkKeys, failureShape, usageChunkShape } from './chat-shape.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  listOf,
  loneSurrogatePath,
  objectOf,
  parseJson,
  textOf,
} from './json.ts';
import { demand } from './violation.ts';

export interface ChatOptions {
  readonly includeUsage?: boolean;
  /** Choices asked for. */
  readonly n?: number;
  readonly frameBytesMax?: number;
}

export interface ChatVerdict {
  /** null when the stream failed before its first chunk. */
  readonly id: string | null;
  readonly model: string | null;
  readonly choices: readonly ChatChoice[];
  readonly usage: JsonObject | null;
  readonly error: JsonObject | null;
  readonly chunks: readonly JsonObject[];
  readonly comments: readonly string[];
}

/** @throws StreamViolation */
export function validateChatStream(bytes: Uint8Array, options: ChatOptions = {}): ChatVerdict {
  const { frameBytesMax } = options;
  const parsed = blocks(bytes, { eventLines: false, ...(frameBytesMax === undefined ? {} : { frameBytesMax }) });
  const chunks = parsed.frames.map(readChunk);
  const stream = new ChatStream(options);
  for (const [at, chunk] of chunks.entries()) stream.accept(chunk, at);
  return { ...stream.verdict(), chunks, comments: parsed.comments };
}

function readChunk(frame: Block, at: number): JsonObject {
  const parsed = parseJson(frame.data);
  if ('problem' in parsed) demand(false, 1, at, parsed.problem);
  demand(isObject(parsed.value), 1, at, 'data is not a JSON object');
  const lone = loneSurrogatePath(parsed.value);
  demand(lone === null, 8, at, `unpaired surrogate in ${lone}`);
  return parsed.value;
}

class ChatStream {
  readonly #choiceCount: number;
  readonly #includeUsage: boolean;
  readonly #choices = new Map<number, GrowingChoice>();
  #first: JsonObject | null = null;
  #usage: JsonObject | null = null;
  #error: JsonObject | null = null;

  constructor(options: ChatOptions) {
    this.#choiceCount = options.n ?? 1;
    this.#includeUsage = options.includeUsage ?? false;
  }

  accept(chunk: JsonObject, at: number): void {
    demand(this.#error === null, 'chat.failure', at, 'chunk after the error frame');
    demand(this.#usage === null, 'chat.usage', at, 'chunk after the usage chunk');
    if ('error' in chunk) this.#fail(chunk, at);
    else {
      const counts = isObject(chunk['usage']);
      refuse((counts ? usageChunkShape : chunkShape)(chunk, 'chunk'), counts ? 'chat.usage' : 'chat.shape', at);
      this.#identify(chunk, at);
      if (counts) this.#count(chunk, at);
      else this.#deliver(chunk, at);
    }
  }

  #identify(chunk: JsonObject, at: number): void {
    this.#first ??= chunk;
    const changed = constantChunkKeys.find((key) => this.#first?.[key] !== chunk[key]);
    demand(changed === undefined, 'chat.identity', at, `${changed} changed since the first chunk`);
  }

  #deliver(chunk: JsonObject, at: number): void {
    const choices = listOf(chunk['choices']);
    demand(choices.length === 1, 'chat.shape', at, `one choice per chunk, got ${choices.length}`);
    const choice = objectOf(choices[0]);
    const index = Number(choice['index']);
    demand(index < this.#choiceCount, 'chat.identity', at, `choice ${index} of ${this.#choiceCount}`);
    const growing = this.#choices.get(index) ?? new GrowingChoice(index);
    this.#choices.set(index, growing);
    growing.accept(choice, at);
  }

  #count(chunk: JsonObject, at: number): void {
    demand(this.#includeUsage, 'chat.usage', at, 'usage chunk that nobody asked for');
    demand(this.#finished, 'chat.usage', at, 'usage chunk before every choice finished');
    this.#usage = objectOf(chunk['usage']);
    demand(this.#usage['total_tokens'] !== 0, 'chat.usage', at, 'usage is all zeros');
  }

  #fail(chunk: JsonObject, at: number): void {
    refuse(failureShape(chunk, 'frame'), 'chat.failure', at);
    demand(!this.#finished, 'chat.failure', at, 'error frame after every choice finished');
    this.#error = objectOf(chunk['error']);
  }

  get #finished(): boolean {
    const choices = [...this.#choices.values()];
    return choices.length === this.#choiceCount && choices.every((choice) => choice.finished);
  }

  verdict(): Omit<ChatVerdict, 'chunks' | 'comments'> {
    if (this.#error === null) {
      demand(this.#finished, 'chat.finish', null, 'the stream ended before every choice had a finish_reason');
      demand(this.#includeUsage === (this.#usage !== null), 'chat.usage', null, 'include_usage, but no usage chunk');
    }
    const first = this.#first;
    const choices = [...this.#choices.values()].sort((left, right) => left.index - right.index);
    return {
      id: first === null ? null : textOf(first['id']),
      model: first === null ? null : textOf(first['model']),
      choices: choices.map((choice) => choice.folded()),
      usage: this.#usage,
      error: this.#error,
    };
  }
}

/** A whole chat completion (4.1). @throws StreamViolation */
export function validateChatObject(object: Json, options: { readonly n?: number } = {}): ChatVerdict {
  demand(isObject(object), 'chat.shape', null, 'body is not an object');
  refuse(completionShape(object, 'body'), 'chat.shape', null);
  const choices = listOf(object['choices']).map((entry) => foldedChoice(objectOf(entry)));
  const expected = options.n ?? 1;
  const numbered = choices.length === expected && choices.every((choice, place) => choice.index === place);
  demand(numbered, 'chat.identity', null, `expected choices 0..${expected - 1} in order`);
  const usage = isObject(object['usage']) ? object['usage'] : null;
  demand(usage?.['total_tokens'] !== 0, 'chat.usage', null, 'usage is all zeros');
  return {
    id: textOf(object['id']),
    model: textOf(object['model']),
    choices,
    usage,
    error: null,
    chunks: [],
    comments: [],
  };
}

function foldedChoice(choice: JsonObject): ChatChoice {
  const message = objectOf(choice['message']);
  const toolCalls = listOf(message['tool_calls']).map((entry): ChatToolCall => {
    const call = objectOf(entry);
    const type = textOf(call['type']);
    const body = objectOf(call[type]);
    const input = type === 'custom' ? body['input'] : body['arguments'];
    return { id: textOf(call['id']), type, name: textOf(body['name']), arguments: textOf(input) };
  });
  const finishReason = textOf(choice['finish_reason']);
  assertFinish(finishReason, toolCalls, null);
  demand(
    new Set(toolCalls.map((call) => call.id)).size === toolCalls.length,
    'chat.tools',
    null,
    'a call id is used twice',
  );
  const refusal = typeof message['refusal'] === 'string' ? message['refusal'] : null;
  const content = typeof message['content'] === 'string' ? message['content'] : null;
  // An answer that the filter has swallowed has no text.
  const explained = content !== null || toolCalls.length > 0 || refusal !== null || finishReason === 'content_filter';
  demand(explained, 'chat.shape', null, 'content is null without calls or refusal');
  demand(content !== '' || toolCalls.length === 0, 'chat.shape', null, 'content is "" beside calls; null says no text');
  const reasoning = textOf(message['reasoning_content']);
  return { index: Number(choice['index']), content, reasoning, refusal, toolCalls, finishReason };
}
