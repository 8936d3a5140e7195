/** Stored responses behind the front end: whose they are is decided by the key, on every way to them. */

import { afterEach, expect, test } from 'vitest';
import type { PictureSource } from '../actors/seams.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { dataUrl, png } from '../testkit/pictures.ts';
import { ask } from '../testkit/raw-client.ts';
import { MemoryStore } from '../transport/memory-store.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { readItems } from './requests/items.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
const parts = { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint };
const storeLimits = { responsesMax: 10, bytesMax: 1_000_000, ttlMs: 1_000 };
afterEach(closeFronts);

const codeOf = (text: string): unknown => (JSON.parse(text) as { error?: { code: unknown } }).error?.code;

test('only the key that asked for a response can read, continue, refer to or delete it', async () => {
  const { port, service, clock } = await startFront(parts, { apiKeys: ['ann', 'bob'] });
  const store = new MemoryStore(storeLimits, clock);
  service.store = store;
  const as = (key: string, method = 'GET', path = '/v1/responses/resp_fake0', body: object | null = null) =>
    ask(port, path, {
      method,
      headers: { authorization: `Bearer ${key}` },
      ...(body === null ? {} : { body: JSON.stringify(body) }),
    });
  const post = (key: string, body: object) => as(key, 'POST', '/v1/responses', { model: 'codex-5', ...body });

  const opened = service.next();
  const told = post('ann', { input: 'hi' });
  const first = await opened;
  first.answer('Hello');
  expect((await told).status).toBe(200);
  const { request, log } = first;
  store.put(request.owner, { input: request.asked?.input ?? [], log: log.toRecord() }, null);

  const next = { input: 'more', previous_response_id: 'resp_fake0' };
  const thought = { input: [{ type: 'reasoning', id: 'rs_fake0_0', summary: [] }] };
  for (const method of ['GET', 'DELETE']) {
    const { status, text } = await as('bob', method);
    expect([status, codeOf(text)]).toEqual([404, 'not_found']);
    expect((await as('nobody', method)).status).toBe(401);
  }
  expect(codeOf((await post('bob', next)).text)).toBe('previous_response_not_found');
  expect(codeOf((await post('bob', thought)).text)).toBe('invalid_request_error');
  expect(codeOf((await as('ann', 'POST', '/v1/chat/completions', { model: 'codex-5', ...next })).text)).toBe(
    'unsupported_parameter',
  );

  const continued = service.next();
  const answer = post('ann', next);
  const second = await continued;
  second.answer('Hello again');
  expect((await answer).status).toBe(200);
  expect(second.request.turn.items.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);

  const whole = await as('ann');
  expect([whole.status, JSON.parse(whole.text)]).toMatchObject([200, { id: 'resp_fake0', status: 'completed' }]);
  const head = await as('ann', 'HEAD');
  expect([head.status, head.headers['content-length'], head.text]).toEqual([200, whole.headers['content-length'], '']);
  const wrong = await as('ann', 'POST');
  expect([wrong.status, wrong.headers['allow']]).toEqual([405, 'GET, HEAD, DELETE']);
  expect((await as('ann', 'DELETE')).status).toBe(200);
  expect((await as('ann')).status).toBe(404);
});

test('a picture that was downloaded is kept with the request', async () => {
  const picture = png({ width: 3, height: 2 });
  const source: PictureSource = { get: () => Promise.resolve(picture) };
  const { port, service, clock } = await startFront(parts, {}, '127.0.0.1', source);
  service.store = new MemoryStore(storeLimits, clock);
  const image_url = 'https://pictures.example/a.png';
  const body = { model: 'codex-5', input: [{ role: 'user', content: [{ type: 'input_image', image_url }] }] };
  const opened = service.next();
  const told = ask(port, '/v1/responses', { method: 'POST', headers: withKey, body: JSON.stringify(body) });
  const response = await opened;
  response.answer('seen');
  expect((await told).status).toBe(200);
  const { asked, turn } = response.request;
  expect(JSON.stringify(asked?.input)).not.toContain(image_url);
  expect(asked?.input[0]).toMatchObject({ content: [{ image_url: dataUrl(picture) }] });
  expect(readItems([...(asked?.input ?? [])])).toEqual(turn.items);
});
