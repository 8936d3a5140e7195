/** The official SDK with function tools, schemas and images, on both endpoints, by hand and with its own helpers. */

import OpenAI from 'openai';
import { zodFunction, zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { Response, ResponseInput } from 'openai/resources/responses/responses';
import { beforeAll, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { model, stage } from './stage.ts';
import {
  answered,
  bergen,
  called,
  city,
  cityOf,
  description,
  exchanged,
  once,
  oslo,
  twice,
  weather,
} from './weather.ts';

const on = stage();
let openai: OpenAI;
beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  openai = new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch: on.watch.fetch });
});

const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const flat = { type: 'function' as const, name: 'get_weather', description, parameters, strict: true };
const nested = { type: 'function' as const, function: { name: 'get_weather', description, parameters } };
const user = (content: string) => ({ role: 'user' as const, content });

const callsOf = ({ output }: Response) => output.filter((item) => item.type === 'function_call');
const outputsOf = (response: Response) =>
  callsOf(response).map(({ call_id, arguments: args }) => ({
    type: 'function_call_output' as const,
    call_id,
    output: weather(cityOf(args)),
  }));

const ways = {
  whole: (params: OpenAI.Responses.ResponseCreateParamsNonStreaming) => openai.responses.create(params),
  streamed: (params: OpenAI.Responses.ResponseCreateParamsNonStreaming) =>
    openai.responses.stream({ ...params, stream: true }).finalResponse(),
};

test.each(['whole', 'streamed'] as const)('a loop over calls and their outputs, echoed as input: %s', async (way) => {
  const input: ResponseInput = [user(twice)];
  const texts: string[] = [];
  for (let step = 0; step < 3; step += 1) {
    const response = await ways[way]({ model, input, tools: [flat] });
    input.push(...(response.output as ResponseInput), ...outputsOf(response));
    texts.push(response.output_text);
  }
  expect(texts).toEqual(['', '', 'Hello, world.']);
  const round = [called(oslo), called(bergen), answered(oslo), answered(bergen)];
  expect(exchanged(on.input(2))).toEqual([...round, ...round]);
  const ids = input.flatMap((item) => ('type' in item && item.type === 'function_call' ? [item.call_id] : []));
  expect(new Set(ids).size).toBe(4);
});

test.each(['whole', 'streamed'] as const)('the same loop with previous_response_id: %s', async (way) => {
  const first = await ways[way]({ model, input: once, tools: [flat] });
  expect(callsOf(first).map(({ name, arguments: args }) => ({ name, args }))).toEqual([called(oslo)]);
  const previous = { model, previous_response_id: first.id, tools: [flat] };
  const second = await ways[way]({ ...previous, input: outputsOf(first) });
  expect(second.output_text).toBe('Hello, world.');
  expect(second.previous_response_id).toBe(first.id);
  expect(exchanged(on.input(1))).toEqual([called(oslo), answered(oslo)]);
});

test('the events of a call', async () => {
  const stream = openai.responses.stream({ model, input: once, tools: [flat] });
  const done: string[] = [];
  let deltas = '';
  stream.on('response.function_call_arguments.delta', ({ delta }) => {
    deltas += delta;
  });
  stream.on('event', (event) => {
    if (event.type === 'response.function_call_arguments.done') done.push(event.arguments);
  });
  expect(callsOf(await stream.finalResponse())).toMatchObject([{ name: 'get_weather', status: 'completed' }]);
  expect([deltas, ...done]).toEqual([oslo, oslo]);
});

test('bad arguments and a tool that was never offered come as the model made them', async () => {
  const name = 'no_such_tool';
  const broken = '{"city": ';
  const response = await openai.responses.create({
    model,
    input: marker('tool', { name: 'get_weather', args: broken }),
    tools: [flat],
  });
  expect(callsOf(response)).toMatchObject([{ name: 'get_weather', arguments: broken }]);
  const other = await openai.responses.create({ model, input: marker('tool', { name, args: '{}' }), tools: [flat] });
  expect(callsOf(other)).toMatchObject([{ name, arguments: '{}' }]);
});

