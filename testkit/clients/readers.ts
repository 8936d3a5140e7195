/**
 * Every way in which a client reads a stream to its end, as one function from a question to what its user is told: the text
 * and why it ended, or a throw. Invariant: what a client tells only in a field that its user has to look at (a status, a
 * finish reason, an error part of a stream) is part of what is returned, so that nothing passes for a success by oversight.
 */

import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { ChatOpenAI } from '@langchain/openai';
import { Agent, OpenAIChatCompletionsModel, OpenAIResponsesModel, Runner } from '@openai/agents';
import { type LanguageModel, streamText } from 'ai';
import OpenAI from 'openai';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import type { ResponseCompletedEvent } from 'openai/resources/responses/responses';
import type { Gateway } from '../gateway.ts';
import { type Json, objectOf } from '../validator/json.ts';
import { model, plainModel } from './stage.ts';

export interface Told {
  readonly text: string;
  /** In the words of the client; null when it gave none. */
  readonly finish: string | null;
}

/** `onText` is called with the first text, when the stream has begun for the client. */
export type Reader = (question: string, onText: () => void) => Promise<Told>;

type Fetch = typeof globalThis.fetch;

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : JSON.stringify(error));

const heard = (delta: string, onText: () => void): string => {
  if (delta !== '') onText();
  return delta;
};

/** Of the event of either endpoint that an agent passes on as it came. */
function finishOf(event: unknown): string | null {
  const { choices, response } = event as Partial<ChatCompletionChunk & ResponseCompletedEvent>;
  return choices?.[0]?.finish_reason ?? response?.status ?? null;
}

function official(openai: OpenAI): Readonly<Record<string, Reader>> {
  const messages = (content: string) => [{ role: 'user' as const, content }];
  return {
    'openai responses': async (input, onText) => {
      let [text, finish]: [string, string | null] = ['', null];
      for await (const event of await openai.responses.create({ model, input, stream: true })) {
        if (event.type === 'response.output_text.delta') text += heard(event.delta, onText);
        if ('response' in event) finish = event.response.incomplete_details?.reason ?? event.response.status ?? null;
      }
      return { text, finish };
    },
    'openai responses.stream()': async (input, onText) => {
      const stream = openai.responses.stream({ model, input });
      stream.on('response.output_text.delta', onText);
      const final = await stream.finalResponse();
      return { text: final.output_text, finish: final.incomplete_details?.reason ?? final.status ?? null };
    },
    'openai chat': async (content, onText) => {
      let [text, finish]: [string, string | null] = ['', null];
      for await (const chunk of await openai.chat.completions.create({
        model,
        messages: messages(content),
        stream: true,
      })) {
        text += heard(chunk.choices[0]?.delta.content ?? '', onText);
        finish = chunk.choices[0]?.finish_reason ?? finish;
      }
      return { text, finish };
    },
    'openai chat.stream()': async (content, onText) => {
      const stream = openai.chat.completions.stream({ model, messages: messages(content) });
      stream.on('content', onText);
      const { choices } = await stream.finalChatCompletion();
      return { text: choices[0]?.message.content ?? '', finish: choices[0]?.finish_reason ?? null };
    },
  };
}

/** Errors are parts of the stream; who reads the text alone gets it without them, so the parts are what is read. */
const aiReader =
  (languageModel: LanguageModel): Reader =>
  async (prompt, onText) => {
    let [text, finish]: [string, string | null] = ['', null];
    const { fullStream } = streamText({ model: languageModel, prompt, maxRetries: 0, onError: () => undefined });
    for await (const part of fullStream) {
      if (part.type === 'text-delta') text += heard(part.text, onText);
      if (part.type === 'error') throw part.error;
      if (part.type === 'finish') finish = part.finishReason;
    }
    return { text, finish };
  };

function aiSdk(baseURL: string, apiKey: string, fetch: Fetch): Readonly<Record<string, Reader>> {
  const provider = createOpenAI({ baseURL, apiKey, fetch });
  const compatible = createOpenAICompatible({ name: 'gateway', baseURL, apiKey, includeUsage: true, fetch });
  return {
    'ai responses': aiReader(provider.responses(model)),
    'ai chat': aiReader(provider.chat(model)),
    'ai compatible': aiReader(compatible(model)),
  };
}

function agents(openai: OpenAI): Readonly<Record<string, Reader>> {
  const runner = new Runner({ tracingDisabled: true });
  const reader =
    (agent: Agent): Reader =>
    async (question, onText) => {
      const run = await runner.run(agent, question, { stream: true });
      let finish: string | null = null;
      for await (const event of run) {
        if (event.type !== 'raw_model_stream_event') continue;
        if (event.data.type === 'output_text_delta') heard(event.data.delta, onText);
        if (event.data.type === 'model') finish = finishOf(event.data.event) ?? finish;
      }
      await run.completed;
      return { text: String(run.finalOutput ?? ''), finish };
    };
  const agent = (one: OpenAIResponsesModel | OpenAIChatCompletionsModel): Agent =>
    new Agent({ name: 'a', instructions: 'Answer.', model: one });
  return {
    'agents responses': reader(agent(new OpenAIResponsesModel(openai, model))),
    'agents chat': reader(agent(new OpenAIChatCompletionsModel(openai, model))),
  };
}

function langchain(baseURL: string, apiKey: string, fetch: Fetch): Readonly<Record<string, Reader>> {
  const reader =
    (useResponsesApi: boolean): Reader =>
    async (question, onText) => {
      const chat = new ChatOpenAI({
        model: plainModel,
        apiKey,
        useResponsesApi,
        maxRetries: 0,
        configuration: { baseURL, fetch },
      });
      let [text, finish]: [string, string | null] = ['', null];
      for await (const chunk of await chat.stream(question)) {
        text += heard(chunk.text, onText);
        const { finish_reason: reason, incomplete_details: details, status } = chunk.response_metadata;
        for (const said of [reason, status, objectOf((details ?? {}) as Json)['reason']])
          if (typeof said === 'string') finish = said;
      }
      return { text, finish };
    };
  return { 'langchain responses': reader(true), 'langchain chat': reader(false) };
}

/** `fetch`: what stands between the clients and the gateway. */
export function readersOf({ baseUrl, key }: Gateway, fetch = globalThis.fetch): Readonly<Record<string, Reader>> {
  const openai = new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0, fetch });
  return { ...official(openai), ...aiSdk(baseUrl, key, fetch), ...agents(openai), ...langchain(baseUrl, key, fetch) };
}
