/**
 * The clock of production. Short delays get a timer of their own; long ones share a coarse wheel, so that thousands of
 * open responses cost one timer a tick and cancelling a deadline costs two pointers. A long delay fires at most two ticks
 * late, never early. Time is monotonic: setting the machine's clock moves no deadline.
 */

import { type Clock, neverMs } from './seams.ts';

/** Delays from here on go to the wheel. */
const longMs = 2_000;
const tickMs = 250;

/** What is due at one tick is a ring; that of a tick begins and ends with a link of its own. Linked to nothing: not in a ring. */
class Link {
  previous: Link | null = null;
  next: Link | null = null;
  readonly fire: () => void;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  enter(ring: Link): void {
    this.previous = ring.previous ?? ring;
    this.next = ring;
    this.previous.next = this;
    ring.previous = this;
  }

  /** It leads nowhere afterwards: what is old and gone must not keep what is young. */
  leave(): void {
    if (this.next === null || this.previous === null) return;
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.previous = null;
    this.next = null;
  }
}

const nothing = (): void => {};

/** It never changes, and to ask for it costs more than to ask for the time. */
const origin = performance.timeOrigin;

const isEmpty = (ring: Link | undefined): boolean => ring?.next === ring;

export class SystemClock implements Clock {
  readonly #rings = new Map<number, Link>();
  #timer: NodeJS.Timeout | undefined;

  now(): number {
    return Math.floor(origin + performance.now());
  }

  schedule(delayMs: number, fire: () => void): () => void {
    if (delayMs >= neverMs) return () => undefined;
    if (delayMs < longMs) {
      const timer = setTimeout(fire, Math.max(0, delayMs));
      return () => clearTimeout(timer);
    }
    const tick = Math.ceil((this.now() + delayMs) / tickMs);
    const link = new Link(fire);
    link.enter(this.#ringAt(tick));
    this.#timer ??= setInterval(() => this.#turn(), tickMs);
    return () => {
      link.leave();
      if (isEmpty(this.#rings.get(tick))) this.#rings.delete(tick);
      this.#rest();
    };
  }

  #ringAt(tick: number): Link {
    const known = this.#rings.get(tick);
    if (known !== undefined) return known;
    const ring = new Link(nothing);
    ring.enter(ring);
    this.#rings.set(tick, ring);
    return ring;
  }

  #turn(): void {
    const due = Math.floor(this.now() / tickMs);
    const ticks = [...this.#rings.keys()].filter((tick) => tick <= due).sort((a, b) => a - b);
    for (const tick of ticks) this.#fire(tick);
    this.#rest();
  }

  /** One that throws takes no other with it: what is left of its ring is due at the next tick. */
  #fire(tick: number): void {
    const ring = this.#rings.get(tick);
    for (let link = ring?.next; link !== undefined && link !== null && link !== ring; link = ring?.next) {
      link.leave();
      link.fire();
    }
    this.#rings.delete(tick);
  }

  #rest(): void {
    if (this.#rings.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
