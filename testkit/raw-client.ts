/** HTTP clients that hide nothing: one over `node:http` for whole answers, one over a bare socket for everything else. */

import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

export function ask(port: number, path: string, { method = 'GET', headers = {}, body }: RawRequest = {}) {
  return new Promise<RawAnswer>((resolve, reject) => {
    const agent = new Agent({ keepAlive: false });
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

export class RawConnection {
  readonly socket: Socket;
  received = '';
  readonly #closed = Promise.withResolvers<void>();
  #watchers: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('data', (chunk: Buffer) => {
      this.received += chunk.toString('latin1');
      for (const watcher of this.#watchers) watcher();
    });
    // A reset is how some of these connections are meant to end.
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => this.#closed.resolve());
  }

  send(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  request(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body = ''): this {
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const lines = Object.entries({ host: 'localhost', ...length, ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    return this.send(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  }

  /** Resolves when the text has been received. */
  until(text: string): Promise<string> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.received.includes(text)) return;
        this.#watchers = this.#watchers.filter((watcher) => watcher !== look);
        resolve(this.received);
      };
      this.#watchers.push(look);
      look();
    });
  }

  /** Everything that was not read yet, when the server has closed the connection; for more than `until` can search. */
  async rest(): Promise<string> {
    const chunks: Buffer[] = [];
    this.socket.removeAllListeners('data').on('data', (chunk: Buffer) => chunks.push(chunk));
    this.socket.resume();
    await this.closed;
    return this.received + Buffer.concat(chunks).toString('latin1');
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** Resets the connection. */
  leave(): void {
    this.socket.destroy();
  }
}
