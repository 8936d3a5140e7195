/** The server of the parity tests itself: it starts, serves all four ways to read, and stops. */

import { expect, test } from 'vitest';
import { chatText, lookupUser, responsesText, serve } from './server.ts';

test('P-8 the stream that a request does not ask for is the operator’s', async () => {
  const server = await serve({ PROXY_DEFAULT_STREAM: 'true' });
  expect((await server.chat()).text).toMatch(/^data: /);
  expect((await server.chat({ stream: false })).json.object).toBe('chat.completion');
});

test('C-24 the text of a stream is the text of a whole answer, on both endpoints', async () => {
  const server = await serve();
  const { content } = (await server.chat({ tools: [lookupUser] })).json.choices[0].message;
  expect(content).not.toBe('');
  expect(chatText(await server.chatFrames())).toBe(content);
  expect((await server.resp()).json.output[0].content[0].text).toBe(content);
  expect(responsesText(await server.respFrames())).toBe(content);
});
