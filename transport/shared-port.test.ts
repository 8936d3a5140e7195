import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { connectionsMigrate, takePort } from './shared-port.ts';

test('a port that somebody listens on is refused, shared or not, and one that is free is left free', async () => {
  for (const reusePort of [false, true]) {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen({ host: '127.0.0.1', port: 0, reusePort }, resolve));
    const { port } = server.address() as AddressInfo;
    await expect(takePort('127.0.0.1', port)).rejects.toThrow('in use by another process');
    await new Promise((resolve) => server.close(resolve));
    for (let time = 0; time < 2; time += 1) expect((await takePort('127.0.0.1', port)).port).toBe(port);
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
