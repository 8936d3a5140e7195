/** The text of an answer is the worker's, whatever the pieces it comes in. */

import { expect, test } from 'vitest';
import { marker } from '../provider/scenario.ts';
import { chatText, responsesText, serve } from './server.ts';

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
