import { afterEach, beforeEach, describe, expect, it, onTestFinished, test } from 'vitest';
import { closeFronts, startFront } from '../testkit/front-end.ts';
import { ask, RawConnection } from '../testkit/raw-client.ts';
import { knowsPlaces, listenersInFront } from '../testkit/shared-port/places.ts';
import { VirtualClock } from '../testkit/virtual-clock.ts';
import { type TakenPort, takePort } from '../transport/shared-port.ts';
import { chatEndpoint, responsesEndpoint } from './endpoints.ts';
import { Listener } from './listener.ts';
import { createServer } from './server.ts';
import { loadUws } from './uws.ts';

const { uws } = loadUws();
const systemKnowsPlaces = await knowsPlaces();

/** Sockets go out of service in a moment that is quiet. */
const shut = (port: number, count: number) => expect.poll(() => listenersInFront(port)).toBe(count);
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

describe('a node that shares its port', () => {
  const places = test.skipIf(!systemKnowsPlaces);

  /** As a parent has taken it for them: with a port that it chooses itself uWebSockets.js shares none. */
  let taken: TakenPort;
  beforeEach(async () => {
    taken = await takePort('127.0.0.1', 0);
  });

  const node = async () => {
    const listener = new Listener({
      uws,
      clock: new VirtualClock(),
      exclusive: false,
      migrates: false,
      connectionsMax: 99,
    });
    let served = 0;
    listener.onRequest((response) => {
      served += 1;
      response.end('');
      listener.release();
    });
    onTestFinished(() => listener.close(0));
    const { port } = await listener.listen('127.0.0.1', taken.port);
    return { listener, port, served: () => served };
  };
  const come = async (port: number, count = 24): Promise<void> => {
    for (let one = 0; one < count; one += 1) expect((await ask(port, '/')).status).toBe(200);
  };

  places('gets no connection behind as long as another one is in front, and all of them when none is', async () => {
    const { listener: a, port, served: ofA } = await node();
    const { listener: b, served: ofB } = await node();
    taken.release();
    await shut(port, 2);
    expect([a.stand('back'), a.stand('back'), a.closing, b.closing]).toEqual([true, true, true, false]);
    await shut(port, 1);
    await come(port);
    expect([ofA(), ofB()]).toEqual([0, 24]);
    expect(b.stand('back')).toBe(true);
    await shut(port, 0);
    await come(port);
    expect(ofA() + ofB()).toBe(48);
    expect(a.stand('front')).toBe(true);
    const before = ofB();
    await come(port);
    expect([a.closing, ofB()]).toEqual([false, before]);
  });

  places('is never away from it, however it moves', async () => {
    const { listener, port } = await node();
    taken.release();
    await shut(port, 1);
    let moves = 0;
    const moving = setInterval(() => void (moves += Number(listener.stand(listener.closing ? 'front' : 'back'))), 1);
    onTestFinished(() => clearInterval(moving));
    // A connection that waits when its socket closes may be reset; to be refused there must be nobody.
    for (let one = 0; one < 100; one += 1) {
      const outcome = await ask(port, '/').then(
        () => 'answered',
        (error: NodeJS.ErrnoException) => error.code,
      );
      expect(outcome).not.toBe('ECONNREFUSED');
    }
    expect(moves).toBeGreaterThan(0);
  });

  places('leaves it from both places', async () => {
    const { listener, port } = await node();
    taken.release();
    expect(listener.stand('back')).toBe(true);
    await shut(port, 0);
    expect((await ask(port, '/')).status).toBe(200);
    listener.retire();
    expect(listener.stand('front')).toBe(false);
    await expect.poll(() => ask(port, '/').catch((error: NodeJS.ErrnoException) => error.code)).toBe('ECONNREFUSED');
  });

  it('stays in front of a port that it does not share', async () => {
    const listener = new Listener({
      uws,
      clock: new VirtualClock(),
      exclusive: true,
      migrates: false,
      connectionsMax: 9,
    });
    await listener.listen('127.0.0.1', 0);
    expect([listener.stand('back'), listener.closing]).toEqual([false, false]);
    await listener.close(0);
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
