/**
 * One kept connection that sends the same request again and again. Invariant: whatever is not as it should be is told once, with
 * what was wrong; `ended` is called once for each request.
 */

import { connect, type Socket } from 'node:net';
import { AnswerReader } from './answer-reader.ts';
import type { Meter } from './meter.ts';
import { nowMicros } from '../play.ts';

export interface ConnectionOptions {
  readonly port: number;
  readonly request: Buffer;
  /** Of a stream; null: a whole answer, whose deltas and terminal event nobody counts. */
  readonly deltas: number | null;
  readonly refusals: boolean;
  readonly timeoutMs: number;
  readonly readBytesPerSecond: number | null;
  readonly meter: Meter;
  readonly begun: () => void;
  readonly ended: () => void;
  readonly failed: (why: string) => void;
}

const readsPerSecond = 20;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #reader: AnswerReader;
  #socket: Socket | null = null;
  #late: NodeJS.Timeout | undefined;
  #sentMicros = 0;
  #lastMicros = 0;
  #seen = 0;
  #status = 0;
  #nowMicros = 0;
  #running = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { meter, deltas: expected } = options;
    this.#reader = new AnswerReader({
      head: (status, head) => {
        this.#status = status;
        if (status === 200) return;
        if (options.refusals) meter.refused(status, head);
        else this.#fail(`status ${status}`);
      },
      delta: (stampMicros) => {
        const now = this.#nowMicros;
        if (this.#seen === 0) {
          meter.first(now - this.#sentMicros);
          options.begun();
        } else meter.gap(now - this.#lastMicros, now);
        meter.lag(now - stampMicros);
        this.#seen += 1;
        this.#lastMicros = now;
      },
      end: (done) => {
        if (!this.#running) return;
        const fine = this.#status === 200;
        if (fine && expected !== null && this.#seen !== expected)
          return this.#fail(`${this.#seen} deltas instead of ${expected}`);
        if (fine && expected !== null && !done) return this.#fail('a stream without its terminal event');
        this.#over(fine);
      },
    });
  }

  /** `dueMicros`: when it should have been sent, from which its time counts. */
  send(dueMicros: number = nowMicros()): void {
    const { request, timeoutMs } = this.#options;
    this.#running = true;
    this.#seen = 0;
    this.#late = setTimeout(() => this.#fail(`no end within ${timeoutMs} ms, after ${this.#seen} deltas`), timeoutMs);
    this.#sentMicros = dueMicros;
    this.#socket ??= this.#connect();
    this.#socket.write(request);
  }

  close(): void {
    this.#running = false;
    clearTimeout(this.#late);
    this.#socket?.destroy();
  }

  #over(fine: boolean): void {
    const { meter, deltas, ended } = this.#options;
    this.#running = false;
    clearTimeout(this.#late);
    const micros = this.#nowMicros - this.#sentMicros;
    if (fine) {
      meter.finished += 1;
      meter.deltas += this.#seen;
      meter.whole(micros);
      if (deltas === null) meter.first(micros);
    }
    ended();
  }

  #fail(why: string): void {
    if (!this.#running) return;
    this.close();
    this.#options.failed(why);
  }

  #connect(): Socket {
    const { port, readBytesPerSecond, meter, refusals } = this.#options;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const take = (bytes: Buffer): void => {
      this.#nowMicros = nowMicros();
      meter.bytes += bytes.length;
      meter.reads += 1;
      this.#reader.take(bytes);
    };
    if (readBytesPerSecond === null) socket.on('data', take);
    else this.#readSlowly(socket, readBytesPerSecond, take);
    socket.on('error', (error) => this.#fail(error.message));
    socket.on('close', () => {
      this.#socket = null;
      // Who is refused may have the connection closed; a request that was lost with it is a failure all the same.
      if (refusals && this.#running && this.#status >= 400) return this.#over(false);
      this.#fail('the connection was closed');
    });
    return socket;
  }

  #readSlowly(socket: Socket, bytesPerSecond: number, take: (bytes: Buffer) => void): void {
    const portion = Math.max(1, Math.floor(bytesPerSecond / readsPerSecond));
    const timer = setInterval(() => {
      const bytes = (socket.read(Math.min(portion, socket.readableLength)) ?? null) as Buffer | null;
      if (bytes !== null) take(bytes);
    }, 1_000 / readsPerSecond);
    // Paused streams fill only up to this, so that the kernel's buffers are what the server sees.
    socket.on('readable', () => {});
    socket.once('close', () => clearInterval(timer));
  }
}
