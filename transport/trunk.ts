/**
 * One end of the pipe between a node and its parent: frames of many places in, frames to many places out. Invariants: frames come
 * in the order in which they were sent; what waits for the pipe has a bound; it closes once, with a reason, whatever arrives.
 */

import type { Duplex } from 'node:stream';
import { FrameReader, type LinkLimits, type Place } from './frames.ts';

export interface TrunkEvents {
  /** `body` is good until this returns. */
  heard(place: Place, body: Uint8Array): void;
  drained(): void;
  closed(reason: string): void;
}

export class Trunk {
  readonly #pipe: Duplex;
  readonly #limits: LinkLimits;
  readonly #events: TrunkEvents;
  readonly #reader: FrameReader;
  #corked = false;
  #full = false;
  #closed = false;

  constructor(pipe: Duplex, limits: LinkLimits, events: TrunkEvents) {
    this.#pipe = pipe;
    this.#limits = limits;
    this.#events = events;
    this.#reader = new FrameReader(limits.frameBytesMax, (place, body) => {
      if (!this.#closed) events.heard(place, body);
    });
    pipe.on('data', (chunk: Buffer) => this.#take(chunk));
    pipe.once('end', () =>
      this.close(this.#reader.torn ? 'the other end broke off within a frame' : 'the other end closed'),
    );
    pipe.once('close', () => this.close('the other end closed'));
    pipe.on('error', (error: NodeJS.ErrnoException) => this.close(`the pipe failed: ${error.code ?? error.name}`));
  }

  get closed(): boolean {
    return this.#closed;
  }

  get full(): boolean {
    return this.#full;
  }

  /** Written, and not taken by the pipe yet. */
  get waitingBytes(): number {
    return this.#pipe.writableLength;
  }

  /** False: hold back until `drained`. */
  write(bytes: Buffer): boolean {
    if (this.#closed) return true;
    this.#cork();
    this.#pipe.write(bytes, () => this.#written());
    const waiting = this.#pipe.writableLength;
    if (waiting > this.#limits.waitingBytesMax) this.close(`${waiting} bytes wait for the other end`);
    else if (waiting >= this.#limits.waitingBytes) this.#full = true;
    return !this.#full;
  }

  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    // What was written still leaves; whoever is not read any more must not hold the file open.
    if (this.#pipe.writableLength > this.#limits.waitingBytes) this.#pipe.destroy();
    else this.#pipe.end(() => this.#pipe.destroy());
    this.#events.closed(reason);
  }

  /** All that is sent in one turn of the loop leaves in one write. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#pipe.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#pipe.uncork();
    });
  }

  #written(): void {
    if (!this.#full || this.#closed || this.#pipe.writableLength > this.#limits.waitingBytes / 2) return;
    this.#full = false;
    this.#events.drained();
  }

  #take(chunk: Buffer): void {
    if (this.#closed) return;
    const fault = this.#reader.push(chunk);
    if (fault !== null) this.close(fault);
  }
}