test.each([false, true])('chat: a loop over tool_calls (streamed: %s)', async (stream) => {
  const messages: ChatCompletionMessageParam[] = [user(twice)];
  const finishes: unknown[] = [];
  for (let step = 0; step < 3; step += 1) {
    const params = { model, messages, tools: [nested] };
    const { choices } = stream
      ? await openai.chat.completions.stream(params).finalChatCompletion()
      : await openai.chat.completions.create(params);
    const [choice] = choices;
    finishes.push(choice?.finish_reason);
    if (choice === undefined) break;
    messages.push(choice.message);
    for (const call of choice.message.tool_calls ?? []) {
      if (call.type !== 'function') continue;
      messages.push({ role: 'tool', tool_call_id: call.id, content: weather(cityOf(call.function.arguments)) });
    }
  }
  expect(finishes).toEqual(['tool_calls', 'tool_calls', 'stop']);
  const round = [called(oslo), called(bergen), answered(oslo), answered(bergen)];
  expect(exchanged(on.input(2))).toEqual([...round, ...round]);
});

test.each([false, true])('chat: runTools calls the function and gives the last text (streamed: %s)', async (stream) => {
  const places: string[] = [];
  const params = {
    model,
    messages: [user(once)],
    tools: [
      zodFunction({
        name: 'get_weather',
        description,
        parameters: city,
        function: (args) => {
          places.push(args.city);
          return weather(args.city);
        },
      }),
    ],
  };
  const runner = stream
    ? openai.chat.completions.runTools({ ...params, stream: true })
    : openai.chat.completions.runTools(params);
  expect(await runner.finalContent()).toBe('Hello, world.');
  expect(places).toEqual([cityOf(oslo)]);
  expect(exchanged(on.input(1))).toEqual([called(oslo), answered(oslo)]);
});

test.each([
  ['none', []],
  ['auto', ['get_weather', 'other']],
  [{ type: 'function', name: 'other' }, ['other']],
  [{ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'other' }] }, ['other']],
] as const)('tool_choice %j offers the model %j', async (choice, offered) => {
  const tools = [flat, { ...flat, name: 'other' }];
  await openai.responses.create({ model, input: 'Well?', tools, tool_choice: choice as 'auto' });
  const seen = (on.setting(0, 'tools') ?? []) as readonly { readonly name: string }[];
  expect(seen.map(({ name }) => name)).toEqual(offered);
});

test('parallel_tool_calls false: the first call alone', async () => {
  const params = { model, input: twice, tools: [flat], parallel_tool_calls: false };
  expect(callsOf(await openai.responses.create(params)).map((call) => call.arguments)).toEqual([oslo]);
});

const json = marker('text', { text: bergen });

test('responses.parse: the schema reaches the model and its answer comes parsed', async () => {
  const format = zodTextFormat(city, 'place');
  const response = await openai.responses.parse({ model, input: json, text: { format } });
  expect(response.output_parsed).toEqual({ city: 'Bergen 🌧' });
  expect(on.setting(0, 'text')).toMatchObject({ format: { type: 'json_schema', schema: { required: ['city'] } } });
  expect(response.text?.format).toMatchObject({ type: 'json_schema', name: 'place', strict: true });
});

test('chat.completions.parse: the same, and stream() too', async () => {
  const params = { model, messages: [user(json)], response_format: zodResponseFormat(city, 'place') };
  const completion = await openai.chat.completions.parse(params);
  expect(completion.choices[0]?.message.parsed).toEqual({ city: 'Bergen 🌧' });
  const streamed = await openai.chat.completions.stream(params).finalChatCompletion();
  expect(streamed.choices[0]?.message.parsed).toEqual({ city: 'Bergen 🌧' });
  for (const at of [0, 1]) expect(on.setting(at, 'text')).toMatchObject({ format: { type: 'json_schema' } });
});

const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

test('images reach the model as they were sent, from both endpoints', async () => {
  const image = { type: 'input_image' as const, image_url: pixel, detail: 'auto' as const };
  await openai.responses.create({
    model,
    input: [{ role: 'user', content: [{ type: 'input_text', text: 'What?' }, image] }],
  });
  await openai.chat.completions.create({
    model,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'What?' },
          { type: 'image_url', image_url: { url: pixel } },
        ],
      },
    ],
  });
  for (const at of [0, 1]) {
    const { content } = on.input(at).at(-1) as { readonly content: readonly object[] };
    expect(content).toEqual([
      { type: 'input_text', text: 'What?' },
      expect.objectContaining({ type: 'input_image', image_url: pixel }),
    ]);
  }
});
