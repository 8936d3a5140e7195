/** Clients that ask on and on over one connection and read none of the answers. What the gateway may hold for them is bounded. */

import { afterEach, describe, expect, it } from 'vitest';
import type { Diagnostics } from '../actors/diagnostics.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { ClientSocket } from '../testkit/world/client-socket.ts';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { jsonAnswer } from './answer.ts';
import { Exchange } from './exchange.ts';
import type { ExchangeHouse } from './exchange-facts.ts';
import type { RequestHead } from './request-head.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import type { HttpHappenings } from './happenings.ts';
import { limits } from './limits.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();

/** More than kernels keep of their answers. */
const requests = 60_000;

type End = HttpHappenings['request.over'];

const started = async () => {
  const ends: End[] = [];
  const served = Promise.withResolvers<void>();
  const diagnostics: Diagnostics<HttpHappenings> = {
    watched: () => true,
    publish: (name, happening) => {
      if (name === 'request.over') ends.push(happening as End);
      if (ends.length === requests) served.resolve();
    },
  };
  const parts = { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint, diagnostics };
  return { ...(await startFront(parts)), ends, served: served.promise };
};

/** Sends them all, and reads nothing until the gateway has served them all or has had enough. */
const flood = async (front: Awaited<ReturnType<typeof started>>, request: string) => {
  const connection = new RawConnection(front.port);
  connection.socket.pause();
  const isCut = Promise.withResolvers<void>();
  // Of a socket that is not read the end shows at a write only.
  connection.socket.on('error', () => isCut.resolve());
  connection.send(request.repeat(requests));
  const nudge = setInterval(() => connection.send('\r\n'), 5);
  await Promise.race([front.served, isCut.promise, connection.closed]);
  clearInterval(nudge);
  connection.leave();
};

