import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { paced, playText } from '../play.ts';
import type { Running, Subject } from '../subject.ts';
import { bare } from './bare.ts';
import { express, nodeHttp } from './naive.ts';
import { portkey } from './portkey.ts';

/** Nothing is measured, so nothing has to wait for a core of its own. */
const anyCore = `0-${availableParallelism() - 1}`;
const neverMs = 3_600_000;
const answerMs = 10_000;
const play = paced(3, 20);
const asked = playText(play);
const said = /^(?:t=\d{13} of t){3}$/;

const post = async ({ port, headers }: Running, path: string, body: object): Promise<Response> => {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/${path}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'codex-5', ...body }),
    signal: AbortSignal.timeout(answerMs),
  });
  expect(answer.status).toBe(200);
  return answer;
};
async function frames(answer: Response): Promise<readonly string[]> {
  expect(answer.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const data = [...(await answer.text()).matchAll(/^data: (.*)$/gm)].map(([, found]) => found ?? '');
  expect(data.at(-1)).toBe('[DONE]');
  return data.slice(0, -1);
}

interface Chunk {
  readonly choices: readonly { readonly delta: { readonly content?: string }; readonly finish_reason: string | null }[];
}
interface Event {
  readonly type: string;
  readonly delta?: string;
}

async function chat(running: Running): Promise<void> {
  const messages = [{ role: 'user', content: asked }];
  const chunks = (await frames(await post(running, 'chat/completions', { messages, stream: true }))).map(
    (each) => (JSON.parse(each) as Chunk).choices[0],
  );
  expect(chunks.map((each) => each?.delta.content ?? '').join('')).toMatch(said);
  expect(chunks.at(-1)?.finish_reason).toBe('stop');
  const whole = (await (await post(running, 'chat/completions', { messages })).json()) as {
    choices: readonly { message: { content: string } }[];
  };
  expect(whole.choices[0]?.message.content).toMatch(said);
}

/** The first delta comes although the second is never said. */
async function streamsAtOnce(running: Running): Promise<void> {
  const messages = [{ role: 'user', content: playText(paced(2, neverMs)) }];
  const answer = await post(running, 'chat/completions', { messages, stream: true });
  let text = '';
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    if (text.includes('"content":"t=')) return;
  }
  throw new Error(`it ended: ${text}`);
}

async function responses(running: Running): Promise<void> {
  const events = (await frames(await post(running, 'responses', { input: asked, stream: true }))).map(
    (each) => JSON.parse(each) as Event,
  );
  const delta = 'response.output_text.delta';
  expect(
    events
      .filter(({ type }) => type === delta)
      .map((each) => each.delta)
      .join(''),
  ).toMatch(said);
  expect(events[0]?.type).toBe('response.created');
  expect(events.at(-1)?.type).toBe('response.completed');
  const whole = (await (await post(running, 'responses', { input: asked })).json()) as {
    output: readonly { content: readonly { text: string }[] }[];
  };
  expect(whole.output[0]?.content[0]?.text).toMatch(said);
}

async function models({ port, headers }: Running): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/models`, { headers });
  expect(((await answer.json()) as { data: readonly object[] }).data.length).toBeGreaterThan(2);
}

test.concurrent.each<Subject>([bare, nodeHttp, express, portkey])(
  '$name streams what the workers say, and ends',
  { timeout: 120_000 },
  async (subject) => {
    const running = await subject.start({ env: { PROXY_WORKER_COUNT: '1' }, core: anyCore });
    try {
      await streamsAtOnce(running);
      await chat(running);
      if (subject.speaks.includes('responses')) await responses(running);
      if (subject.speaks.includes('models')) await models(running);
    } finally {
      await running.stop();
    }
  },
);
