/** The official SDK on stored responses, on several choices, and how often it asks again. */

import OpenAI, { APIError, BadRequestError, NotFoundError } from 'openai';
import { beforeAll, expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { signature } from '../provider-view.ts';
import { model, stage } from './stage.ts';

const on = stage();
let openai: OpenAI;
const counts: (string | null)[] = [];
beforeAll(() => {
  const { baseUrl: baseURL, key: apiKey } = on.gateway;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    counts.push(new Headers(init?.headers).get('x-stainless-retry-count'));
    return on.watch.fetch(input as string, init);
  };
  openai = new OpenAI({ baseURL, apiKey, maxRetries: 0, fetch });
});

const failure = async (answer: Promise<unknown>): Promise<unknown> =>
  answer.then(
    () => 'no error',
    (reason: unknown) => reason,
  );

test.each([false, true])(
  'retrieve gives the response as it was (streamed: %s), delete takes it away',
  async (stream) => {
    const params = { model, input: marker('text', { in: 5, out: 3 }), metadata: { topic: 'demo' } };
    const made = stream ? await openai.responses.stream(params).finalResponse() : await openai.responses.create(params);
    const { _request_id: _, ...kept } = await openai.responses.retrieve(made.id);
    expect(made).toMatchObject({ ...kept, output: JSON.parse(JSON.stringify(kept.output)) as object[] });
    expect(kept).toMatchObject({ status: 'completed', metadata: { topic: 'demo' }, usage: { output_tokens: 3 } });
    await openai.responses.delete(made.id);
    expect(await failure(openai.responses.retrieve(made.id))).toBeInstanceOf(NotFoundError);
    const again = await failure(openai.responses.create({ model, input: 'hi', previous_response_id: made.id }));
    expect(again).toBeInstanceOf(BadRequestError);
    expect(again).toMatchObject({ code: 'previous_response_not_found', param: 'previous_response_id' });
  },
);

test('previous_response_id gives the model the conversation so far, without the earlier instructions', async () => {
  const first = await openai.responses.create({ model, instructions: 'Early.', input: 'One.' });
  await openai.responses.create({ model, instructions: 'Late.', input: 'Two.', previous_response_id: first.id });
  const texts = on.input(1).map(({ role, content }) => [role, (content as { text: string }[])[0]?.text]);
  expect(texts).toEqual([
    ['developer', 'Late.'],
    ['user', 'One.'],
    ['assistant', first.output_text],
    ['user', 'Two.'],
  ]);
});

test('store false is not kept', async () => {
  const { id } = await openai.responses.create({ model, input: 'hi', store: false });
  expect(await failure(openai.responses.retrieve(id))).toMatchObject({ status: 404, code: 'not_found' });
});

test.each([false, true])('n choices are as many samplings, each whole in one choice (streamed: %s)', async (stream) => {
  // None goes on before all have begun, so that their deltas mix.
  const content = marker('signed', { barrier: 'all', of: 3, at: 1 });
  const params = { model, n: 3, messages: [{ role: 'user' as const, content }] };
  const { choices } = stream
    ? await openai.chat.completions.stream(params).finalChatCompletion()
    : await openai.chat.completions.create(params);
  expect(choices.map(({ index, finish_reason: finish }) => [index, finish])).toEqual([
    [0, 'stop'],
    [1, 'stop'],
    [2, 'stop'],
  ]);
  expect(on.samplings).toHaveLength(3);
  expect(new Set(choices.map(({ message }) => message.content))).toEqual(new Set(on.samplings.map(signature)));
});

test.each([
  ['a limit', { kind: 'rate' }, 429, ['0', '1', '2']],
  ['an error of the provider', { code: 500 }, 502, ['0', '1', '2']],
  ['a spent quota', { kind: 'quota' }, 429, ['0']],
  ['an input that is too long', { kind: 'context' }, 400, ['0']],
])('%s is asked for as often as it may help', async (_name, values, status, attempts) => {
  counts.length = 0;
  const client = openai.withOptions({ maxRetries: 2 });
  const error = await failure(client.responses.create({ model, input: marker('status', values) }));
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status });
  expect(counts).toEqual(attempts);
  on.watch.check('some');
});
