/** The text of an answer is the worker's, whatever the pieces it comes in. */

import { expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { chatText, responsesText, serve } from './server.ts';
import { readAll } from './ways.ts';

const cases = [
  [['ha', 'ha', 'ha'], 'hahaha'],
  [['bal', 'loon ', ' is 1', '100', '\n', '\n', '- a'], 'balloon  is 1100\n\n- a'],
] as const;

test.each(cases)('W-1 P-114: the deltas %j are put together as they are', async (pieces, text) => {
  const server = await serve();
  const said = marker('text', { chunks: JSON.stringify(pieces) });
  expect(chatText(await server.chatFrames({ messages: [{ role: 'user', content: said }] }))).toBe(text);
  expect(responsesText(await server.respFrames({ input: said }))).toBe(text);
});

test('W-34 A-47 a request of the worker that has the id of one of ours is not taken for its answer', async () => {
  const server = await serve();
  const asks = Array.from({ length: 100 }, (_, at) => ({
    do: 'ask',
    method: 'currentTime/read',
    params: {},
    id: at + 1,
  }));
  const said = [{ do: 'open' }, { do: 'delta', text: 'mine' }, { do: 'close' }];
  const end = [{ do: 'sampled', usage: null }, { do: 'settle' }, { do: 'complete', status: 'completed' }];
  // While `turn/start` waits for its answer, whatever its number is.
  const steps = [...asks, { do: 'sleep', ms: 50 }, { do: 'answer' }, ...said, ...end];
  const prompt = marker('play', { script: JSON.stringify({ answer: 'scripted', steps }) });
  for (const reading of await readAll(server, { prompt })) expect(reading).toMatchObject({ text: 'mine', error: null });
  const { anomalies } = (await server.get('/healthz')).json.worker_supervisor;
  expect(anomalies).not.toHaveProperty(['response.late']);
});
