import { afterEach, expect, it } from 'vitest';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';
import { type RunningFront, startFront } from '../testkit/front-end.ts';
import { RawConnection } from '../testkit/raw-client.ts';

const { uws } = loadUws();
let front: RunningFront;

afterEach(async () => {
  const closed = front.server.close(1);
  front.clock.advance(1);
  await closed;
});

it('lets a client that wants its connection closed send its whole body after it was refused', async () => {
  front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint });
  const bytes = 4_000_000;
  const errors: string[] = [];
  const connection = new RawConnection(front.port);
  connection.socket.on('error', (error) => errors.push(error.message));
  connection.request('POST', '/v1/responses', { connection: 'close', 'content-length': String(bytes) });
  connection.send('x'.repeat(bytes / 2));
  expect(await connection.until('invalid_api_key')).toMatch(/^HTTP\/1\.1 401 /);
  connection.send('x'.repeat(bytes / 2));
  await connection.closed;
  expect(connection.received).toMatch(/\r\n0\r\n\r\n$/);
  expect(errors).toEqual([]);
});

it('serves the next request of a connection behind a body that came after its refusal', async () => {
  front = await startFront({ createServer, uws, responses: responsesEndpoint, chat: chatEndpoint });
  const connection = new RawConnection(front.port);
  for (const bytes of [1_000, 60_000]) {
    connection.request('POST', '/v1/responses', { 'content-length': String(bytes) });
    expect(await connection.until('invalid_api_key')).toMatch(/^HTTP\/1\.1 401 /);
    connection.send('GET /wrong HTTP/1.1\r\n'.padEnd(bytes / 2, 'x'));
    connection.send('y'.repeat(bytes / 2));
    connection.request('GET', '/livez');
    expect(await connection.until('"liveness"')).not.toContain('/wrong');
    connection.received = '';
  }
});
