/** What is told of requests, and to whom: no prompt in a log, no series for every name that somebody invents. */

import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { chatFixtures, responsesFixtures, streamFixture } from '../fixtures/fixture.ts';
import { validateChatStream } from '../validator/chat.ts';
import { validateResponsesStream } from '../validator/responses.ts';
import { serve } from './server.ts';

const secret = `geheim-${randomBytes(6).toString('hex')}`;

test('W-59 P-211 neither prompts nor answers stand in a log, in development neither', async () => {
  for (const mode of ['dev', 'local']) {
    const server = await serve({ PROXY_ENV: mode });
    const prompt = `[[sc:text text="${secret} ${secret}"]]`;
    const { text } = await server.chat({ messages: [{ role: 'user', content: prompt }] });
    expect(text).toContain(secret);
    await server.chat({ stream: true, messages: [{ role: 'user', content: prompt }] });
    expect(server.gateway.lines.tail()).not.toContain(secret);
  }
});

const seriesOf = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.replace(/ [^ ]+$/, '')]));

test('W-53 C-44 names that strangers invent make no series of metrics', async () => {
  const server = await serve({ PROXY_ENABLE_METRICS: 'true' });
  const before = seriesOf((await server.get('/metrics')).text);
  expect(before.length).toBeGreaterThan(0);
  const asks = Array.from({ length: 120 }, async (_, index) => {
    const name = `m${randomBytes(4).toString('hex')}`;
    if (index % 2 === 0) return server.send('GET', `/${name}`);
    return server.send('POST', '/v1/chat/completions', {}, JSON.stringify({ model: name }));
  });
  await Promise.all(asks);
  await Promise.all(Array.from({ length: 40 }, (_, index) => server.chat({ model: `stranger-${index}` })));
  const after = seriesOf((await server.get('/metrics')).text);
  expect(after.length - before.length).toBeLessThanOrEqual(20);
  expect(after.filter((line) => line.includes('stranger-'))).toEqual([]);
});

test('W-65 recorded streams replay green, and nothing in them was blacked out', () => {
  for (const name of chatFixtures) {
    const bytes = streamFixture(name);
    expect(Buffer.from(bytes).toString()).not.toContain('<redacted>');
    if (!name.includes('failure'))
      validateChatStream(bytes, { includeUsage: Buffer.from(bytes).includes('"usage":{') });
  }
  for (const name of responsesFixtures) {
    const bytes = streamFixture(name);
    expect(Buffer.from(bytes).toString()).not.toContain('<redacted>');
    validateResponsesStream(bytes);
  }
});
