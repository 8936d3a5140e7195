import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectionsMigrate, takePort } from './shared-port.ts';

/** A server on a free port. */
const listening = async (reusePort: boolean) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0, reusePort }, resolve));
  const { port } = server.address() as AddressInfo;
  return { port, end: () => new Promise((resolve) => server.close(resolve)) };
};

test.for([false, true])('a port that somebody listens on, shared: %s, is refused', async (reusePort) => {
  const { port, end } = await listening(reusePort);
  await expect(takePort('127.0.0.1', port)).rejects.toThrow('in use by another process');
  await end();
});

test('a port that is free is left free to listen on, and is nobody else’s from then on', async () => {
  const { port, end } = await listening(false);
  await end();
  const asked = await Promise.allSettled([takePort('127.0.0.1', port), takePort('127.0.0.1', port)]);
  expect(asked.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port }, resolve));
  await new Promise((resolve) => server.close(resolve));
  // Though nobody listens now.
  await expect(takePort('127.0.0.1', port)).rejects.toThrow('in use by another process');
  // That is another address, which somebody else may use.
  expect((await takePort('127.0.0.2', port)).port).toBe(port);
});

test('however long the name of an address, another port of it is free', async () => {
  const host = `${'0'.repeat(90)}177.0.0.1`;
  for (let time = 0; time < 2; time += 1) {
    const { port, end } = await listening(false);
    await end();
    expect((await takePort(host, port)).port).toBe(port);
    await expect(takePort(host, port)).rejects.toThrow('in use by another process');
  }
});

test('a port that the system chooses is kept until it is released, for those who share it', async () => {
  const taken = await takePort('127.0.0.1', 0);
  await expect(takePort('127.0.0.1', taken.port)).rejects.toThrow('in use');
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen({ host: '127.0.0.1', port: taken.port, reusePort: true }, resolve);
  });
  taken.release();
  await new Promise((resolve) => server.close(resolve));
});

test('an address of another machine is refused', async () => {
  await expect(takePort('192.0.2.1', 0)).rejects.toThrow('not one of this machine');
});

test('whether waiting connections migrate is what the kernel says', () => {
  expect(connectionsMigrate(() => '1\n')).toBe(true);
  expect(connectionsMigrate(() => '0\n')).toBe(false);
  const absent = (): string => {
    throw new Error('ENOENT');
  };
  expect(connectionsMigrate(absent)).toBe(null);
});
