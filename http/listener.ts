/**
 * The listening socket and its end. uWebSockets.js cannot close idle connections one by one, so closing goes in two steps:
 * no new connections, and with the last answer (or the deadline) all connections at once. Invariant: of more connections than may
 * be open the newest is closed before anything of it is read, so files are left for workers, and nobody's answer is lost.
 *
 * A socket that shares its port has a queue of its own, and the kernel resets what waits there when it closes (unless
 * `net.ipv4.tcp_migrate_req` is on). So it is closed right after a turn of the loop that was short and accepted nobody.
 */

import type { Clock } from '../actors/seams.ts';
import type { App, HttpRequest, HttpResponse, ListenSocket, Uws } from './uws-types.ts';

/** The queue cannot have been empty for longer than that before the socket closes; and so often it is tried. */
const quietTurnMs = 0.2;
const quietWithinMs = 1_000;

export interface ListenerOptions {
  readonly uws: Uws;
  readonly clock: Clock;
  /** False: several processes share the port. */
  readonly exclusive: boolean;
  /** What waits for this process when it closes its socket goes to another one on the port. */
  readonly migrates: boolean;
  readonly connectionsMax: number;
}

export interface Connections {
  readonly open: number;
  readonly refused: number;
}

export class Listener {
  readonly #uws: Uws;
  readonly #clock: Clock;
  readonly #exclusive: boolean;
  readonly #migrates: boolean;
  readonly #app: App;
  #socket: ListenSocket | null = null;
  #host = '';
  #active = 0;
  #closing: PromiseWithResolvers<void> | null = null;
  #closed = false;
  #retired = false;
  /** Its socket still listens, for a moment that is better. */
  #shutting = false;
  #connections = 0;
  #accepted = 0;
  #refused = 0;

  constructor({ uws, clock, exclusive, migrates, connectionsMax }: ListenerOptions) {
    this.#uws = uws;
    this.#clock = clock;
    this.#exclusive = exclusive;
    this.#migrates = migrates;
    this.#app = uws.App().filter((connection, change) => {
      this.#connections += change;
      if (change > 0) this.#accepted += 1;
      if (change < 0 || this.#connections <= connectionsMax) return;
      this.#refused += 1;
      connection.close();
    });
  }

  /** Open now, and those that were closed at once because there were too many. */
  get connections(): Connections {
    return { open: this.#connections, refused: this.#refused };
  }

  get host(): string {
    return this.#host;
  }

  get active(): number {
    return this.#active;
  }

  get closing(): boolean {
    return this.#retired;
  }

  /** `serve` must see to it that `release` is called once for every request. */
  onRequest(serve: (response: HttpResponse, request: HttpRequest) => void): void {
    this.#app.any('/*', (response, request) => {
      this.#active += 1;
      serve(response, request);
    });
  }

  /** A request was answered, or its client left. */
  release(): void {
    this.#active -= 1;
    // Not within the callback of the connection that is still writing its answer.
    if (this.#closing !== null && this.#active === 0) setImmediate(() => this.#closeWhenIdle());
  }

  listen(host: string, port: number): Promise<{ readonly port: number }> {
    const uws = this.#uws;
    const options = this.#exclusive ? uws.LIBUS_LISTEN_EXCLUSIVE_PORT : 0;
    this.#host = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    return new Promise((resolve, reject) => {
      this.#app.listen(this.#host, port, options, (socket) => {
        if (socket === false) {
          const reason = 'the port is in use by another process, or the address is not one of this machine';
          reject(new Error(`cannot listen on ${host}:${port}: ${reason}`));
          return;
        }
        this.#socket = socket;
        resolve({ port: uws.us_socket_local_port(socket) });
      });
    });
  }

  /** Takes no new connections; those that are open are served on, each until its next answer. */
  retire(): void {
    this.#retired = true;
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    const shut = (): void => this.#uws.us_listen_socket_close(socket);
    if (this.#exclusive || this.#migrates) shut();
    else this.#whenQuiet(shut, performance.now() + quietWithinMs);
  }

  close(forceAfterMs: number): Promise<void> {
    if (this.#closing !== null) return this.#closing.promise;
    this.#closing = Promise.withResolvers();
    this.retire();
    const cancel = this.#clock.schedule(forceAfterMs, () => this.#closeNow());
    void this.#closing.promise.then(cancel);
    this.#closeWhenIdle();
    return this.#closing.promise;
  }

  /** From one immediate to the next the loop polls once, and a poll accepts all that wait. */
  #whenQuiet(shut: () => void, latestAt: number): void {
    this.#shutting = true;
    const accepted = this.#accepted;
    const startedAt = performance.now();
    setImmediate(() => {
      // With the rest, its socket was closed.
      if (this.#closed) return;
      const now = performance.now();
      if ((this.#accepted !== accepted || now - startedAt >= quietTurnMs) && now < latestAt) {
        this.#whenQuiet(shut, latestAt);
        return;
      }
      shut();
      this.#shutting = false;
      if (this.#closing !== null) this.#closeWhenIdle();
    });
  }

  #closeWhenIdle(): void {
    if (this.#active === 0 && !this.#shutting) this.#closeNow();
  }

  #closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#app.close();
    this.#closing?.resolve();
  }
}
