import { afterEach, describe, expect, it } from 'vitest';
import type { Endpoint } from './endpoint.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
afterEach(closeFronts);

async function post(path: '/v1/responses' | '/v1/chat/completions', responses: Endpoint = responsesEndpoint) {
  const front = await startFront({ createServer, uws, responses, chat: chatEndpoint });
  const opened = front.service.next();
  const input = path === '/v1/responses' ? { input: 'hi' } : { messages: [{ role: 'user', content: 'hi' }] };
  const client = new RawConnection(front.port);
  client.request('POST', path, withKey, JSON.stringify({ model: 'codex-5', ...input }));
  return { ...front, client, response: await opened };
}

describe('a whole answer', () => {
  it('comes as one JSON body when the log ends', async () => {
    const { client, response, clock } = await post('/v1/responses');
    expect(response.request.streaming).toBe(false);
    response.answer('Hello');
    const text = await client.until('"status":"completed"');
    expect(text).toMatch(
      /^HTTP\/1\.1 200 OK\r\ncontent-type: application\/json; charset=utf-8\r\ncache-control: no-store\r\n/,
    );
    await response.left;
    expect(clock.pending).toBe(0);
  });

  it.each([
    ['small', 'one', '"content":"one"'],
    ['large', 'x'.repeat(100_000), 'x"'],
  ])('keeps the connection for the next request when it is %s', async (_, answer, end) => {
    const { client, response, service } = await post('/v1/chat/completions');
    response.answer(answer);
    await client.until(end);
    const opened = service.next();
    const body = JSON.stringify({ model: 'codex-5', messages: [{ role: 'user', content: 'again' }] });
    client.request('POST', '/v1/chat/completions', withKey, body);
    (await opened).answer('two');
    await client.until('"content":"two"');
    client.leave();
  });

  it('is the error of the catalogue when the response failed', async () => {
    const { client, response } = await post('/v1/chat/completions');
    response.fail({ code: 'insufficient_quota', retryAfterMs: 3_600_000 });
    const text = await client.until('"code":"insufficient_quota"');
    expect(text).toMatch(/^HTTP\/1\.1 429 /);
    expect(text).toContain('x-should-retry: false\r\nretry-after: 3600\r\nretry-after-ms: 3600000\r\n');
  });

  it('says where to sign in when the turn found nobody signed in', async () => {
    const { client, response, service } = await post('/v1/responses');
    const offer = { loginId: 'login-1', url: 'https://auth.example/device', code: 'ABCD-1234' };
    service.state = { state: 'signedOut', offer };
    response.fail({ code: 'signed_out' });
    expect(await client.until('"verification_url":"https://auth.example/device"')).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('ends the reading when the client leaves', async () => {
    const { client, response, journal, clock } = await post('/v1/responses');
    client.leave();
    await response.left;
    expect([journal.events, clock.pending]).toEqual([['client_gone'], 0]);
  });

  it('is 500 when its projection fails', async () => {
    const broken: Endpoint = {
      ...responsesEndpoint,
      body: () => {
        throw new Error('bug');
      },
    };
    const { client, response, journal } = await post('/v1/responses', broken);
    response.answer('x');
    expect(await client.until('"code":"internal_error"')).toMatch(/^HTTP\/1\.1 500 /);
    const line = journal.lines.find(({ event }) => event === 'projection_failed');
    // Where it happened, and not the message, which may quote an answer.
    expect(line?.facts['reason']).toMatch(/^Error at .*whole-reader\.test\.ts/);
  });
});

describe('a long wait', () => {
  it('is bridged with blanks before the JSON', async () => {
    const { client, response, clock } = await post('/v1/chat/completions');
    clock.advance(60_000);
    clock.advance(15_000);
    response.answer('late');
    const text = await client.until('0\r\n\r\n');
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
    expect(head).toMatch(/^HTTP\/1\.1 200 OK/);
    const json = body
      .split('\r\n')
      .filter((_, line) => line % 2 === 1)
      .join('');
    expect(json).toMatch(/^\n\n\{/);
    expect(JSON.parse(json)).toMatchObject({ object: 'chat.completion' });
  });

  it('that ends in failure is told in the body of a response', async () => {
    const { client, response, clock } = await post('/v1/responses');
    clock.advance(60_000);
    response.write((log) => log.begin());
    response.fail({ code: 'upstream_error' });
    const text = await client.until('0\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    expect(text).toContain('"status":"failed"');
  });

  it('that ends in failure is a reset on chat, which has no words for it', async () => {
    const { client, response, clock } = await post('/v1/chat/completions');
    clock.advance(60_000);
    await client.until('\r\n\r\n1\r\n\n');
    response.fail({ code: 'upstream_error' });
    await client.closed;
    expect(client.received).not.toContain('\r\n0\r\n');
  });
});

describe('a client that reads a long answer slowly', () => {
  const long = 'word '.repeat(4_000_000);

  it.each([
    ['whole', 0],
    ['after blanks', 60_000],
  ])('gets all of it while the server closes (%s)', async (_, waitedMs) => {
    const { client, response, server, clock } = await post('/v1/chat/completions');
    clock.advance(waitedMs);
    if (waitedMs > 0) await client.until('\r\n\r\n1\r\n\n');
    client.socket.pause();
    response.answer(long);
    await response.left;
    expect(server.active).toBe(1);
    const closed = server.close(1_000);
    const text = await client.rest();
    await closed;
    expect(clock.pending).toBe(0);
    const [head = '', body = ''] = text.split(/\r\n\r\n(.*)/s);
    if (waitedMs === 0) {
      expect(head).toContain(`Content-Length: ${body.length}`);
      expect(JSON.parse(body)).toMatchObject({ choices: [{ message: { content: long } }] });
    } else expect(body).toMatch(/\}\r\n0\r\n\r\n$/);
  });

  it('is told when the time of the server is up', async () => {
    const { client, response, server, clock, journal } = await post('/v1/responses');
    client.socket.pause();
    response.answer(long);
    const closed = server.close(1_000);
    clock.advance(1_000);
    await closed;
    expect(journal.events).toEqual(['client_too_slow']);
    expect((await client.rest()).length).toBeLessThan(long.length);
  });
});
