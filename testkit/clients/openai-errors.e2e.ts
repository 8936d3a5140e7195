/**
 * What the official SDK makes of our refusals and failures: the class that callers catch, the `param` that they show, and
 * whether it tries again. A refused request never reaches the model.
 */

import OpenAI, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai';
import { beforeAll, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { model, stage } from './stage.ts';

/** The head of a stream waits for its first output, however slow the machine is. */
const on = stage({ PROXY_SSE_HEAD_DELAY_MS: '60000' });
let openai: OpenAI;

beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  openai = new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch: on.watch.fetch });
});

type Body = Readonly<Record<string, unknown>>;

const user = (content: unknown) => [{ role: 'user', content }];
const failure = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'no error',
    (reason: unknown) => reason,
  );

/** `post` and not `create`: most of these bodies are what the types forbid, or what only another service offers. */
const ask = (body: Body, client = openai) =>
  'messages' in body
    ? client.post('/chat/completions', { body: { model, ...body } })
    : client.post('/responses', { body: { model, input: 'hi', ...body } });

const tool = { type: 'function', name: 'f', parameters: { type: 'object', properties: {} } };
const schema = { type: 'object', properties: {}, additionalProperties: false };
const image = 'data:image/png;base64,AAAA';

test.each<[string, string, Body]>([
  ['a tool without a good name', 'tools[0].name', { tools: [{ ...tool, name: 'no good' }] }],
  ['two tools of one name', 'tools[1].name', { tools: [tool, tool] }],
  [
    'a choice that was not declared',
    'tool_choice.name',
    { tools: [tool], tool_choice: { type: 'function', name: 'g' } },
  ],
  [
    'json_schema with an empty name',
    'text.format.name',
    { text: { format: { type: 'json_schema', name: '', schema } } },
  ],
  ['previous_response_id of nobody', 'previous_response_id', { previous_response_id: 'resp_1' }],
  ['background', 'background', { background: true }],
  ['conversation', 'conversation', { conversation: 'conv_1' }],
  [
    'an output without its call',
    'input[0].call_id',
    { input: [{ type: 'function_call_output', call_id: 'c', output: '' }] },
  ],
  [
    'an image that is none',
    'input[0].content[0].image_url',
    { input: user([{ type: 'input_image', image_url: image }]) },
  ],
  ['audio', 'input[0].content[0].type', { input: user([{ type: 'input_audio', input_audio: {} }]) }],
  ['n', 'n', { n: 2 }],
  [
    'a chat tool without a name',
    'tools[0].function.name',
    { messages: user('hi'), tools: [{ type: 'function', function: {} }] },
  ],
  [
    'chat json_schema with an empty name',
    'response_format.json_schema.name',
    { messages: user('hi'), response_format: { type: 'json_schema', json_schema: { name: '', schema } } },
  ],
  [
    'a chat image that is none',
    'messages[0].content[0].image_url.url',
    { messages: user([{ type: 'image_url', image_url: { url: image } }]) },
  ],
  ['too many choices', 'n', { messages: user('hi'), n: 10_000 }],
  ['logprobs', 'logprobs', { messages: user('hi'), logprobs: true }],
])('%s is refused as a bad request with its param', async (_name, param, body) => {
  for (const stream of [false, true]) {
    const error = await failure(ask({ ...body, stream }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ status: 400, param });
  }
  expect(on.gateway.provider.requests).toHaveLength(0);
});

const ways = (content: string): readonly (readonly [string, Body])[] => [
  ['responses', { input: content }],
  ['responses, streamed', { input: content, stream: true }],
  ['chat', { messages: user(content) }],
  ['chat, streamed', { messages: user(content), stream: true }],
];

test.each(ways('hi'))('a wrong key is an AuthenticationError: %s', async (_name, body) => {
  const stranger = openai.withOptions({ apiKey: 'wrong' });
  const error = await failure(ask(body, stranger));
  expect(error).toBeInstanceOf(AuthenticationError);
  expect(error).toMatchObject({ status: 401, code: 'invalid_api_key' });
});

test.each(ways('hi'))('an unknown model is a NotFoundError: %s', async (_name, body) => {
  const error = await failure(ask({ ...body, model: 'no-such-model' }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
  expect(on.gateway.provider.requests).toHaveLength(0);
});

test('a reference to an item of nobody is a NotFoundError', async () => {
  const error = await failure(ask({ input: [{ type: 'item_reference', id: 'msg_1' }] }));
  expect(error).toBeInstanceOf(NotFoundError);
  expect(error).toMatchObject({ status: 404, code: 'item_not_found', param: 'input[0].id' });
});

test('models.retrieve of an unknown model is a NotFoundError', async () => {
  expect(await failure(openai.models.retrieve('no-such-model'))).toBeInstanceOf(NotFoundError);
});

test.each(ways(marker('status', { kind: 'rate' })))(
  'a limit of the provider is a RateLimitError: %s',
  async (_, body) => {
    const error = await failure(ask(body));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect((error as RateLimitError).headers?.get('x-should-retry')).toBe('true');
    expect(on.samplings).toHaveLength(1);
  },
);

test('an exhausted quota is not tried again, because x-should-retry forbids it', async () => {
  const client = openai.withOptions({ maxRetries: 2 });
  const error = await failure(ask({ input: marker('status', { kind: 'quota' }) }, client));
  expect(error).toBeInstanceOf(RateLimitError);
  expect(error).toMatchObject({ code: 'insufficient_quota' });
  expect(on.samplings).toHaveLength(1);
});

test('a cut before the first byte is tried again, and each attempt is one sampling', async () => {
  const input = marker('cut', { n: 0, key: 'again', times: 1 });
  const client = openai.withOptions({ maxRetries: 1 });
  const response = await client.responses.create({ model, input });
  expect(response.status).toBe('completed');
  expect(on.samplings).toHaveLength(2);
  // The SDK does not read the body of an answer that it replaces.
  on.watch.check('some');
});
