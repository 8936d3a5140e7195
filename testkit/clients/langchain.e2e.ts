/** LangChain's ChatOpenAI on both endpoints. */

import { type AIMessageChunk, HumanMessage, SystemMessage, type ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { plainModel, stage } from './stage.ts';
import { answered, bergen, city, cityOf, description, exchanged, oslo, twice, weather } from './weather.ts';

const on = stage();
const names = ['responses', 'chat'] as const;
let chats: Readonly<Record<(typeof names)[number], ChatOpenAI>>;
beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  const chat = (useResponsesApi: boolean): ChatOpenAI =>
    new ChatOpenAI({
      model: plainModel,
      apiKey,
      useResponsesApi,
      maxRetries: 0,
      temperature: 0.1,
      maxTokens: 6000,
      configuration: { baseURL, fetch: on.watch.fetch },
    });
  chats = { responses: chat(true), chat: chat(false) };
});

const getWeather = tool((args) => weather(args.city), { name: 'get_weather', description, schema: city });

const joined = async (stream: AsyncIterable<AIMessageChunk>): Promise<AIMessageChunk> => {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of stream) whole = whole === undefined ? chunk : whole.concat(chunk);
  if (whole === undefined) throw new Error('the stream was empty');
  return whole;
};

describe.each(names)('%s', (name) => {
  const counted = [new SystemMessage('Be brief.'), new HumanMessage(marker('text', { in: 1234, cached: 56, out: 89 }))];
  const usage = {
    input_tokens: 1234,
    output_tokens: 89,
    total_tokens: 1323,
    input_token_details: { cache_read: 56 },
  };

  test('invoke: the text, its usage, and the path that was taken', async () => {
    const answer = await chats[name].invoke(counted);
    expect(answer.text).toBe('Hello, world.');
    expect(answer.usage_metadata).toMatchObject(usage);
    expect(Object.keys(on.watch.sent[0] ?? {})).toContain(name === 'chat' ? 'messages' : 'input');
    expect(on.input(0)[0]).toMatchObject({ role: 'developer', content: [{ text: 'Be brief.' }] });
  });

  test('stream: the chunks add up to the same', async () => {
    const answer = await joined(await chats[name].stream(counted));
    expect(answer.text).toBe('Hello, world.');
    expect(answer.usage_metadata).toMatchObject(usage);
  });

  test.each([false, true])('bindTools: calls, their outputs, and the text (streamed: %s)', async (stream) => {
    const bound = chats[name].bindTools([getWeather]);
    const messages: (HumanMessage | AIMessageChunk | ToolMessage)[] = [new HumanMessage(twice)];
    const texts: string[] = [];
    for (let step = 0; step < 3; step += 1) {
      const answer = stream ? await joined(await bound.stream(messages)) : await bound.invoke(messages);
      messages.push(answer as AIMessageChunk);
      texts.push(answer.text);
      for (const call of answer.tool_calls ?? []) messages.push((await getWeather.invoke(call)) as ToolMessage);
    }
    expect(texts).toEqual(['', '', 'Hello, world.']);
    const seen = exchanged(on.input(2)) as readonly { readonly args?: string }[];
    expect(seen).toHaveLength(8);
    const both = [cityOf(oslo), cityOf(bergen)];
    expect(seen.flatMap(({ args }) => (args === undefined ? [] : [cityOf(args)]))).toEqual([...both, ...both]);
    expect(seen.slice(2, 4)).toEqual([answered(oslo), answered(bergen)]);
  });

  test.each(['jsonSchema', 'functionCalling'] as const)('withStructuredOutput, method %s', async (method) => {
    const structured = chats[name].withStructuredOutput(city, { method, name: 'place' });
    const scenario =
      method === 'jsonSchema' ? marker('text', { text: bergen }) : marker('tool', { name: 'place', args: bergen });
    expect(await structured.invoke(scenario)).toEqual({ city: cityOf(bergen) });
    const format = method === 'jsonSchema' ? 'json_schema' : undefined;
    expect((on.setting(0, 'text') as { format?: { type?: string } } | undefined)?.format?.type).toBe(format);
  });
});
