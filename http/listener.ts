/**
 * The listening socket and its end. uWebSockets.js cannot close idle connections one by one, so closing goes in two steps:
 * no new connections, and with the last answer (or the deadline) all connections at once. Invariant: of more connections than may
 * be open the newest is closed before anything of it is read, so files are left for workers, and nobody's answer is lost.
 *
 * A socket that shares its port has a queue of its own, and the kernel resets what waits there when it closes (unless
 * `net.ipv4.tcp_migrate_req` is on). So it is closed right after a turn of the loop that was short and accepted nobody.
 *
 * Such a socket may stand in front or behind (`standing.ts`). Invariant: a port that was listened on is, until this retires.
 */

import type { Clock } from '../actors/seams.ts';
import { behind, type Place } from './standing.ts';
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
  #front: ListenSocket | null = null;
  /** Once it is there it stays: nothing comes to it as long as anybody is in front. */
  #back: ListenSocket | null = null;
  #host = '';
  #port = 0;
  #active = 0;
  #closing: PromiseWithResolvers<void> | null = null;
  #closed = false;
  #retired = false;
  #aside = false;
  /** Sockets that still listen, each for a moment that is better. */
  #shutting = 0;
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

  /** Each answer is the last one of its connection: whoever comes again is to come to somebody else. */
  get closing(): boolean {
    return this.#retired || this.#aside;
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
    this.#host = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
    this.#front = this.#open(this.#host, port);
    if (this.#front === null) {
      const reason = 'the port is in use by another process, or the address is not one of this machine';
      return Promise.reject(new Error(`cannot listen on ${host}:${port}: ${reason}`));
    }
    this.#port = this.#uws.us_socket_local_port(this.#front);
    return Promise.resolve({ port: this.#port });
  }

  /** Of a shared port. False: it stays where it is, because there is no such place, or no socket for it now. */
  stand(place: Place): boolean {
    if (this.#exclusive || this.#retired) return false;
    if (this.#aside === (place === 'back')) return true;
    return place === 'back' ? this.#stepAside() : this.#comeBack();
  }

  #stepAside(): boolean {
    const host = behind(this.#host);
    if (host !== null) this.#back ??= this.#open(host, this.#port);
    const front = this.#front;
    if (this.#back === null || front === null) return false;
    [this.#front, this.#aside] = [null, true];
    // Others in front may get what waits for it, or there are none.
    this.#shutWhenQuiet([front]);
    return true;
  }

  #comeBack(): boolean {
    this.#front = this.#open(this.#host, this.#port);
    this.#aside = this.#front === null;
    return !this.#aside;
  }

  /** uWebSockets.js calls back before it returns. */
  #open(host: string, port: number): ListenSocket | null {
    const opened: ListenSocket[] = [];
    const options = this.#exclusive ? this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT : 0;
    this.#app.listen(host, port, options, (socket) => void (socket !== false && opened.push(socket)));
    return opened[0] ?? null;
  }

  /** Takes no new connections; those that are open are served on, each until its next answer. */
  retire(): void {
    this.#retired = true;
    const sockets = [this.#front, this.#back].filter((socket) => socket !== null);
    [this.#front, this.#back] = [null, null];
    if (this.#exclusive || this.#migrates) this.#shut(sockets);
    else this.#shutWhenQuiet(sockets);
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

  #shut(sockets: readonly ListenSocket[]): void {
    for (const socket of sockets) this.#uws.us_listen_socket_close(socket);
  }

  #shutWhenQuiet(sockets: readonly ListenSocket[]): void {
    if (sockets.length === 0) return;
    this.#shutting += 1;
    this.#whenQuiet(performance.now() + quietWithinMs, () => {
      this.#shut(sockets);
      this.#shutting -= 1;
      if (this.#closing !== null) this.#closeWhenIdle();
    });
  }

  /** From one immediate to the next the loop polls once, and a poll accepts all that wait. */
  #whenQuiet(latestAt: number, act: () => void): void {
    const accepted = this.#accepted;
    const startedAt = performance.now();
    setImmediate(() => {
      // With the rest, its socket was closed.
      if (this.#closed) return;
      const now = performance.now();
      const isQuiet = this.#accepted === accepted && now - startedAt < quietTurnMs;
      if (isQuiet || now >= latestAt) act();
      else this.#whenQuiet(latestAt, act);
    });
  }

  #closeWhenIdle(): void {
    if (this.#active === 0 && this.#shutting === 0) this.#closeNow();
  }

  #closeNow(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#app.close();
    this.#closing?.resolve();
  }
}
