import { afterEach, describe, expect, it } from 'vitest';
import { closeFronts, startFront } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

describe('connections', () => {
  it('beyond the limit are closed before anything of them is read; those that are open are served, and there is room when one ends', async () => {
    const { port, server } = await startFront(
      { createServer, uws, responses: responsesEndpoint, chat: chatEndpoint },
      { connectionsMax: 2 },
    );
    const [first, second] = [new RawConnection(port), new RawConnection(port)];
    for (const connection of [first, second]) {
      connection.request('GET', '/livez');
      await connection.until('"liveness"');
    }
    const third = new RawConnection(port).request('GET', '/livez');
    await third.closed;
    expect(third.received).toBe('');
    first.received = '';
    first.request('GET', '/livez');
    await first.until('"liveness"');
    first.leave();
    await first.closed;
    await expect.poll(async () => (await ask(port, '/livez').catch(() => null))?.status).toBe(200);
    expect(server.active).toBe(0);
    second.leave();
  });
});
