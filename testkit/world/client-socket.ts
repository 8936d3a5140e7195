/**
 * One connection of an HTTP client as the front end sees it, in memory: the part of uWebSockets.js that answers, with the
 * bytes that arrived. Invariants: what the client does not read waits here and is refused further on; touching a response
 * that is over throws and is remembered, as it would be fatal in native code; a client that takes nothing for ten seconds
 * is cut.
 */

import type { Clock } from '../../actors/seams.ts';
import type { HttpResponse } from '../../http/uws-types.ts';

/** uWebSockets.js gives up on a connection without progress. */
const progressMs = 10_000;

type State = 'open' | 'ended' | 'closed';

export class ClientSocket implements HttpResponse {
  readonly #clock: Clock;
  readonly headers = new Map<string, string>();
  status = 0;
  /** Uses of a response that was over: each would have ended the process. */
  readonly misuses: string[] = [];
  readonly #arrived: Uint8Array[] = [];
  #waiting: Uint8Array[] = [];
  #roomBytes = Number.POSITIVE_INFINITY;
  #offset = 0;
  /** The last `tryEnd` was not taken whole. */
  #refused = false;
  #state: State = 'open';
  #cut = false;
  #aborted: () => void = () => {};
  #writable: (offset: number) => boolean = () => true;
  #stopTimer: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The body was framed to its end, and all of it has arrived. */
  get complete(): boolean {
    return this.#state === 'ended' && this.#waiting.length === 0;
  }

  /** The server reset the connection, or it was cut for want of progress. */
  get cut(): boolean {
    return this.#cut;
  }

  get over(): boolean {
    return this.#state === 'closed' || this.complete;
  }

  get body(): Buffer {
    return Buffer.concat(this.#arrived);
  }

  /* What the client does. */

  /** Reads no more than so many further bytes. */
  block(roomBytes = 0): void {
    this.#roomBytes = roomBytes;
  }

  read(): void {
    this.#roomBytes = Number.POSITIVE_INFINITY;
    if (this.#state === 'ended') this.#flush();
    else if (this.#state === 'open' && (this.#waiting.length > 0 || this.#refused)) this.#writable(this.#offset);
  }

  leave(): void {
    if (this.#state === 'open') this.#drop();
  }

  /* What the server does. */

  writeStatus(status: string): this {
    this.#touch('writeStatus');
    this.status = Number.parseInt(status, 10);
    return this;
  }

  writeHeader(name: string, value: string): this {
    this.#touch('writeHeader');
    // Whatever it is given it writes as it is: several headers may come as one.
    for (const line of `${name}: ${value}`.split('\r\n')) {
      const colon = line.indexOf(': ');
      this.headers.set(line.slice(0, colon), line.slice(colon + 2));
    }
    return this;
  }

  write(chunk: Uint8Array | string): boolean {
    this.#touch('write');
    this.#flush();
    this.#take(Buffer.from(chunk));
    return this.#waiting.length === 0;
  }

  end(body?: Uint8Array | string): this {
    this.#touch('end');
    if (this.status === 0) this.status = 200;
    this.#flush();
    if (body !== undefined) this.#take(Buffer.from(body));
    this.#state = 'ended';
    return this;
  }

  endWithoutBody(): this {
    return this.end();
  }

  tryEnd(piece: Uint8Array | string, totalBytes: number): readonly [boolean, boolean] {
    this.#touch('tryEnd');
    const bytes = Buffer.from(piece);
    const taken = Math.min(bytes.length, this.#roomBytes);
    this.#take(bytes.subarray(0, taken));
    this.#offset += taken;
    const ended = this.#offset >= (totalBytes || bytes.length);
    this.#refused = !ended;
    if (ended) this.#state = 'ended';
    else this.#expectProgress();
    return [taken === bytes.length, ended];
  }

  getWriteOffset(): number {
    this.#touch('getWriteOffset');
    return this.#offset;
  }

  close(): this {
    this.#touch('close');
    this.#cut = true;
    this.#drop();
    return this;
  }

  cork(write: () => void): this {
    this.#touch('cork');
    write();
    if (this.#state === 'open') this.#flush();
    return this;
  }

  onAborted(handler: () => void): this {
    this.#aborted = handler;
    return this;
  }

  onWritable(handler: (offset: number) => boolean): this {
    this.#writable = handler;
    return this;
  }

  onData(): this {
    return this;
  }

  getRemoteAddress(): ArrayBuffer {
    return Uint8Array.from([127, 0, 0, 1]).buffer;
  }

  #touch(method: string): void {
    if (this.#state === 'open') return;
    this.misuses.push(`${method} on a response that is over`);
    throw new Error(`${method} on a response that is over`);
  }

  #take(bytes: Uint8Array): void {
    const taken = this.#waiting.length > 0 ? 0 : Math.min(bytes.length, this.#roomBytes);
    if (taken > 0) this.#arrived.push(bytes.subarray(0, taken));
    this.#roomBytes -= taken;
    if (taken === bytes.length) return;
    this.#waiting.push(bytes.subarray(taken));
    this.#expectProgress();
  }

  #flush(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0 || this.#roomBytes === 0) return;
    this.#waiting = [];
    this.#stopTimer();
    for (const bytes of waiting) this.#take(bytes);
  }

  #expectProgress(): void {
    this.#stopTimer();
    this.#stopTimer = this.#clock.schedule(progressMs, () => {
      if (this.#state === 'closed' || (this.#waiting.length === 0 && this.#state === 'ended')) return;
      this.#cut = true;
      this.#drop();
    });
  }

  #drop(): void {
    if (this.#state === 'closed') return;
    const finished = this.#state === 'ended';
    this.#state = 'closed';
    this.#waiting = [];
    this.#stopTimer();
    if (!finished) this.#aborted();
  }
}
