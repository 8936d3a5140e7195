/** The reference writes what the gateway writes: byte by byte, but for ids, times and stamps, and of the same length. */

import { availableParallelism } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  chatDelta,
  chatHead,
  chatTail,
  chatWhole,
  headers,
  modelList,
  responsesDelta,
  responsesHead,
  responsesTail,
  responsesWhole,
} from './frames.ts';
import { gateway } from './gateway.ts';
import { fillerOf, oneByOne, playText, stamp } from './play.ts';
import type { Running } from './subject.ts';

/** Nothing is measured, so nothing has to wait for a core of its own. */
const cores = `0-${availableParallelism() - 1}`;
const play = oneByOne(3);
const text = stamp() + fillerOf(play);
const whole = text.repeat(play.deltas);
const firstDelta = 4;

let running: Running;
beforeAll(async () => {
  running = await gateway.start({ cores, env: { PROXY_WORKER_COUNT: '1' } });
}, 60_000);
afterAll(() => running.stop());

const ask = async (path: string, body: object): Promise<Response> => {
  const answer = await fetch(`http://127.0.0.1:${running.port}/v1/${path}`, {
    method: 'POST',
    headers: { ...running.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', ...body }),
  });
  expect(answer.status).toBe(200);
  return answer;
};

/** Each id, time and stamp as so many zeros. */
const plain = (said: string): string =>
  said
    .replaceAll(/[0-9a-f]{32}/g, '0'.repeat(32))
    .replaceAll(/t=\d{13}/g, `t=${'0'.repeat(13)}`)
    .replaceAll(/"(created|created_at|completed_at)":\d{10}/g, `"$1":${'0'.repeat(10)}`);
const same = (said: string, expected: string): void => {
  expect(plain(said)).toBe(plain(expected));
  expect(said.length).toBe(expected.length);
};

const deltas = (frame: (text: string, index: number) => string): string =>
  Array.from({ length: play.deltas }, (_, index) => frame(text, firstDelta + index)).join('');
const chat = { messages: [{ role: 'user', content: playText(play) }] };
const responses = { input: playText(play) };

test('a stream of Responses', async () => {
  const said = await (await ask('responses', { ...responses, stream: true })).text();
  same(said, responsesHead + deltas(responsesDelta) + responsesTail(whole, firstDelta + play.deltas));
});

test('a stream of chat chunks', async () => {
  const said = await (await ask('chat/completions', { ...chat, stream: true })).text();
  same(said, chatHead + deltas(chatDelta) + chatTail);
});

test('whole bodies', async () => {
  same(await (await ask('responses', responses)).text(), responsesWhole(whole));
  same(await (await ask('chat/completions', chat)).text(), chatWhole(whole));
});

test('the list of models', async () => {
  const { port, headers: key } = running;
  same(await (await fetch(`http://127.0.0.1:${port}/v1/models`, { headers: key })).text(), modelList);
});

test('the headers of an answer', async () => {
  const answer = await ask('chat/completions', { ...chat, stream: true });
  await answer.text();
  const said = Object.fromEntries([...answer.headers].filter(([name]) => name in headers));
  expect(Object.keys(headers).filter((name) => !(name in said))).toEqual([]);
  const lengthOf = ([name, value]: readonly [string, string]) => [
    name,
    name === 'openai-processing-ms' ? 0 : value.length,
  ];
  expect(Object.fromEntries(Object.entries(said).map(lengthOf))).toEqual(
    Object.fromEntries(Object.entries(headers).map(lengthOf)),
  );
});
