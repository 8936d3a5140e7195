import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import type { Diagnostics } from '../actors/diagnostics.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { HttpHappenings } from './happenings.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

type Heard = { [Name in keyof HttpHappenings]: readonly [Name, HttpHappenings[Name]] }[keyof HttpHappenings];

/** What carries words. */
const seen: ReadonlySet<string> = new Set(['request.read', 'answer.begun', 'answer.written']);

async function watched() {
  const heard: Heard[] = [];
  const views: Heard[] = [];
  const diagnostics: Diagnostics<HttpHappenings> = {
    watched: () => true,
    publish: (name, told) => {
      // The bytes are theirs who write them, and soon something else.
      const kept = 'bytes' in told ? { ...told, bytes: Buffer.from(told.bytes).toString() } : told;
      (seen.has(name) ? views : heard).push([name, kept] as unknown as Heard);
    },
  };
  const front = await startFront({
    createServer,
    uws,
    responses: responsesEndpoint,
    chat: chatEndpoint,
    diagnostics,
  });
  const over = () => heard.flatMap(([name, told]) => (name === 'request.over' ? [told] : []));
  return { ...front, heard, views, over };
}

test('every request begins and is over once, under the template of its route', async () => {
  const { port, heard, over } = await watched();
  const cases = [
    ['/v1/models', 'GET', '/v1/models', 200, null],
    ['/models/', 'GET', '/v1/models', 200, null],
    ['/v1/models/gpt-5.4', 'GET', '/v1/models/{id}', 200, null],
    ['/v1/models/private-name', 'GET', '/v1/models/{id}', 404, 'model_not_found'],
    ['/secret/path', 'GET', 'other', 404, 'unknown_url'],
    ['/v1/chat/completions', 'OPTIONS', '/v1/chat/completions', 204, null],
    ['/v1/responses', 'PUT', '/v1/responses', 405, 'method_not_allowed'],
  ] as const;
  for (const [path, method] of cases) await ask(port, path, { method });
  expect(over().map(({ route, status, errorCode }) => [route, status, errorCode])).toEqual(
    cases.map(([, , route, status, code]) => [route, status, code]),
  );
  expect(heard.map(([name]) => name)).toEqual(cases.flatMap(() => ['request.begun', 'request.over']));
  expect(new Set(over().map(({ id }) => id)).size).toBe(cases.length);
});

test('whether a good key was shown is told, and a client that leaves is 499, after its account', async () => {
  const { port, heard, over, service } = await watched();
  await ask(port, '/v1/usage');
  await ask(port, '/v1/usage', { headers: withKey });
  expect(over().map(({ authorized, status }) => [authorized, status])).toEqual([
    [false, 401],
    [true, 200],
  ]);
  const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });
  const connection = new RawConnection(port).request(
    'POST',
    '/v1/responses',
    { ...withKey, 'content-type': 'application/json' },
    body,
  );
  const response = await service.next();
  connection.leave();
  await response.left;
  expect(heard.slice(4).map(([name]) => name)).toEqual([
    'request.begun',
    'response.opened',
    'answer.accounted',
    'request.over',
  ]);
  expect(over().at(-1)).toMatchObject({ route: '/v1/responses', status: 499, by: 'client' });
});

test('P-206 who watches sees the body of a request and the answer as its client gets it', async () => {
  const { port, views, service } = await watched();
  const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });
  const asked = ask(port, '/v1/responses', {
    method: 'POST',
    headers: { ...withKey, 'content-type': 'application/json' },
    body,
  });
  const response = await service.next();
  response.answer('Hel', 'lo');
  const { text } = await asked;
  const [read, begun, ...written] = views;
  expect(read).toMatchObject(['request.read', { endpoint: 'responses' }]);
  expect(begun).toMatchObject(['answer.begun', { status: 200 }]);
  const bytes = written.map(([, told]) => ('bytes' in told ? told.bytes : ''));
  expect(bytes.join('')).toBe(text);
  expect(text).toContain('[DONE]');
  views.length = 0;
  const refused = await ask(port, '/v1/nothing', { headers: withKey });
  expect(views.map(([, told]) => told)).toMatchObject([{ status: 404 }, { bytes: refused.text }]);
});

test('of a client that leaves while its body is decoded, nothing is told after its end', async () => {
  const { port, heard, views, over, service } = await watched();
  const headers = { ...withKey, 'content-type': 'application/json', 'content-encoding': 'gzip' };
  const body = gzipSync(JSON.stringify({ model: 'codex-5', input: 'x'.repeat(900_000) }));
  const length = { 'content-length': String(body.length) };
  new RawConnection(port).request('POST', '/v1/responses', { ...headers, ...length }).socket.end(body);
  await expect.poll(over).toMatchObject([{ by: 'client' }]);
  // As much work, begun later.
  const asked = ask(port, '/v1/responses', { method: 'POST', headers, body });
  (await service.next()).answer('x');
  await asked;
  expect(views.flatMap(([name, told]) => (name === 'request.read' ? [told.request] : []))).toEqual([over()[1]?.id]);
  expect(heard.slice(0, 3).map(([name]) => name)).toEqual(['request.begun', 'answer.accounted', 'request.over']);
});
