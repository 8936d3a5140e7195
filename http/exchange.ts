/**
 * One request and its answer. Invariant: it is answered at most once, and nothing touches the connection after the answer
 * ended or the client left, because uWebSockets.js throws at that. Whoever was too late is ignored, not told.
 */

import type { Answer } from './answer.ts';
import { type Header, headerBlock, sharedBlock, statusLine } from './headers.ts';
import type { ExchangeEnd, ExchangeFacts } from './exchange-facts.ts';
import { announcedBodyBytes, type RequestHead } from './request-head.ts';
import { ResponseSink } from './sink.ts';
import type { HttpResponse } from './uws-types.ts';
import { WaitingAnswer } from './waiting-answer.ts';
import { bodyIsLong, type Left, writeBody } from './whole-answer.ts';

/** Of the module: a function that is made within a method keeps whatever the others there refer to, as the body. */
const unheard = (): void => {};

export class Exchange {
  readonly #response: HttpResponse;
  readonly #facts: ExchangeFacts;
  #over = false;
  #gone = false;
  #sink: ResponseSink | null = null;
  /** A whole answer was begun. */
  #told = false;
  /** It has left, but not all of it, or its connection is still to end. */
  #waiting: WaitingAnswer | null = null;
  #bodyAwaited: boolean;
  /** The route handler has not returned yet: whatever is written leaves together with its return. */
  #handling = true;
  #listens = false;
  #receive: (chunk: ArrayBuffer, isLast: boolean) => void = unheard;
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
    if (!this.#listens && (!this.#over || this.#waiting !== null)) this.#listen();
  }

  #listen(): void {
    this.#listens = true;
    this.#response.onAborted(() => {
      this.#waiting?.gone();
      if (!this.#over && this.#bodyAwaited && !this.#told) this.#facts.house.leftSending(this);
      this.#left('client');
    });
    this.#response.onData((chunk, isLast) => this.#heard(chunk, isLast));
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
    return this.#sink !== null || this.#told;
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
    const { status, headers, body, errorCode } = answer;
    this.#told = true;
    this.#status = status;
    this.#errorCode = errorCode ?? null;
    this.#facts.tap?.begun(status, headers);
    const bodiless = this.#facts.head.method === 'HEAD' || status === 204;
    if (!bodiless) this.#facts.tap?.written(body);
    const tookMs = this.elapsedMs();
    const left = this.#handling
      ? this.#writeWhole(answer, tookMs, bodiless)
      : this.#writeCorked(answer, tookMs, bodiless);
    if (left === 'nothing') this.end('answer', tookMs);
    else this.#wait(left, answer, tookMs);
  }

  #writeCorked(answer: Answer, tookMs: number, bodiless: boolean): Left {
    let left: Left = 'nothing';
    this.#response.cork(() => {
      left = this.#writeWhole(answer, tookMs, bodiless);
    });
    return left;
  }

  #writeWhole(answer: Answer, tookMs: number, bodiless: boolean): Left {
    const { head, house } = this.#facts;
    this.#writeHead(answer.status, answer.headers, tookMs);
    return writeBody(this.#response, answer, {
      head,
      bodiless,
      close: answer.close === true || house.closing(),
      lingering: this.#bodyAwaited,
      drawn: bodiless ? house.isLast() : house.isAsked(),
    });
  }

  #wait(left: Left, answer: Answer, tookMs: number): void {
    this.#waiting = new WaitingAnswer(this.#response, left, answer);
    if (left === 'rest') this.#onWritable();
    else this.end('answer', tookMs);
    if (!this.#bodyAwaited) this.#waiting.bodyEnded();
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

  #onWritable(): void {
    this.#response.onWritable(() => {
      this.guard(() => this.#writable());
      return true;
    });
  }

  #writable(): void {
    if (this.#sink !== null) this.#sink.writable();
    else if (!this.#over && this.#waiting?.send() === true) this.end();
  }

  #heard(chunk: ArrayBuffer, isLast: boolean): void {
    const receive = this.#receive;
    if (isLast) [this.#bodyAwaited, this.#receive] = [false, unheard];
    if (!this.#over) this.guard(() => receive(chunk, isLast));
    if (isLast) this.guard(() => this.#waiting?.bodyEnded());
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
    if (this.#told && by === 'client' && this.#leavers.length === 0) this.#facts.house.tooSlow(this);
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
