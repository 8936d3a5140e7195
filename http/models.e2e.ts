/** Model names before the real CLI: what is listed, what the provider is asked for, and what the answer shows. */

import OpenAI, { NotFoundError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { modelSettings } from '../testkit/provider-view.ts';

let gateway: Gateway;
let openai: OpenAI;

const clientOf = ({ baseUrl, key }: Gateway): OpenAI => new OpenAI({ baseURL: baseUrl, apiKey: key, maxRetries: 0 });
const idsOf = async (client: OpenAI): Promise<readonly string[]> =>
  (await client.models.list()).data.map(({ id }) => id);

beforeAll(async () => {
  gateway = await startGateway({ PROXY_WORKER_COUNT: '1', PROXY_MODEL_ALIASES: 'gpt-5.1=gpt-5.5,team=gpt-5.5:high' });
  openai = clientOf(gateway);
  await gateway.until((line) => line.includes('models_observed'));
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

type Fields = Readonly<Record<string, unknown>>;

/** The same on both endpoints: the settings that the provider saw, and the answers. */
const both = async (fields: Fields) => {
  const messages = [{ role: 'user', content: 'hi' }];
  const answers = [
    await openai.post<Fields>('/responses', { body: { input: 'hi', ...fields } }),
    await openai.post<Fields>('/chat/completions', { body: { messages, ...fields } }),
  ];
  return { answers, asked: gateway.provider.samplings.map(modelSettings) };
};

describe('the list', () => {
  test('has the fixed names, the operator’s, and what the CLI lists with the efforts that it supports', async () => {
    const ids = await idsOf(openai);
    expect(ids[0]).toBe('codex-5');
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual(expect.arrayContaining(['gpt-5.2-codex-XH', 'team', 'gpt-5.5', 'gpt-5.5-L', 'gpt-5.5-XH']));
    expect(ids).not.toContain('gpt-5.1');
  });

  test('has nothing that cannot be retrieved in its own spelling, also percent-encoded and in another case', async () => {
    for (const id of await idsOf(openai)) {
      expect(await openai.models.retrieve(id.toUpperCase())).toMatchObject({ id, object: 'model', owned_by: 'codex' });
    }
    const answer = await fetch(`${gateway.baseUrl}/models/codex%2Fgpt%2D5.5`);
    expect(await answer.json()).toEqual({ id: 'gpt-5.5', object: 'model', created: 0, owned_by: 'codex' });
    await expect(openai.models.retrieve('gpt-4o')).rejects.toThrow(NotFoundError);
  });
});

test.each<[string, string, string, string | undefined]>([
  ['GPT-5.5', 'gpt-5.5', 'gpt-5.5', undefined],
  ['codex/gpt-5.5-high', 'gpt-5.5-high', 'gpt-5.5', 'high'],
  ['gpt-5.5-l', 'gpt-5.5-L', 'gpt-5.5', 'low'],
  ['TEAM', 'team', 'gpt-5.5', 'high'],
  ['codev-5.1-M', 'codev-5.1-M', 'gpt-5.5', 'medium'],
  ['gpt-5.2-CODEX-xh', 'gpt-5.2-codex-XH', 'gpt-6.1-sol', 'xhigh'],
  ['codex-5-minimal', 'codex-5-minimal', 'gpt-6.1-sol', 'low'],
])('P-60, P-66, P-67: %s is answered as %s by %s with effort %s', async (model, id, target, effort) => {
  const { answers, asked } = await both({ model });
  for (const answer of answers) expect(answer['model']).toBe(id);
  expect(answers[0]?.['reasoning']).toMatchObject({ effort: effort ?? null });
  expect(asked).toHaveLength(2);
  for (const settings of asked) {
    expect(settings).toMatchObject({ model: target, reasoning: effort === undefined ? {} : { effort } });
  }
});

test.each([
  ['codex-5', 'gpt-6.1-sol'],
  ['gpt-5.5-high', 'gpt-5.5'],
  ['gpt-5.5', null],
])('%s: the header x-proxy-model says %s', async (model, told) => {
  for (const stream of [false, true]) {
    const answer = await fetch(`${gateway.baseUrl}/responses`, {
      method: 'POST',
      headers: { ...gateway.withKey, 'content-type': 'application/json' },
      body: JSON.stringify({ model, input: 'hi', stream }),
    });
    expect([answer.status, answer.headers.get('x-proxy-model')]).toEqual([200, told]);
    await answer.text();
  }
});

test('P-67: an effort of the request wins over that of the name', async () => {
  const { asked } = await both({ model: 'gpt-5.5-high', reasoning_effort: 'low' });
  for (const settings of asked) expect(settings).toMatchObject({ reasoning: { effort: 'low' } });
});

test('P-64, P-69: what was changed is in the log, a missing target once for each alias', async () => {
  await both({ model: 'gpt-5.2-codex-L' });
  await both({ model: 'codex-5-max', reasoning_effort: 'none' });
  await gateway.until((line) =>
    /effort_clamped req_id=req_\w+ route=\S+ model=gpt-6\.1-sol asked=none effort=low/.test(line),
  );
  const told = gateway.journal.filter((line) => line.includes('model_alias_retargeted alias=gpt-5.2-codex-L '));
  expect(told).toHaveLength(1);
  expect(told[0]).toContain('target=gpt-5.2 instead=gpt-6.1-sol');
});

test('a service tier reaches the provider where the model has it', async () => {
  const fast = await both({ model: 'gpt-5.5', service_tier: 'fast' });
  for (const settings of fast.asked) expect(settings).toMatchObject({ service_tier: 'priority' });
  for (const answer of fast.answers) expect(answer['service_tier']).toBe('priority');
  gateway.provider.reset();
  const flex = await both({ model: 'gpt-5.5', service_tier: 'flex' });
  for (const settings of flex.asked) expect(settings).not.toHaveProperty('service_tier');
  for (const answer of flex.answers) expect(answer['service_tier']).toBe('default');
});

test("P-63: the list can be trimmed; a model that only the operator's provider knows is the default", async () => {
  const trimmed = await startGateway({
    PROXY_WORKER_COUNT: '1',
    PROXY_ENV: 'dev',
    PROXY_ADVERTISE_MODELS: 'codev-5',
    CODEX_MODEL: 'llama3:8b',
  });
  try {
    const client = clientOf(trimmed);
    expect(await idsOf(client)).toEqual(['codev-5']);
    for (const model of ['codev-5', 'codex-5', 'llama3:8b', 'gpt-5.2', 'LLAMA3:8b']) {
      await client.responses.create({ model, input: 'hi' });
    }
    const asked = trimmed.provider.samplings.map((sampling) => modelSettings(sampling)['model']);
    expect(asked).toEqual(Array.from({ length: 5 }, () => 'llama3:8b'));
  } finally {
    await trimmed.stop();
  }
});
