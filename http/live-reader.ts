/**
 * Follows the log of one response as Server-Sent Events. Invariants: until the first byte a failure is an HTTP status;
 * afterwards the body ends with its terminal frames and `[DONE]` or the connection is reset, never anything in between;
 * a client that does not read costs a cursor, because nothing is encoded while the transport has no room.
 */

import type { Clock, Journal } from '../actors/seams.ts';
import type { ResponseHandle } from '../actors/service.ts';
import { ByteTape } from '../actors/tape.ts';
import { failureOf } from '../actors/log-entry.ts';
import type { Failure } from '../machines/outcome.ts';
import type { Exchange } from './exchange.ts';
import { type Header, sseHeaders } from './headers.ts';
import { limits } from './limits.ts';
import type { Projection } from './projection.ts';
import type { ResponseSink } from './sink.ts';

export interface LiveReading {
  readonly exchange: Exchange;
  readonly handle: ResponseHandle;
  readonly projection: Projection;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Period of comments from the head to the terminal frame; 0: none. */
  readonly keepaliveMs: number;
  /** Asked for once, when the head is sent. */
  headers(): readonly Header[];
  /** Answers a response that failed before its head was sent. */
  fail(failure: Failure): void;
}

const keptScratchBytes = 1_048_576;

/** Encoding and writing is one synchronous step, so all readers share one buffer. */
let scratch = new ByteTape();

export class LiveReader {
  readonly #reading: LiveReading;
  #sink: ResponseSink | null = null;
  #cursor = 0;
  /** Bytes sent of the frames at the cursor; zero between frames. */
  #sent = 0;
  #blocked = false;
  /** Frames that are encoded for one write. */
  #roomBytes: number = limits.writeBytes;
  /** All frames but the last one were handed over. */
  #told = false;
  #over = false;
  #leave: () => void = () => {};
  #stopTimer: () => void = () => {};

  constructor(reading: LiveReading) {
    this.#reading = reading;
  }

  start(): void {
    const { exchange, handle } = this.#reading;
    this.#leave = handle.read(() => exchange.guard(() => this.#pump()));
    exchange.onGone(() => this.#abandoned());
    try {
      this.#pump();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  /** Writes what is ready, as far as there is room. */
  #pump(): void {
    const { exchange, handle, journal, fail } = this.#reading;
    if (this.#over || this.#blocked) return;
    const { ending } = handle.log;
    const failure = ending === null ? null : failureOf(ending.outcome);
    if (this.#sink === null && failure !== null) {
      this.#stop();
      fail(failure);
      return;
    }
    try {
      exchange.cork(() => this.#write());
      if (this.#told) this.#end();
    } catch (error) {
      journal.warn('projection.failed', { request: exchange.id, response: handle.id, reason: String(error) });
      if (this.#sink === null) fail({ code: 'internal_error' });
      else this.#sink.abort();
      this.#stop();
      return;
    }
    // Only now, outside of the cork: leaving may make the runtime write to other connections.
    if (this.#told || exchange.over) this.#stop();
  }

  #write(): void {
    const { handle, projection, keepaliveMs } = this.#reading;
    const { log } = handle;
    while (!this.#blocked && !this.#told && !this.#over) {
      const finished = log.ending !== null;
      if (this.#cursor >= log.length && !finished) break;
      scratch.clear();
      const next = projection.project(log, this.#cursor, scratch, this.#roomBytes);
      if (next <= this.#cursor && this.#cursor < log.length) throw new Error(`no progress at entry ${this.#cursor}`);
      if (scratch.length > 0) this.#sendFrom(scratch);
      if (scratch.length > keptScratchBytes) scratch = new ByteTape();
      // The rest of a frame that is too large for one write is encoded again when there is room.
      if (this.#sent > 0) return;
      this.#cursor = next;
      if (!this.#blocked) this.#roomBytes = limits.writeBytes;
      this.#told = finished && next >= log.length;
    }
    // A response that has begun without a frame, as in chat, shows that it is alive. The head alone would not be sent.
    if (this.#sink === null && log.length > 0 && log.ending === null && keepaliveMs > 0) this.#comment();
  }

  /** Outside of the cork, so that the last frame is a write apart. */
  #end(): void {
    scratch.clear();
    this.#reading.projection.finish(scratch);
    this.#sink ??= this.#begin();
    this.#sink.end(Uint8Array.from(scratch.view()));
  }

  /** Sends what `frames` holds beyond what was sent of it before, as far as there is room. */
  #sendFrom(frames: ByteTape): void {
    const sliceBytes = this.#reading.projection.repeatable ? limits.sliceBytes : frames.length;
    do {
      const end = Math.min(frames.length, this.#sent + sliceBytes);
      this.#send(frames.view(this.#sent, end));
      this.#sent = end;
    } while (this.#sent < frames.length && !this.#blocked);
    if (this.#sent >= frames.length) this.#sent = 0;
  }

  #send(bytes: Uint8Array): void {
    this.#sink ??= this.#begin();
    if (!this.#sink.write(bytes)) this.#blocked = true;
  }

  #begin(): ResponseSink {
    const { exchange, headers } = this.#reading;
    const sink = exchange.stream([...sseHeaders, ...headers()]);
    sink.onDrained(() => {
      this.#blocked = false;
      // The rest of a frame is found only in the same frames.
      if (this.#sent === 0) this.#roomBytes = limits.probeFramesBytes;
      this.#pump();
    });
    this.#stopTimer();
    this.#keepAlive();
    return sink;
  }

  #keepAlive(): void {
    const { exchange, clock, keepaliveMs } = this.#reading;
    if (keepaliveMs <= 0) return;
    this.#stopTimer = clock.schedule(keepaliveMs, () => {
      exchange.guard(() => {
        if (this.#over) return;
        // A client that does not read gets no comments on top of what waits for it.
        if (!this.#blocked) this.#comment();
        this.#keepAlive();
      });
    });
  }

  #comment(): void {
    this.#send(Buffer.from(`: keepalive ${this.#reading.clock.now()}\n\n`));
  }

  #abandoned(): void {
    if (this.#over && !this.#told) return;
    const { exchange, handle, journal } = this.#reading;
    journal.info(this.#blocked || this.#told ? 'client_too_slow' : 'client.gone', {
      request: exchange.id,
      response: handle.id,
    });
    this.#stop();
  }

  #stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer();
    this.#leave();
  }
}
