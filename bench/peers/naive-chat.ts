/** A chat completion as a user would translate it: one object, one `JSON.stringify` and one `write` for each delta. */

import type { ServerResponse } from 'node:http';
import { type NaiveCodex, newId, type TurnEnd, type TurnUsage } from './naive-codex.ts';

export interface ChatBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean };
  readonly messages: readonly { readonly role: string; readonly content: unknown }[];
}

const usageOf = (usage: TurnUsage): object => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
  total_tokens: usage.totalTokens,
  prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
  completion_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
});

export const textOf = (content: unknown): string =>
  typeof content === 'string'
    ? content
    : (content as readonly { readonly text?: string }[]).map(({ text }) => text ?? '').join('');

const promptOf = ({ messages }: ChatBody): string =>
  messages.map(({ role, content }) => `${role}: ${textOf(content)}`).join('\n');

export const sseHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
  connection: 'keep-alive',
};

export async function streamChat(codex: NaiveCodex, body: ChatBody, res: ServerResponse): Promise<void> {
  const head = {
    id: newId('chatcmpl'),
    object: 'chat.completion.chunk',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
  };
  const chunk = (delta: object, reason: string | null = null): void => {
    const choices = [{ index: 0, delta, finish_reason: reason }];
    res.write(`data: ${JSON.stringify({ ...head, choices })}\n\n`);
  };
  const turn = await codex.turn(body.model, promptOf(body), (text) => {
    if (!res.headersSent) {
      res.writeHead(200, sseHeaders);
      chunk({ role: 'assistant', content: '' });
    }
    chunk({ content: text });
  });
  res.once('close', () => turn.interrupt());
  const end = await turn.ended;
  if (res.destroyed) return;
  if (!res.headersSent) res.writeHead(200, sseHeaders);
  if (end.error === null) chunk({}, 'stop');
  else res.write(`data: ${JSON.stringify({ error: { message: end.error, type: 'server_error' } })}\n\n`);
  if (body.stream_options?.include_usage === true && end.usage !== null)
    res.write(`data: ${JSON.stringify({ ...head, choices: [], usage: usageOf(end.usage) })}\n\n`);
  res.end('data: [DONE]\n\n');
}

/** The whole text of one turn. */
export async function wholeText(codex: NaiveCodex, model: string, prompt: string): Promise<[string, TurnEnd]> {
  let text = '';
  const turn = await codex.turn(model, prompt, (delta) => {
    text += delta;
  });
  const end = await turn.ended;
  if (end.error !== null) throw new Error(end.error);
  return [text, end];
}

export async function wholeChat(codex: NaiveCodex, body: ChatBody): Promise<object> {
  const [content, { usage }] = await wholeText(codex, body.model, promptOf(body));
  return {
    id: newId('chatcmpl'),
    object: 'chat.completion',
    created: Math.floor(Date.now() / 1000),
    model: body.model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    ...(usage === null ? {} : { usage: usageOf(usage) }),
  };
}

export const modelList = (codex: NaiveCodex): object => ({
  object: 'list',
  data: codex.models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'openai' })),
});
