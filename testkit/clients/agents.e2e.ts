/** The Agents SDK on its Responses and its Chat model. Its tracing, which calls home, is off. */

import {
  Agent,
  type AgentInputItem,
  OpenAIChatCompletionsModel,
  OpenAIResponsesModel,
  Runner,
  tool,
} from '@openai/agents';
import OpenAI from 'openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { model, stage } from './stage.ts';
import { answered, bergen, called, city, cityOf, description, exchanged, oslo, twice, weather } from './weather.ts';

const on = stage();
const runner = new Runner({ tracingDisabled: true });
const names = ['responses', 'chat'] as const;
let models: Readonly<Record<(typeof names)[number], OpenAIResponsesModel | OpenAIChatCompletionsModel>>;
beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  const openai = new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch: on.watch.fetch });
  models = {
    responses: new OpenAIResponsesModel(openai, model),
    chat: new OpenAIChatCompletionsModel(openai, model),
  };
});

const places: string[] = [];
const getWeather = tool({
  name: 'get_weather',
  description,
  parameters: city,
  execute: (args) => {
    places.push(args.city);
    return weather(args.city);
  },
});

/** The run of an agent to its end, and the text that its reader saw grow. */
async function run(agent: Agent, input: string | AgentInputItem[], stream: boolean) {
  if (!stream) return { seen: null, result: await runner.run(agent, input) };
  const result = await runner.run(agent, input, { stream: true });
  let seen = '';
  for await (const piece of result.toTextStream()) seen += piece;
  await result.completed;
  return { seen, result };
}

describe.each(names)('%s', (name) => {
  describe.each([false, true])('streamed: %s', (stream) => {
    test('a text', async () => {
      const agent = new Agent({ name: 'a', instructions: 'Be brief.', model: models[name] });
      const { seen, result } = await run(agent, marker('text', { in: 5, out: 3 }), stream);
      expect(result.finalOutput).toBe('Hello, world.');
      if (stream) expect(seen).toBe('Hello, world.');
      expect(result.rawResponses[0]?.usage).toMatchObject({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
      expect(on.input(0)[0]).toMatchObject({ role: 'developer', content: [{ text: 'Be brief.' }] });
    });

    test('steps with tools until the text', async () => {
      places.length = 0;
      const agent = new Agent({ name: 'a', model: models[name], tools: [getWeather] });
      const { result } = await run(agent, twice, stream);
      expect(result.finalOutput).toBe('Hello, world.');
      const both = [cityOf(oslo), cityOf(bergen)];
      expect(places).toEqual([...both, ...both]);
      const round = [called(oslo), called(bergen), answered(oslo), answered(bergen)];
      expect(exchanged(on.input(2))).toEqual([...round, ...round]);
    });

    test('an output of a type', async () => {
      const agent = new Agent({ name: 'a', model: models[name], outputType: city });
      const { result } = await run(agent as unknown as Agent, marker('text', { text: bergen }), stream);
      expect(result.finalOutput).toEqual({ city: cityOf(bergen) });
      expect(on.setting(0, 'text')).toMatchObject({ format: { type: 'json_schema', schema: { required: ['city'] } } });
    });

    test('a second turn on the history of the first', async () => {
      const agent = new Agent({ name: 'a', model: models[name] });
      const { result } = await run(agent, marker('reason'), stream);
      await run(agent, [...result.history, { role: 'user', content: 'And now?' }], stream);
      // Of the thought it keeps the id, under which the gateway finds the rest.
      const thought = name === 'responses' ? ['ENC_rs_1_0'] : [];
      const told = on.input(1).map((item) => item['role'] ?? item['encrypted_content']);
      expect(told).toEqual(['user', ...thought, 'assistant', 'user']);
    });
  });
});

test('previousResponseId continues a conversation', async () => {
  const agent = new Agent({ name: 'a', model: models.responses });
  const first = await runner.run(agent, 'One.');
  await runner.run(agent, 'Two.', { previousResponseId: first.lastResponseId ?? '' });
  expect(on.input(1).map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
});
