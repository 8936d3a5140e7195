import { afterEach, describe, expect, it } from 'vitest';
import { closeFronts, startFront } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { Listener } from './listener.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
afterEach(closeFronts);

describe('the socket of a port that is shared', () => {
  const retired = async (migrates: boolean): Promise<() => number> => {
    let shut = 0;
    const us_listen_socket_close = (socket: Parameters<typeof uws.us_listen_socket_close>[0]): void => {
      shut += 1;
      uws.us_listen_socket_close(socket);
    };
    const clock = new VirtualClock();
    const watched = { ...uws, us_listen_socket_close };
    const listener = new Listener({ uws: watched, clock, exclusive: false, migrates, connectionsMax: 9 });
    await listener.listen('127.0.0.1', 0);
    listener.retire();
    return () => shut;
  };

  it('is closed at once where the kernel gives to others what waits for it', async () => {
    expect((await retired(true))()).toBe(1);
  });

  it('is closed after a turn that brought nobody where it does not', async () => {
    const shut = await retired(false);
    expect(shut()).toBe(0);
    await expect.poll(shut).toBe(1);
  });
});

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
