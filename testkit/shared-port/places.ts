/** Whether this system knows the two places of `http/standing.ts`: who is behind gets no connection while somebody is in front. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';

const tries = 16;

const listening = async (host: string, port: number): Promise<Server> => {
  const server = createServer((connection) => connection.destroy());
  server.listen({ host, port, reusePort: true });
  await once(server, 'listening');
  return server;
};

const comeAndGo = async (port: number): Promise<void> => {
  const connection = connect(port, '127.0.0.1').resume();
  await once(connection, 'close');
};

export const knowsPlaces = async (): Promise<boolean> => {
  const servers: Server[] = [];
  try {
    const front = await listening('127.0.0.1', 0);
    servers.push(front);
    const { port } = front.address() as AddressInfo;
    const back = await listening('::ffff:127.0.0.1', port);
    servers.push(back);
    let behind = 0;
    back.on('connection', () => void (behind += 1));
    for (let come = 0; come < tries; come += 1) await comeAndGo(port);
    return behind === 0;
  } catch {
    return false;
  } finally {
    for (const server of servers) server.close();
  }
};

/** Sockets of IPv4 that listen on that port: those in front. */
export const listenersInFront = (port: number): number => {
  const isOne = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A `);
  const sockets = readFileSync('/proc/net/tcp', 'latin1').split('\n');
  return sockets.filter((line) => isOne.test(line)).length;
};