const headOf = (method: string, path: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;
const key = `authorization: ${withKey.authorization}\r\n`;

afterEach(closeFronts);

describe('a client that does not read what it asks for is cut off, and nobody else is', () => {
  it.each([
    ['models', headOf('GET', '/v1/models')],
    ['a sign of life', headOf('GET', '/livez')],
    ['readiness, which is told later', headOf('GET', '/readyz', key)],
    ['an unknown path', headOf('GET', '/nope')],
    ['no key', headOf('GET', '/v1/responses/resp_1')],
    ['no key, and a body', `${headOf('POST', '/v1/responses', 'content-length: 2\r\n')}{}`],
  ])('%s', async (_, request) => {
    const front = await started();
    await flood(front, request);
    expect(front.ends.length).toBeLessThan(requests);
    expect(front.journal.events).toEqual(['client_too_slow']);
    expect((await ask(front.port, '/livez')).status).toBe(200);
    expect(front.server.active).toBe(0);
  });

  it.each([
    ['no key, and a body', `${headOf('POST', '/v1/responses', 'content-length: 2\r\nconnection: close\r\n')}{}`],
    ['a WebSocket', headOf('GET', '/v1/responses', 'upgrade: websocket\r\nconnection: upgrade\r\n')],
  ])('%s, and the end: what came in one piece may be answered before that', async (_, request) => {
    const front = await started();
    await flood(front, request);
    expect(front.ends.length).toBeLessThan(requests);
    expect((await ask(front.port, '/livez')).status).toBe(200);
    expect(front.server.active).toBe(0);
  });
});

describe('answers without a body, of which nothing tells whether they are taken', () => {
  it.each(['HEAD', 'OPTIONS'])(
    'the connection of a client that reads none of %s ends with one of them',
    async (method) => {
      const front = await started();
      await flood(front, headOf(method, '/v1/models'));
      expect(front.ends.length).toBe(limits.answersBodiless);
      expect((await ask(front.port, '/livez')).status).toBe(200);
      expect([front.server.active, front.journal.events]).toEqual([0, []]);
    },
  );

  it.each([
    ['HEAD', ''],
    ['OPTIONS', ''],
    ['OPTIONS', 'xy'],
  ])('whoever reads them gets the last one of %s whole, and is told that it is the last', async (method, body) => {
    const front = await started();
    const connection = new RawConnection(front.port);
    for (let count = 1; count <= limits.answersBodiless; count += 1) {
      connection.received = '';
      connection.request(method, '/v1/models', {}, body);
      await connection.until('\r\n\r\n');
      if (count < limits.answersBodiless) expect(connection.received).not.toContain('connection: close');
    }
    await connection.closed;
    const [, head] = /^HTTP\/1\.1 20[04] [^\r]*\r\n([^]*)\r\n\r\n$/.exec(connection.received) ?? [];
    const names = (head ?? '').split('\r\n').map((line) => line.split(':')[0]?.toLowerCase());
    expect(names).toEqual([...new Set(names)]);
    for (const name of ['connection', 'date', 'x-request-id']) expect(names).toContain(name);
    expect(front.ends.at(-1)).toMatchObject({ by: 'answer' });
  });
});

const houseOf = (told: string[], isAsked = false, closing = false): ExchangeHouse => ({
  now: () => 0,
  closing: () => closing,
  leftSending: () => void told.push('left'),
  tooSlow: () => void told.push('slow'),
  isAsked: () => isAsked,
  isLast: () => false,
  over: () => void told.push('over'),
  failed: (error) => {
    throw error;
  },
});

describe('an answer for which the system has no room is over, and its connection is cut', () => {
  const answered = (roomBytes: number, { isAsked = false, header = '', closing = false } = {}) => {
    const [socket, told] = [new ClientSocket(new VirtualClock()), [] as string[]];
    socket.block(roomBytes);
    const head = { method: header === '' ? 'GET' : 'POST', header: () => header } as unknown as RequestHead;
    const house = houseOf(told, isAsked, closing);
    const exchange = new Exchange(socket, { id: 'req_1', startedAt: 0, house, head, cors: [] });
    exchange.onOver(({ by }) => told.push(by));
    exchange.answer(jsonAnswer(200, '"äöü"'));
    exchange.attend();
    exchange.answer(jsonAnswer(500, 'another'));
    expect([exchange.over, socket.misuses]).toEqual([true, []]);
    return { told, socket };
  };

  it.each([
    ['one that is asked', { isAsked: true }],
    ['one to a client that closes behind its body', { header: 'close' }],
  ])('%s', (_, how) => {
    const { told, socket } = answered(5, how);
    expect([socket.cut, told]).toEqual([true, ['over', 'answer', 'slow']]);
    const read = answered(100, how);
    expect([read.socket.cut, read.told, read.socket.body.toString()]).toEqual([false, ['over', 'answer'], '"äöü"']);
  });

  it.each([
    ['one of the others', {}],
    ['one that is the last of its connection', { isAsked: true, closing: true }],
  ])('%s waits', (_, how) => {
    const { told, socket } = answered(5, how);
    expect([socket.cut, told]).toEqual([false, ['over', 'answer']]);
    socket.read();
    expect([socket.complete, socket.body.toString()]).toEqual([true, '"äöü"']);
  });
});

/** As long as somebody hears the body of a request, uWebSockets.js waits for it, and not for ten seconds (tried). */
it('behind a long answer, which its client may not take, no body is heard', () => {
  let hearers = 0;
  class Heard extends ClientSocket {
    override onData(): this {
      hearers += 1;
      return this;
    }
  }
  const head = { method: 'GET', header: () => '' } as unknown as RequestHead;
  const socket = new Heard(new VirtualClock());
  socket.block(5);
  const exchange = new Exchange(socket, { id: 'req_1', startedAt: 0, house: houseOf([]), head, cors: [] });
  exchange.answer(jsonAnswer(200, 'x'.repeat(limits.writeBytes)));
  exchange.attend();
  expect([exchange.over, hearers]).toEqual([false, 0]);
});
