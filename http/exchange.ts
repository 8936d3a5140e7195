/**
 * One request and its answer. Invariant: it is answered at most once, and nothing touches the connection after the answer
 * ended or the client left, because uWebSockets.js throws at that. Whoever was too late is ignored, not told.
 */

import type { Answer } from './answer.ts';
import { limits } from './limits.ts';
import { type Header, headerBlock, sharedBlock, statusLine } from './headers.ts';
import type { ExchangeEnd, ExchangeFacts } from './exchange-facts.ts';
import { announcedBodyBytes, type RequestHead } from './request-head.ts';
import { Remainder } from './remainder.ts';
import { ResponseSink } from './sink.ts';
import type { HttpResponse } from './uws-types.ts';
import { bodyIsLong, writeBody } from './whole-answer.ts';

/** Of the module: a function that is made within a method keeps whatever the others there refer to, as the body. */
const unheard = (): void => {};

export class Exchange {
  readonly #response: HttpResponse;
  readonly #facts: ExchangeFacts;
  #over = false;
  #gone = false;
  #sink: ResponseSink | null = null;
  /** Goes on with a large answer, which is not over until the kernel has taken all of it; until then nothing of it waits in uWebSockets.js. */
  #sendMore: (() => void) | null = null;
  #bodyAwaited: boolean;
  /** The route handler has not returned yet: whatever is written leaves together with its return. */
  #handling = true;
  #listens = false;
  #receive: (chunk: ArrayBuffer, isLast: boolean) => void = unheard;
  /** Of an answer that waits for the rest of the body, or for the end of its connection. */
  #remainder: Remainder | null = null;
  // Lists as long as what is in them: what is pushed or spread into has room for sixteen more.
  #leavers: readonly (() => void)[] = [];
  #enders: readonly ((end: ExchangeEnd) => void)[] = [];
  #status = 500;
  #errorCode: string | null = null;
  #how: ExchangeEnd | null = null;
  authorized = false;

