/** A response of the Responses API as a user would translate it: one object, one `JSON.stringify` and one `write` an event. */

import type { ServerResponse } from 'node:http';
import { sseHeaders, textOf, wholeText } from './naive-chat.ts';
import { type NaiveCodex, newId, type TurnUsage } from './naive-codex.ts';

export interface ResponsesBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly input: string | readonly { readonly role?: string; readonly content?: unknown }[];
}

const promptOf = ({ input }: ResponsesBody): string =>
  typeof input === 'string'
    ? input
    : input.map(({ role, content }) => `${role ?? 'user'}: ${textOf(content ?? '')}`).join('\n');

const usageOf = (usage: TurnUsage | null): object | null =>
  usage && {
    input_tokens: usage.inputTokens,
    input_tokens_details: { cached_tokens: usage.cachedInputTokens },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningOutputTokens },
    total_tokens: usage.totalTokens,
  };

const envelope = (id: string, model: string, createdAt: number): object => ({
  id,
  object: 'response',
  created_at: createdAt,
  model,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
});

const partOf = (text: string): object => ({ type: 'output_text', text, annotations: [] });
const itemOf = (id: string, status: string, content: readonly object[]): object => ({
  id,
  type: 'message',
  role: 'assistant',
  status,
  content,
});

export async function streamResponse(codex: NaiveCodex, body: ResponsesBody, res: ServerResponse): Promise<void> {
  const base = envelope(newId('resp'), body.model, Math.floor(Date.now() / 1000));
  const itemId = newId('msg');
  const place = { item_id: itemId, output_index: 0, content_index: 0 };
  let sequence = 0;
  let whole = '';
  const event = (type: string, members: object): void => {
    res.write(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...members })}\n\n`);
  };
  const open = { ...base, status: 'in_progress', output: [], usage: null };
  res.writeHead(200, sseHeaders);
  event('response.created', { response: open });
  event('response.in_progress', { response: open });
  const turn = await codex.turn(body.model, promptOf(body), (delta) => {
    if (whole === '') {
      event('response.output_item.added', { output_index: 0, item: itemOf(itemId, 'in_progress', []) });
      event('response.content_part.added', { ...place, part: partOf('') });
    }
    whole += delta;
    event('response.output_text.delta', { ...place, delta, logprobs: [] });
  });
  res.once('close', () => turn.interrupt());
  const { error, usage } = await turn.ended;
  if (res.destroyed) return;
  const item = itemOf(itemId, 'completed', [partOf(whole)]);
  if (whole !== '') {
    event('response.output_text.done', { ...place, text: whole, logprobs: [] });
    event('response.content_part.done', { ...place, part: partOf(whole) });
    event('response.output_item.done', { output_index: 0, item });
  }
  const closed = { ...base, output: whole === '' ? [] : [item], usage: usageOf(usage) };
  if (error === null) event('response.completed', { response: { ...closed, status: 'completed' } });
  else
    event('response.failed', {
      response: { ...closed, status: 'failed', error: { code: 'server_error', message: error } },
    });
  res.end('data: [DONE]\n\n');
}

export async function wholeResponse(codex: NaiveCodex, body: ResponsesBody): Promise<object> {
  const createdAt = Math.floor(Date.now() / 1000);
  const [text, { usage }] = await wholeText(codex, body.model, promptOf(body));
  return {
    ...envelope(newId('resp'), body.model, createdAt),
    status: 'completed',
    output: [itemOf(newId('msg'), 'completed', [partOf(text)])],
    usage: usageOf(usage),
  };
}
