/**
 * A client with tools of its own, in each of the four ways to ask. It remembers nothing: a conversation is the list that it sends
 * each time, in the dialect of its endpoint, with what it was told before in the form in which it was told.
 */

import type { Gateway } from './gateway.ts';
import { type Body, JudgedClient } from './judged-client.ts';
import { type JsonObject, listOf, objectOf, textOf } from './validator/json.ts';

export const ways = ['responses', 'responses, streamed', 'chat', 'chat, streamed'] as const;
export type Way = (typeof ways)[number];

export interface Call {
  readonly id: string;
  readonly isCustom: boolean;
  readonly name: string;
  /** Of a custom tool its input. */
  readonly arguments: string;
}

export interface Told {
  readonly text: string;
  readonly calls: readonly Call[];
  /** What the client sends back of it. */
  readonly echo: readonly Body[];
}

const itemCall = (item: JsonObject): Call => ({
  id: textOf(item['call_id']),
  isCustom: item['type'] === 'custom_tool_call',
  name: textOf(item['name']),
  arguments: textOf(item['arguments'] ?? item['input']),
});

function toldBy(response: JsonObject): Told {
  const output = listOf(response['output']).map(objectOf);
  const texts = output.flatMap((item) => listOf(item['content'])).map((part) => textOf(objectOf(part)['text']));
  const calls = output.filter((item) => textOf(item['type']).endsWith('_call')).map(itemCall);
  return { text: texts.join(''), calls, echo: output };
}

export class ToolClient {
  readonly #client: JudgedClient;
  readonly #way: Way;

  constructor(gateway: Gateway, way: Way) {
    this.#client = new JudgedClient(gateway, 'codex-5', ['custom']);
    this.#way = way;
  }

  get isChat(): boolean {
    return this.#way.startsWith('chat');
  }

  async ask(history: readonly Body[], more: Body): Promise<Told> {
    switch (this.#way) {
      case 'responses':
        return toldBy(await this.#client.respond({ input: history, ...more }));
      case 'responses, streamed':
        return toldBy((await this.#client.respondStream({ input: history, ...more })).response);
      default:
        return this.#chat({ messages: history, ...more });
    }
  }

  message(role: 'user' | 'developer', content: string): Body {
    return { role, content };
  }

  answer(call: Call, output: string): Body {
    if (this.isChat) return { role: 'tool', tool_call_id: call.id, content: output };
    return { type: call.isCustom ? 'custom_tool_call_output' : 'function_call_output', call_id: call.id, output };
  }

  async #chat(body: Body): Promise<Told> {
    const streamed = this.#way === 'chat, streamed';
    const verdict = await (streamed ? this.#client.chatStream(body) : this.#client.chat(body));
    const [choice] = verdict.choices;
    if (choice === undefined) throw new Error('an answer without a choice');
    const calls = choice.toolCalls.map(({ id, type, name, arguments: given }): Call => {
      return { id, isCustom: type === 'custom', name, arguments: given };
    });
    const expected = calls.length > 0 ? 'tool_calls' : 'stop';
    if (choice.finishReason !== expected) throw new Error(`finish_reason is ${choice.finishReason}`);
    const tool_calls = calls.map(({ id, isCustom, name, arguments: given }) =>
      isCustom
        ? { id, type: 'custom', custom: { name, input: given } }
        : { id, type: 'function', function: { name, arguments: given } },
    );
    const echo = { role: 'assistant', content: choice.content, ...(calls.length > 0 ? { tool_calls } : {}) };
    return { text: choice.content ?? '', calls, echo: [echo] };
  }
}
