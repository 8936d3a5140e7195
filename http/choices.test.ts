/** Several choices of one chat completion: one body, whatever the order in which their turns speak. */

import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { FakeResponse } from '../testkit/fake-service.ts';
import { closeFronts, type RunningFront, startFront, withKey } from '../testkit/front-end.ts';
import { close, completed, end, usageOf, write } from '../testkit/log-examples.ts';
import { ask } from '../testkit/raw-client.ts';
import { validateChatObject, validateChatStream } from '../testkit/validator/chat.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

interface Asked extends RunningFront {
  readonly answer: ReturnType<typeof ask>;
  readonly responses: readonly FakeResponse[];
}

async function asked(n: number, fields: Readonly<Record<string, unknown>>): Promise<Asked> {
  const front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint });
  const opened = Array.from({ length: n }, () => front.service.next());
  const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'hi' }], n, ...fields });
  const answer = ask(front.port, '/v1/chat/completions', { method: 'POST', headers: withKey, body });
  return { ...front, answer, responses: await Promise.all(opened) };
}

const begin = (response: FakeResponse): void => response.write((log) => log.begin());
const finish = (response: FakeResponse, input: number, output: number): void =>
  response.write((log) => end(log, completed, usageOf(input, output)));

/** Says the pieces one write apart; each call of the result is one step, false at the end. */
const speaker = (response: FakeResponse, pieces: readonly string[]): (() => boolean) => {
  let said = -1;
  return () => {
    said += 1;
    if (said > pieces.length) return false;
    response.write((log) => {
      const item = log.items[0] ?? write(log, `msg_${response.id}`, []);
      const part = item.parts[0];
      const piece = pieces[said];
      if (part !== undefined && piece !== undefined) log.append(part, piece);
      else {
        close(log, item);
        end(log, completed, usageOf(7, pieces.length));
      }
    });
    return true;
  };
};

const streamed = { stream: true, stream_options: { include_usage: true } };

describe('a stream of choices', () => {
  it('is one valid body for every order of the turns', async () => {
    const plan = fc.record({
      texts: fc.array(fc.array(fc.string({ minLength: 1, unit: 'grapheme' }), { maxLength: 4 }), {
        minLength: 1,
        maxLength: 4,
      }),
      order: fc.infiniteStream(fc.nat(3)),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ texts, order }) => {
        const { answer, responses } = await asked(texts.length, streamed);
        for (const response of responses) begin(response);
        const speakers = responses.map((response, i) => speaker(response, texts[i] ?? []));
        while (speakers.length > 0) {
          const at = (order.next().value ?? 0) % speakers.length;
          if (speakers[at]?.() !== true) speakers.splice(at, 1);
        }
        const { text } = await answer;
        const { choices, usage } = validateChatStream(Buffer.from(text), { n: texts.length, includeUsage: true });
        expect(choices.map(({ content }) => content ?? '')).toEqual(texts.map((pieces) => pieces.join('')));
        const output = texts.flat().length;
        expect(usage).toMatchObject({ prompt_tokens: 7, completion_tokens: output, total_tokens: 7 + output });
        await closeFronts();
      }),
      { numRuns: 25 },
    );
  });

  it('shows nothing before each has begun, so that one that cannot be had is an HTTP error', async () => {
    const { answer, responses } = await asked(2, streamed);
    responses[0]?.answer('early');
    responses[1]?.fail({ code: 'worker_busy' });
    const { status, text } = await answer;
    expect([status, JSON.parse(text).error.code]).toEqual([429, 'worker_busy']);
  });

  it('ends with the error of the first that fails, and leaves the others', async () => {
    const { answer, responses } = await asked(3, streamed);
    for (const response of responses) begin(response);
    responses[0]?.write((log) => write(log, 'msg_0', ['so far']));
    responses[1]?.fail({ code: 'worker_exited' });
    await Promise.all(responses.map(({ left }) => left));
    const { text } = await answer;
    expect(validateChatStream(Buffer.from(text), { n: 3 }).error).toMatchObject({ code: 'worker_exited' });
    expect(text).toContain('so far');
  });
});

describe('whole choices', () => {
  it('are one completion; the prompt is counted once', async () => {
    const { answer, responses } = await asked(2, {});
    for (const response of responses) begin(response);
    finish(responses[1] as FakeResponse, 5, 2);
    finish(responses[0] as FakeResponse, 5, 3);
    const { text } = await answer;
    const { choices, usage } = validateChatObject(JSON.parse(text), { n: 2 });
    expect(choices).toHaveLength(2);
    expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 5, total_tokens: 10 });
  });

  it('fail together', async () => {
    const { answer, responses } = await asked(2, {});
    begin(responses[0] as FakeResponse);
    responses[1]?.fail({ code: 'insufficient_quota' });
    expect((await answer).status).toBe(429);
    await responses[0]?.left;
  });
});
