/** `n` on chat completions before the real CLI: as many turns, one answer. */

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Gateway, startGateway } from '../testkit/gateway.ts';
import { marker } from '../testkit/provider/scenario.ts';
import { signature } from '../testkit/provider-view.ts';
import { validateChatObject, validateChatStream } from '../testkit/validator/chat.ts';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ PROXY_MAX_CHAT_CHOICES: '3' });
});
afterAll(() => gateway.stop());
beforeEach(() => gateway.provider.reset());

const chat = (prompt: string, fields: Readonly<Record<string, unknown>>): Promise<Response> =>
  fetch(`${gateway.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: { ...gateway.withKey, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: prompt }], ...fields }),
  });

/** None goes on before all have begun, so that their deltas mix; each way of asking has a barrier of its own. */
const counted = (barrier: string): string => marker('signed', { in: 100, out: 4, barrier, of: 3, at: 1 });
const usage = { prompt_tokens: 100, completion_tokens: 12, total_tokens: 112 };

test('three turns, one answer', async () => {
  const whole = validateChatObject(JSON.parse(await (await chat(counted('whole'), { n: 3 })).text()), { n: 3 });
  expect(whole.usage).toMatchObject(usage);
  const streamed = await chat(counted('streamed'), { n: 3, stream: true, stream_options: { include_usage: true } });
  const verdict = validateChatStream(new Uint8Array(await streamed.arrayBuffer()), { n: 3, includeUsage: true });
  expect(verdict.usage).toMatchObject(usage);
  const samplings = gateway.provider.samplings.map(signature);
  expect(samplings).toHaveLength(6);
  const said = [whole, verdict].map(({ choices }) => new Set(choices.map(({ content }) => content)));
  expect(said).toEqual([new Set(samplings.slice(0, 3)), new Set(samplings.slice(3))]);
});

test('the turns of a client that leaves are all interrupted', async () => {
  const held = marker('text', { n: 8, barrier: 'gate', at: 2 });
  const answer = await chat(held, { n: 3, stream: true });
  // The head comes with the first output of any of them; one that has not asked the provider yet would never ask it.
  await gateway.provider.until(({ waiting }) => waiting('gate') === 3);
  await answer.body?.cancel();
  await gateway.provider.until(
    () => gateway.provider.samplings.filter(({ ending }) => ending === 'client').length === 3,
  );
});

test('more than the operator allows is refused by name', async () => {
  const answer = await chat('hi', { n: 4 });
  expect([answer.status, await answer.json()]).toMatchObject([
    400,
    { error: { param: 'n', message: 'n must be an integer between 1 and 3; received 4' } },
  ]);
  expect(gateway.provider.samplings).toHaveLength(0);
});
