/** The AI SDK on its three providers: `.responses()` and `.chat()` of @ai-sdk/openai, and @ai-sdk/openai-compatible. */

import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { generateText, type LanguageModel, type ModelMessage, Output, stepCountIs, streamText, tool } from 'ai';
import { beforeAll, describe, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { model, plainModel, stage } from './stage.ts';
import { answered, bergen, city, cityOf, description, exchanged, oslo, twice, weather } from './weather.ts';

const on = stage();
const names = ['responses', 'chat', 'compatible'] as const;
let models: Readonly<Record<(typeof names)[number], LanguageModel>>;
let thinkers: typeof models;
beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  const options = { baseURL, apiKey, fetch: on.watch.fetch };
  const openai = createOpenAI(options);
  const compatible = createOpenAICompatible({
    ...options,
    name: 'gateway',
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
  const all = (id: string) => ({ responses: openai.responses(id), chat: openai.chat(id), compatible: compatible(id) });
  models = all(model);
  thinkers = all(plainModel);
});

const places: string[] = [];
const tools = {
  get_weather: tool({
    description,
    inputSchema: city,
    execute: (args) => {
      places.push(args.city);
      return weather(args.city);
    },
  }),
};

type Asked = Parameters<typeof generateText>[0];
/** The same of both functions. */
const ways = {
  generateText: async (asked: Asked) => generateText({ ...asked, maxRetries: 0 }),
  streamText: async (asked: Asked) => {
    const errors: unknown[] = [];
    const result = streamText({
      ...(asked as Parameters<typeof streamText>[0]),
      maxRetries: 0,
      onError: ({ error }) => void errors.push(error),
    });
    await result.consumeStream();
    expect(errors).toEqual([]);
    return {
      text: await result.text,
      finishReason: await result.finishReason,
      reasoningText: await result.reasoningText,
      usage: await result.usage,
      steps: await result.steps,
      response: await result.response,
      output: result.output,
    };
  },
};

describe.each(names)('%s', (name) => {
  describe.each(['generateText', 'streamText'] as const)('%s', (way) => {
    test('text, its end and its usage', async () => {
      const prompt = marker('text', { in: 1234, cached: 56, out: 89, reasoning: 10 });
      const { text, finishReason, usage } = await ways[way]({ model: models[name], prompt });
      expect({ text, finishReason }).toEqual({ text: 'Hello, world.', finishReason: 'stop' });
      expect(usage).toMatchObject({ inputTokens: 1234, outputTokens: 89, totalTokens: 1323 });
      expect(usage).toMatchObject({
        inputTokenDetails: { cacheReadTokens: 56 },
        outputTokenDetails: { reasoningTokens: 10 },
      });
      expect(on.samplings).toHaveLength(1);
    });

    test('steps with tools until the text', async () => {
      places.length = 0;
      const asked = { model: models[name], prompt: twice, tools, stopWhen: stepCountIs(5) };
      const { text, steps } = await ways[way](asked);
      expect(text).toBe('Hello, world.');
      expect(steps.map(({ finishReason, toolCalls }) => [finishReason, toolCalls.length])).toEqual([
        ['tool-calls', 2],
        ['tool-calls', 2],
        ['stop', 0],
      ]);
      const both = [cityOf(oslo), cityOf(bergen)];
      expect(places).toEqual([...both, ...both]);
      const seen = exchanged(on.input(2));
      expect(seen).toHaveLength(8);
      // It writes the arguments anew, from what it parsed.
      const args = seen.map((one) => (one as { args?: string }).args).filter((one) => one !== undefined);
      expect(args.map(cityOf)).toEqual(places);
      expect(seen.slice(2, 4)).toEqual([answered(oslo), answered(bergen)]);
    });

    test('Output.object', async () => {
      const prompt = marker('text', { text: bergen });
      const { output } = await ways[way]({ model: models[name], prompt, output: Output.object({ schema: city }) });
      expect(await output).toEqual({ city: cityOf(bergen) });
      expect(on.setting(0, 'text')).toMatchObject({ format: { type: 'json_schema', schema: { required: ['city'] } } });
    });

    test('a second turn on what the first one left behind', async () => {
      const first: ModelMessage[] = [{ role: 'user', content: marker('reason') }];
      const earlier = await ways[way]({ model: models[name], messages: first });
      const messages: ModelMessage[] = [...first, ...earlier.response.messages, { role: 'user', content: 'And now?' }];
      await ways[way]({ model: models[name], messages });
      const told = on.input(1).map(({ type, role }) => role ?? type);
      const thought = name === 'responses' ? ['reasoning'] : [];
      expect(told).toEqual(['user', ...thought, 'assistant', 'user']);
      const referred = (on.watch.sent[1]?.['input'] ?? []) as readonly { readonly type?: string }[];
      const references = referred.filter(({ type }) => type === 'item_reference');
      expect(references).toHaveLength(name === 'responses' ? 2 : 0);
    });

    test('a summary of the reasoning, when asked for', async () => {
      const reasoning = { effort: 'high', summary: 'auto' };
      const { reasoningText, text } = await ways[way]({
        model: thinkers[name],
        prompt: marker('reason'),
        providerOptions: { openai: { reasoningEffort: 'high', reasoningSummary: 'auto' }, gateway: { reasoning } },
      });
      expect(text).toBe('Hello, world.');
      // `.chat()` has no field for it.
      expect(reasoningText ?? '').toBe(name === 'chat' ? '' : '**Greeting**\n\nA short greeting.');
      expect(on.setting(0, 'reasoning')).toMatchObject({ effort: 'high' });
    });

    test('a system prompt and a picture', async () => {
      const image = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
      const content = [
        { type: 'text' as const, text: 'What?' },
        { type: 'file' as const, data: image, mediaType: 'image/png' },
      ];
      await ways[way]({ model: models[name], instructions: 'Be brief.', messages: [{ role: 'user', content }] });
      const [system, asked] = on.input(0);
      expect(system).toMatchObject({ role: 'developer', content: [{ text: 'Be brief.' }] });
      const url = `data:image/png;base64,${image}`;
      expect(asked?.['content']).toMatchObject([{ text: 'What?' }, { type: 'input_image', image_url: url }]);
    });
  });
});

test('a failure has its message, and the SDK asks again as often as it was told to', async () => {
  const prompt = marker('failed', { key: 'ai', times: 1 });
  const { text } = await generateText({ model: models.responses, prompt, maxRetries: 1 });
  expect(text).toBe('Hello, world.');
  expect(on.samplings).toHaveLength(2);
  on.watch.check('some');
  await expect(
    ways.generateText({ model: models.responses, prompt: marker('status', { kind: 'context' }) }),
  ).rejects.toMatchObject({
    statusCode: 400,
    isRetryable: false,
    message: expect.stringContaining('context window'),
  });
});