  constructor(response: HttpResponse, facts: ExchangeFacts) {
    this.#response = response;
    this.#facts = facts;
    this.#bodyAwaited = announcedBodyBytes(facts.head) !== 0;
    // As long as somebody hears it, a body that keeps coming may take its time, also after the answer.
    if (this.#bodyAwaited && bodyIsLong(facts.head)) this.#listen();
  }

  /** Called before the route handler returns. What was answered by then needs no ears: uWebSockets.js drops a body that nobody hears. */
  attend(): void {
    this.#handling = false;
    if (!this.#listens && (!this.#over || this.#remainder !== null)) this.#listen();
  }

  #listen(): void {
    this.#listens = true;
    this.#response.onAborted(() => {
      this.#remainder?.gone();
      if (!this.#over && this.#bodyAwaited) this.#facts.house.leftSending(this);
      this.#left('client');
    });
    // Whoever hears a body has uWebSockets.js wait for it: a client that has asked all and takes nothing would have all the time.
    if (this.#sendMore === null) this.#response.onData((chunk, isLast) => this.#heard(chunk, isLast));
  }

  get id(): string {
    return this.#facts.id;
  }

  get head(): RequestHead {
    return this.#facts.head;
  }

  /** Answered to the end, or nobody is there any more. */
  get over(): boolean {
    return this.#over;
  }

  get committed(): boolean {
    return this.#sink !== null || this.#sendMore !== null;
  }

  /** Called once if the client leaves before the end. The returned function takes it back. */
  onGone(leaver: () => void): () => void {
    if (this.#gone) leaver();
    else this.#leavers = this.#leavers.concat(leaver);
    return () => {
      this.#leavers = this.#leavers.filter((one) => one !== leaver);
    };
  }

  /** Called once, when it is over and whoever waits for the client's departure was told. */
  onOver(ender: (end: ExchangeEnd) => void): void {
    if (this.#how !== null) ender(this.#how);
    else this.#enders = this.#enders.concat(ender);
  }

  /** Bytes of the body; must be called before the route handler returns. */
  onBody(receive: (chunk: ArrayBuffer, isLast: boolean) => void): void {
    this.#receive = receive;
  }

  /** Milliseconds since the request arrived. */
  elapsedMs(): number {
    return this.#facts.house.now() - this.#facts.startedAt;
  }

  /** A whole answer. `HEAD` gets its headers only. */
  answer(answer: Answer): void {
    if (this.#over || this.committed) return;
    const { status, headers, body, close: last, cut, errorCode } = answer;
    [this.#status, this.#errorCode] = [status, errorCode ?? null];
    this.#facts.tap?.begun(status, headers);
    const close = last === true || this.#facts.house.closing();
    const bodiless = this.#facts.head.method === 'HEAD' || status === 204;
    if (!bodiless) this.#facts.tap?.written(body);
    // Three bytes at the most for each unit of the text.
    if (!bodiless && !this.#bodyAwaited && cut !== true && body.length > limits.writeBytes / 3) {
      this.#answerLarge(status, headers, Buffer.from(body), close);
      return;
    }
    const tookMs = this.elapsedMs();
    this.end('answer', tookMs);
    if (this.#handling) this.#writeWhole(answer, tookMs, close, bodiless);
    else this.#response.cork(() => this.#writeWhole(answer, tookMs, close, bodiless));
  }

  #writeWhole(answer: Answer, tookMs: number, close: boolean, bodiless: boolean): void {
    this.#writeHead(answer.status, answer.headers, tookMs);
    const { head, house } = this.#facts;
    const left = writeBody(this.#response, answer, { head, close, bodiless, lingering: this.#bodyAwaited, house });
    if (left === 'cut') {
      house.tooSlow(this);
      this.#response.close();
    } else if (left !== 'nothing') this.#remainder = new Remainder(this.#response, left, this.#bodyAwaited);
  }

  /** Status 200 and a body that is written as it comes. */
  stream(headers: readonly Header[]): ResponseSink {
    if (this.committed) throw new Error('the head was already sent');
    const sink = new ResponseSink(this.#response, this, this.#facts.tap ?? null);
    [this.#sink, this.#status] = [sink, 200];
    if (this.#over) sink.gone();
    else {
      this.#onWritable();
      this.#facts.tap?.begun(200, headers);
      this.#response.cork(() => this.#writeHead(200, headers));
    }
    return sink;
  }

  /** Runs `write` so that all it writes leaves in one system call. */
  cork(write: () => void): void {
    if (this.#over) write();
    else this.#response.cork(write);
  }

  /** Resets the connection; whoever waits for the client's departure is told. `client`: it takes nothing, which counts as that. */
  abort(by: 'client' | 'reset' = 'reset'): void {
    if (this.#over) return;
    this.#left(by);
    this.#response.close();
  }

  /** Every callback of uWebSockets.js and of timers runs in here: an exception must not reach native code. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.failed(error);
    }
  }

  failed(error: unknown): void {
    this.#facts.house.failed(error, this);
  }

  #answerLarge(status: number, headers: readonly Header[], body: Uint8Array, close: boolean): void {
    const response = this.#response;
    const send = (): void => {
      const [, ended] = response.tryEnd(body.subarray(response.getWriteOffset()), body.length);
      if (ended) this.end();
    };
    this.#sendMore = send;
    this.#onWritable();
    response.cork(() => {
      this.#writeHead(status, headers);
      // The client closes, or the server when all answers are over.
      if (close) response.writeHeader('connection', 'close');
      send();
    });
  }

  #onWritable(): void {
    this.#response.onWritable(() => {
      this.guard(() => this.#writable());
      return true;
    });
  }

  #writable(): void {
    if (this.#sink !== null) this.#sink.writable();
    else if (!this.#over && this.#sendMore !== null) this.#response.cork(this.#sendMore);
  }

  #heard(chunk: ArrayBuffer, isLast: boolean): void {
    const receive = this.#receive;
    if (isLast) [this.#bodyAwaited, this.#receive] = [false, unheard];
    if (!this.#over) this.guard(() => receive(chunk, isLast));
    if (isLast) this.guard(() => this.#remainder?.bodyEnded());
  }

  #writeHead(status: number, headers: readonly Header[], processingMs = this.elapsedMs()): void {
    const [name, value] = headerBlock(headers, this.#facts.id, processingMs);
    this.#response.writeStatus(statusLine(status)).writeHeader(name, value);
    const shared = sharedBlock(this.#facts.cors);
    if (shared !== null) this.#response.writeHeader(shared[0], shared[1]);
  }

  #left(by: 'client' | 'reset'): void {
    // uWebSockets.js may also report the end of a connection whose answer is complete.
    if (this.#over) return;
    this.#gone = true;
    this.#sink?.gone();
    this.#over = true;
    this.#facts.house.over();
    for (const leaver of this.#leavers) this.guard(leaver);
    this.#leavers = [];
    this.#conclude(by, this.elapsedMs());
  }

  /** By this side: also called by the sink of `stream`. `tookMs`: from the arrival of the request. */
  end(by: 'answer' | 'reset' = 'answer', tookMs = this.elapsedMs()): void {
    if (this.#over) return;
    this.#over = true;
    this.#facts.house.over();
    this.#conclude(by, tookMs);
  }

  #conclude(by: ExchangeEnd['by'], durationMs: number): void {
    const how = { by, status: by === 'client' ? 499 : this.#status, errorCode: this.#errorCode, durationMs };
    this.#how = how;
    for (const ender of this.#enders) this.guard(() => ender(how));
    this.#enders = [];
  }
}
