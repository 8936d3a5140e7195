/** What has to hold of a port that several processes share. */

import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
import process from 'node:process';

export interface TakenPort {
  readonly port: number;
  /** Somebody else listens on it by now. */
  readonly release: () => void;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

const listen = ({ host, port }: Place, options: ListenOptions): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer((connection) => connection.destroy());
    server.once('error', () => {
      const reason = 'the port is in use by another process, or the address is not one of this machine';
      reject(new Error(`cannot listen on ${host}:${port}: ${reason}`));
    });
    server.listen(options, () => resolve(server));
  });

/**
 * Says to other parents of nodes that this one has the port, as long as it lives, also while none of its nodes listens there. An
 * abstract name of the network namespace, as the port is: nothing is left behind, whatever ends the process. Linux only; elsewhere two
 * that start within the same second may share a port.
 */
const claim = async (place: Place): Promise<void> => {
  if (process.platform !== 'linux') return;
  // The port first: the system cuts a name that is too long.
  const server = await listen(place, { path: `\0codex-actors/port/${place.port}/${place.host}` });
  server.unref();
};

/**
 * A port that is nobody else's. Sharing it would be granted to a second gateway of the same user, too, which would take half of the
 * connections: so it is claimed, and tried as the only one first. 0 takes a free one, and keeps it until it is released. Rejects with
 * what is wrong.
 */
export const takePort = async (host: string, port: number): Promise<TakenPort> => {
  const place = { host: host.replace(/^\[(.*)\]$/u, '$1'), port };
  if (port === 0) {
    const server = await listen(place, { ...place, reusePort: true });
    return { port: (server.address() as AddressInfo).port, release: () => void server.close() };
  }
  await claim(place);
  const server = await listen(place, { ...place, exclusive: true });
  await new Promise((resolve) => server.close(resolve));
  return { port, release: () => {} };
};

const migration = '/proc/sys/net/ipv4/tcp_migrate_req';

/**
 * Whether the kernel gives what waits for a process that closes its socket to another one on the port, instead of resetting it; null:
 * it does not say.
 */
export const connectionsMigrate = (
  read: (path: string) => string = (path) => readFileSync(path, 'utf8'),
): boolean | null => {
  try {
    return read(migration).trim() === '1';
  } catch {
    return null;
  }
};

export const migrationRemedy = 'set net.ipv4.tcp_migrate_req=1 (sysctl, Linux 5.14) where the gateway runs';
