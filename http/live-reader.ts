/**
 * Follows the log of a response, or the logs of several choices, as Server-Sent Events. Invariants: until the first byte a failure is an HTTP status;
 * afterwards the body ends with its terminal frames and `[DONE]` or the connection is reset, never anything in between;
 * a client that does not read costs a cursor, because nothing is encoded while the transport has no room; and it is cut off
 * when it takes nothing and much waits for it, or when it never catches up.
 */

import { ByteTape } from '../actors/tape.ts';
import { sseHeaders } from './headers.ts';
import { allRead, encode, type Lane, lanesOf, waitingBytes } from './lanes.ts';
import { limits } from './limits.ts';
import type { LiveReading } from './live-reading.ts';
import { eventLoop, type Paced } from './pace.ts';
import type { Projection } from './projection.ts';
import type { Reader } from './readers.ts';
import { reasonOf } from './reason.ts';
import type { ResponseSink, SinkUser } from './sink.ts';
import { StallWatch } from './stall-watch.ts';

const keptScratchBytes = 1_048_576;
const nothing = (): void => {};

/** All readers share one: encoding and writing is one synchronous step. */
let scratch = ByteTape.borrowing();

export class LiveReader implements Reader, Paced, SinkUser {
  waiting = false;
  heldAt = 0;
  turn = 0;
  readonly #reading: LiveReading;
  #sink: ResponseSink | null = null;
  readonly #lanes: readonly Lane[];
  /** Bytes sent of the frames at the cursors; zero between frames. Only of a single lane. */
  #sent = 0;
  blocked = false;
  /** Frames that are encoded for one write. */
  #roomBytes: number = limits.writeBytes;
  /** Sent in one go. */
  #bytes = 0;
  /** That was enough for this turn of the loop. */
  #resting = false;
  /** All frames but the last one were handed over. */
  #told = false;
  #over = false;
  /** Among the readers. */
  #id = 0;
  #unread = nothing;
  #stopTimer = nothing;
  /** Most readers never need one. */
  #watch: StallWatch | null = null;

  /** `projections`: one for each choice. */
  constructor(reading: LiveReading, projections: readonly Projection[]) {
    this.#reading = reading;
    this.#lanes = lanesOf(reading.choices.logs, projections);
  }

