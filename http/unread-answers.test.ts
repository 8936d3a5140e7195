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

describe('a client that does not read what it asks for is cut off at an answer that waits, and nobody else is', () => {
  it.each([
    ['models', headOf('GET', '/v1/models')],
    ['a sign of life', headOf('GET', '/livez')],
    ['readiness, which is told later', headOf('GET', '/readyz', key)],
    ['an unknown path', headOf('GET', '/nope')],
    ['no key', headOf('GET', '/v1/responses/resp_1')],
    ['no key, and a body', `${headOf('POST', '/v1/responses', 'content-length: 2\r\n')}{}`],
    [
      'no key, and a body, and the end',
      `${headOf('POST', '/v1/responses', 'content-length: 2\r\nconnection: close\r\n')}{}`,
    ],
    ['a WebSocket', headOf('GET', '/v1/responses', 'upgrade: websocket\r\nconnection: upgrade\r\n')],
  ])('%s', async (_, request) => {
    const front = await started();
    await flood(front, request);
    const ends = [...front.ends];
    expect(ends.length).toBeLessThan(requests);
    const cut = ends.filter(({ by }) => by === 'client');
    expect(cut.length).toBeLessThanOrEqual(1);
    expect(front.journal.events).toEqual(cut.map(() => 'client_too_slow'));
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

it('an answer that waits is over when the client has taken all of it', () => {
  const [clock, ends] = [new VirtualClock(), [] as unknown[]];
  const socket = new ClientSocket(clock);
  socket.block(5);
  const head = { method: 'GET', header: () => '' } as unknown as RequestHead;
  const house = {
    now: () => 0,
    closing: () => false,
    over: () => {},
    isAsked: () => true,
    isLast: () => false,
  } as unknown as ExchangeHouse;
  const exchange = new Exchange(socket, { id: 'req_1', startedAt: 0, house, head, cors: [] });
  exchange.onOver((end) => ends.push(end.by));
  exchange.answer(jsonAnswer(200, '"äöü"'));
  exchange.attend();
  exchange.answer(jsonAnswer(500, 'another'));
  expect([exchange.over, exchange.committed, ends]).toEqual([false, true, []]);
  socket.read();
  expect([socket.complete, socket.status, socket.body.toString()]).toEqual([true, 200, '"äöü"']);
  expect([exchange.over, ends, socket.misuses]).toEqual([true, ['answer'], []]);
});
