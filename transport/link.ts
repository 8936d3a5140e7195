/**
 * One end of a conversation over a trunk, with one place. Several share a trunk; what they have to hold back for is the trunk,
 * and, between two nodes, the trunk of the other.
 */

import type { Frame, Link } from '../actors/link.ts';
import { decodeFrame, encodeFrame, type Place } from './frames.ts';

/** Where a link's frames go. */
export interface Carrier {
  readonly frameBytesMax: number;
  /** False: hold back until `drained`. */
  write(bytes: Buffer): boolean;
  /** The link was closed from within, by its user or by what it heard: that is a fault of the other end. */
  closed(reason: string, fault: boolean): void;
}

export class CarriedLink implements Link {
  readonly place: Place;
  readonly #carrier: Carrier;
  readonly #hear: ((frame: Frame) => void)[] = [];
  readonly #resume: (() => void)[] = [];
  readonly #ended: ((reason: string) => void)[] = [];
  /** The other node's trunk is full. */
  #held = false;
  #waiting = false;
  #reason: string | null = null;

  constructor(place: Place, carrier: Carrier) {
    this.place = place;
    this.#carrier = carrier;
  }

  send(frame: Frame): boolean {
    if (this.#reason !== null) return true;
    const room = this.#carrier.write(encodeFrame(this.place, frame, this.#carrier.frameBytesMax));
    this.#waiting = this.#waiting || !room || this.#held;
    return room && !this.#held;
  }

  onFrame(hear: (frame: Frame) => void): void {
    this.#hear.push(hear);
  }

  onDrained(resume: () => void): void {
    this.#resume.push(resume);
  }

  onClosed(closed: (reason: string) => void): void {
    if (this.#reason === null) this.#ended.push(closed);
    else closed(this.#reason);
  }

  close(): void {
    this.#close('closed here', false);
  }

  hear(body: Uint8Array): void {
    if (this.#reason !== null) return;
    const frame = decodeFrame(body);
    if (frame === null) this.#close('the other end sent what is no frame', true);
    else for (const hear of this.#hear) hear(frame);
  }

  hold(): void {
    this.#held = true;
  }

  /** There is room again, in the trunk or in the other node's. */
  drained(trunkFull: boolean, released = false): void {
    if (released) this.#held = false;
    if (!this.#waiting || this.#held || trunkFull || this.#reason !== null) return;
    this.#waiting = false;
    for (const resume of this.#resume) resume();
  }

  /** The carrier is gone. */
  ended(reason: string): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    for (const closed of this.#ended.splice(0)) closed(reason);
  }

  #close(reason: string, fault: boolean): void {
    if (this.#reason !== null) return;
    this.ended(reason);
    this.#carrier.closed(reason, fault);
  }
}