  start(): void {
    const { exchange, choices, readers } = this.#reading;
    this.#unread = choices.read(() => this.#hear());
    this.#id = readers?.enter(this) ?? 0;
    exchange.onGone(() => this.#abandoned());
    try {
      this.#pump();
    } catch (error) {
      this.#stop();
      throw error;
    }
  }

  get lagBytes(): number {
    return waitingBytes(this.#lanes);
  }

  write(): void {
    try {
      this.#pump();
    } catch (error) {
      this.#reading.exchange.failed(error);
    }
  }

  taken(): void {
    this.#watch?.taken();
  }

  drained(): void {
    this.blocked = false;
    // The rest of a frame is found only in the same frames.
    if (this.#sent === 0) this.#roomBytes = limits.probeFramesBytes;
    this.#pump();
  }

  #hear(): void {
    const { pace } = this.#reading;
    // Whether it is a stream or an error of HTTP is decided by what comes first, and that is what people wait for.
    if (pace === undefined || this.#sink === null) this.write();
    else if (!this.#over && !this.blocked) pace.tell(this);
  }

  /** Writes what is ready, as far as there is room. */
  #pump(): void {
    const { exchange, choices, journal } = this.#reading;
    if (this.#over || this.blocked || this.#resting) return;
    const { failure } = choices;
    if (this.#sink === null && failure !== null) {
      this.#stop();
      this.#reading.fail(failure);
      return;
    }
    if (failure !== null && this.#reading.worded?.(failure, () => this.write()) === false) return;
    try {
      // The head and the first frames leave together, and so do the last ones; in between each write of the sink is one by itself.
      this.#bytes = 0;
      if (this.#sink === null || (choices.ended && this.#sink.isShort)) exchange.cork(() => this.#writeTogether());
      else this.#write();
      if (!this.blocked && !this.#told && this.#bytes >= limits.turnBytes) this.#rest();
      else if (!this.blocked) this.#watch?.caughtUp();
      // Of what is not short outside of the cork, so that the last frame is a write apart.
      if (this.#told && this.#sink?.settle() !== true) (this.#sink ?? this.#begin()).end(this.#lastFrames());
    } catch (error) {
      journal.warn('projection_failed', { req_id: exchange.id, response_id: choices.id, reason: reasonOf(error) });
      if (this.#sink === null) this.#reading.fail({ code: 'internal_error' });
      else this.#sink.abort();
      this.#stop();
      return;
    }
    // Only now, outside of the cork: leaving may make the runtime write to other connections.
    if (this.#told || exchange.over) this.#stop();
  }

  #writeTogether(): void {
    this.#write();
    if (this.#told && this.#sink?.isShort === true) this.#sink.endCorked(this.#lastFrames());
  }

  #write(): void {
    const { choices, keepaliveMs } = this.#reading;
    while (!this.blocked && !this.#told && !this.#over && choices.begun && this.#bytes < limits.turnBytes) {
      const { ended, failed } = choices;
      // When one choice has failed, nobody wants more of the others.
      const lanes = failed === null ? this.#lanes : this.#lanes.filter(({ log }) => log === failed);
      if (!ended && allRead(lanes)) break;
      scratch.clear();
      for (const lane of lanes) encode(lane, scratch, this.#roomBytes);
      if (scratch.length > 0) this.#sendFrom(scratch);
      if (scratch.length > keptScratchBytes) scratch = ByteTape.borrowing();
      // The rest of what is too large for one write is encoded again, but for its long texts, when there is room or time.
      if (this.#sent > 0) return;
      for (const lane of lanes) lane.cursor = lane.next;
      if (!this.blocked) this.#roomBytes = limits.writeBytes;
      this.#told = ended && allRead(lanes);
    }
    // A response that has begun without a frame, as in chat, shows that it is alive. The head alone would not be sent.
    if (this.#sink === null && choices.begun && !choices.ended && keepaliveMs > 0) this.#comment();
  }

  #rest(): void {
    this.#resting = true;
    eventLoop.afterTurn(() => {
      this.#resting = false;
      this.write();
    });
  }

  #lastFrames(): Uint8Array {
    scratch.clear();
    this.#lanes[0]?.projection.finish(scratch, this.#reading.choices.logs);
    return Uint8Array.from(scratch.view());
  }

  /** Sends what `frames` holds beyond what was sent of it before, as far as there is room. */
  #sendFrom(frames: ByteTape): void {
    const { total } = frames;
    const isRepeatable = this.#lanes[0]?.projection.repeatable;
    // What cannot be repeated is small.
    const turnBytes = isRepeatable ? limits.turnBytes : Number.POSITIVE_INFINITY;
    do {
      const piece = frames.piece(this.#sent, turnBytes);
      this.#send(piece);
      this.#sent += piece.length;
      this.#bytes += piece.length;
    } while (this.#sent < total && !this.blocked && this.#bytes < turnBytes);
    if (this.#sent >= total) this.#sent = 0;
  }

  #send(bytes: Uint8Array): void {
    this.#sink ??= this.#begin();
    if (this.#sink.write(bytes)) return;
    this.blocked = true;
    this.#watch ??= this.#newWatch();
    this.#watch.start();
  }

  #newWatch(): StallWatch {
    const { exchange, choices, clock, bufferBytes, lagMs } = this.#reading;
    return new StallWatch({
      clock,
      bufferBytes,
      lagMs,
      waitingBytes: () => (this.blocked && !this.#over ? waitingBytes(this.#lanes) : null),
      ended: () => choices.ended,
      stalled: () => exchange.guard(() => exchange.abort('client')),
    });
  }

  #begin(): ResponseSink {
    const sink = this.#reading.exchange.stream([...sseHeaders, ...this.#reading.headers()]);
    sink.user = this;
    this.#keepAlive();
    return sink;
  }

  #keepAlive(): void {
    const { clock, keepaliveMs } = this.#reading;
    if (keepaliveMs > 0) this.#stopTimer = clock.schedule(keepaliveMs, () => this.#beat());
  }

  #beat(): void {
    this.#reading.exchange.guard(() => {
      if (this.#over) return;
      // A client that does not read gets no comments on top of what waits for it, and none within a frame.
      if (!this.blocked && this.#sent === 0) this.#comment();
      this.#keepAlive();
    });
  }

  #comment(): void {
    this.#send(Buffer.from(`: keepalive ${this.#reading.clock.now()}\n\n`));
  }

  #abandoned(): void {
    if (this.#over && !this.#told) return;
    const { exchange, choices, journal } = this.#reading;
    const isSlow = this.blocked || this.#told;
    if (isSlow) this.#reading.tooSlow();
    journal.info(isSlow ? 'client_too_slow' : 'client_gone', { req_id: exchange.id, response_id: choices.id });
    this.#stop();
  }

  #stop(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimer();
    this.#watch?.stop();
    this.#reading.readers?.leave(this.#id);
    this.#unread();
  }
}
