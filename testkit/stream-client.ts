/**
 * A POST whose answer is followed as it comes: tests see when the head is there, wait for a text in the body, stop reading,
 * leave, and learn whether the body ended properly. Invariant: `done` always settles and never rejects.
 */

import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';

export interface StreamRequest {
  readonly port: number;
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Followed {
  /** 0: the connection ended before there was a head. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  /** The body was framed to its end: nothing was cut off. */
  readonly complete: boolean;
}

type Head = Pick<Followed, 'status' | 'headers'>;

export class StreamClient {
  readonly head: Promise<Head>;
  readonly done: Promise<Followed>;
  readonly #leave: () => void;
  readonly #chunks: Buffer[] = [];
  #answer: IncomingMessage | null = null;
  readonly #watchers = new Set<() => void>();

  constructor({ port, path, body, headers = {} }: StreamRequest) {
    const head = Promise.withResolvers<Head>();
    const done = Promise.withResolvers<Followed>();
    this.head = head.promise;
    this.done = done.promise;
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    // As SDKs do: `connection: close` would make uWebSockets.js reset an upload that it has already refused.
    const agent = new Agent({ keepAlive: true });
    const sent = request({
      host: '127.0.0.1',
      port,
      path,
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers },
    });
    const over = (): void => {
      agent.destroy();
      const bytes = Buffer.concat(this.#chunks);
      const answer = this.#answer;
      const { status, headers: found } = { status: answer?.statusCode ?? 0, headers: answer?.headers ?? {} };
      head.resolve({ status, headers: found });
      done.resolve({
        status,
        headers: found,
        bytes,
        text: bytes.toString('utf8'),
        complete: answer?.complete ?? false,
      });
      this.#look();
    };
    // A reset is how some of these connections are meant to end.
    sent.on('error', over);
    sent.once('response', (answer) => {
      this.#answer = answer;
      head.resolve({ status: answer.statusCode ?? 0, headers: answer.headers });
      answer.on('data', (chunk: Buffer) => {
        this.#chunks.push(chunk);
        this.#look();
      });
      answer.on('error', () => undefined);
      answer.once('close', over);
    });
    this.#leave = () => sent.destroy();
    sent.end(text);
  }

  /** Resolves when the body contains the text; rejects when it ended without it. */
  until(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      let next = 0;
      let tail = Buffer.alloc(0);
      const look = (): void => {
        for (; next < this.#chunks.length; next += 1) {
          const seen = Buffer.concat([tail, this.#chunks[next] ?? tail]);
          if (seen.includes(text)) {
            this.#watchers.delete(look);
            return resolve();
          }
          // The text may lie across the border of two chunks.
          tail = seen.subarray(Math.max(0, seen.length - Buffer.byteLength(text)));
        }
      };
      this.#watchers.add(look);
      look();
      void this.done.then((answer) =>
        reject(new Error(`the answer (${answer.status}) ended without ${text}: ${answer.text.slice(-300)}`)),
      );
    });
  }

  /** Stops reading; of an answer that is over nothing is left to stop. */
  pause(): void {
    this.#socket?.pause();
    this.#answer?.pause();
  }

  resume(): void {
    this.#answer?.resume();
    this.#socket?.resume();
  }

  /** An answer that is over has no socket any more, whatever its type says. */
  get #socket(): Socket | null | undefined {
    return this.#answer?.socket as Socket | null | undefined;
  }

  leave(): void {
    this.#leave();
  }

  #look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
