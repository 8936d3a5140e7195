import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { StreamClient } from './stream-client.ts';

// Found by `http/chaos.e2e.ts`: an answer that is over has no socket.
test('pausing and going on with an answer that is over does no harm', async () => {
  const server = createServer((_, response) => void response.end('all')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new StreamClient({ port: (server.address() as AddressInfo).port, path: '/', body: {} });
  expect((await client.done).text).toBe('all');
  client.pause();
  client.resume();
  server.close();
});
