import { afterEach, expect, test } from 'vitest';
import { closeFronts, startFront, withKey } from '../testkit/front-end.ts';
import { completed, end, write } from '../testkit/log-examples.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { type Lag, Readers } from './readers.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

test('the lag is that of those who read now', () => {
  const readers = new Readers();
  expect(readers.lag()).toEqual({ blocked: 0, bytes: 0, bytesMax: 0 });
  const id = readers.enter({ blocked: true, lagBytes: 300 });
  readers.enter({ blocked: false, lagBytes: 20 });
  expect(readers.lag()).toEqual({ blocked: 1, bytes: 320, bytesMax: 300 });
  readers.leave(id);
  readers.leave(id);
  expect(readers.lag()).toEqual({ blocked: 0, bytes: 20, bytesMax: 20 });
});

test('P-193 a client that takes nothing is seen in the metrics until it has taken all', async () => {
  const front = await startFront(
    {
      createServer,
      uws,
      responses: responsesEndpoint,
      chat: chatEndpoint,
      metrics: { page: ({ lag }) => Promise.resolve(JSON.stringify(lag)) },
    },
    { metrics: { enabled: true, open: true, local: true, token: undefined } },
  );
  const lag = async (): Promise<Lag> => JSON.parse((await ask(front.port, '/metrics')).text);
  const opened = front.service.next();
  const body = JSON.stringify({ model: 'codex-5', input: 'hi', stream: true });
  const headers = { ...withKey, connection: 'close' };
  const client = new RawConnection(front.port).request('POST', '/v1/responses', headers, body);
  const response = await opened;
  client.socket.pause();
  response.write((log) => {
    log.begin();
    write(log, 'msg_1', ['x']);
  });
  expect(await lag()).toEqual({ blocked: 0, bytes: 0, bytesMax: 0 });
  const part = response.log.items[0]?.parts[0];
  const item = response.log.items[0];
  if (part === undefined || item === undefined) throw new Error('no part');
  // The kernel takes some megabytes before it has enough.
  while ((await lag()).blocked === 0)
    response.write((log) => {
      for (let count = 0; count < 1_000; count += 1) log.append(part, 'x'.repeat(1_000));
    });
  const { blocked, bytes, bytesMax } = await lag();
  expect([blocked, bytesMax]).toEqual([1, bytes]);
  expect(bytes).toBeGreaterThan(0);
  response.write((log) => {
    log.closePart(part);
    log.closeItem(item);
    end(log, completed, null);
  });
  await client.rest();
  expect(await lag()).toEqual({ blocked: 0, bytes: 0, bytesMax: 0 });
});
