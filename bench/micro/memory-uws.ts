/** The part of uWebSockets.js that the gateway uses, without sockets: requests come from the bench, and what is written is counted. */

import type { App, HttpRequest, HttpResponse, Uws } from '../../http/uws-types.ts';

const loopback = new Uint8Array([127, 0, 0, 1]).buffer;

/** One answer. It takes everything at once unless it is blocked, and keeps nothing but sizes. */
export class MemoryResponse implements HttpResponse {
  status = 0;
  writes = 0;
  bytes = 0;
  ended = false;
  /** The client reads nothing. */
  blocked = false;
  /** The end of what was written, to look at. */
  last: Buffer = Buffer.alloc(0);
  #onWritable: (offset: number) => boolean = () => true;
  #onData: (chunk: ArrayBuffer, isLast: boolean) => void = () => {};

  send(body: Buffer): void {
    this.#onData(Uint8Array.from(body).buffer, true);
  }

  /** The client reads on. */
  drain(): void {
    this.blocked = false;
    this.#onWritable(this.bytes);
  }

  writeStatus(status: string): this {
    this.status = Number.parseInt(status, 10);
    return this;
  }
  writeHeader(): this {
    return this;
  }
  write(chunk: Uint8Array | string): boolean {
    this.writes += 1;
    this.bytes += chunk.length;
    return !this.blocked;
  }
  end(body: Uint8Array | string = ''): this {
    this.writes += 1;
    this.bytes += body.length;
    this.last = Buffer.from(body);
    this.ended = true;
    return this;
  }
  endWithoutBody(): this {
    return this.end();
  }
  tryEnd(piece: Uint8Array | string): readonly [taken: boolean, ended: boolean] {
    this.end(piece);
    return [true, true];
  }
  getWriteOffset(): number {
    return this.bytes;
  }
  close(): this {
    this.ended = true;
    return this;
  }
  cork(write: () => void): this {
    write();
    return this;
  }
  onAborted(): this {
    return this;
  }
  onWritable(handler: (offset: number) => boolean): this {
    this.#onWritable = handler;
    return this;
  }
  onData(handler: (chunk: ArrayBuffer, isLast: boolean) => void): this {
    this.#onData = handler;
    return this;
  }
  getRemoteAddress(): ArrayBuffer {
    return loopback;
  }
}

export class MemoryUws implements Uws {
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT = 1;
  #serve: (response: HttpResponse, request: HttpRequest) => void = () => {};

  App(): App {
    const app: App = {
      filter: () => app,
      any: (_pattern, handler) => {
        this.#serve = handler;
        return app;
      },
      listen: (_host, _port, _options, listening) => {
        listening({});
        return app;
      },
      close: () => app,
    };
    return app;
  }
  us_listen_socket_close(): void {}
  us_socket_local_port(): number {
    return 1;
  }

  post(path: string, headers: Readonly<Record<string, string>>, body: Buffer): MemoryResponse {
    const response = new MemoryResponse();
    const all = { host: 'localhost:1', 'content-length': String(body.length), ...headers };
    this.#serve(response, {
      getMethod: () => 'post',
      getUrl: () => path,
      getQuery: () => undefined,
      forEach: (each) => {
        for (const [name, value] of Object.entries(all)) each(name, value);
      },
    });
    response.send(body);
    return response;
  }
}
