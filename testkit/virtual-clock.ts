/** A clock that moves only when told to. Timers fire in the order of their time, equal times in the order of scheduling. */

import type { Clock } from '../actors/seams.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  /** Null: cancelled, or fired. */
  fire: (() => void) | null;
}

const earlier = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #pending = 0;
  /** A binary heap; cancelled timers stay in it until they come up, or until they are most of it. */
  #heap: Timer[] = [];

  constructor(now = 1_790_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  schedule(delayMs: number, fire: () => void): () => void {
    this.#order += 1;
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: this.#order, fire };
    this.#pending += 1;
    this.#rise(timer, this.#heap.length);
    return () => this.#cancel(timer);
  }

  get pending(): number {
    return this.#pending;
  }

  /** When the next timer is due; null: there is none. */
  get nextAt(): number | null {
    return this.#first()?.at ?? null;
  }

  /** Moves on by `ms`, firing everything that falls due on the way, timers set on the way included. */
  advance(ms: number): void {
    const end = this.#now + ms;
    while (this.step(end));
    this.#now = end;
  }

  /** Fires the next timer that is due until `end`, and moves on to its time; false: there is none. */
  step(end: number): boolean {
    const timer = this.#first();
    if (timer === null || timer.at > end) return false;
    this.#shift();
    this.#pending -= 1;
    this.#now = Math.max(this.#now, timer.at);
    const { fire } = timer;
    timer.fire = null;
    fire?.();
    return true;
  }

  #cancel(timer: Timer): void {
    if (timer.fire === null) return;
    timer.fire = null;
    this.#pending -= 1;
    if (this.#heap.length < 64 || this.#heap.length < this.#pending * 4) return;
    const kept = this.#heap.filter((one) => one.fire !== null).sort((a, b) => a.at - b.at || a.order - b.order);
    this.#heap = kept;
  }

  /** The next timer that is not cancelled. */
  #first(): Timer | null {
    for (;;) {
      const first = this.#heap[0];
      if (first === undefined) return null;
      if (first.fire !== null) return first;
      this.#shift();
    }
  }

  #shift(): void {
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
  }

  /** Puts a timer in at the end and lets it rise. */
  #rise(timer: Timer, from: number): void {
    const heap = this.#heap;
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = heap[above] as Timer;
      if (!earlier(timer, parent)) break;
      heap[at] = parent;
      at = above;
    }
    heap[at] = timer;
  }

  /** Puts a timer in at the top and lets it sink. */
  #sink(timer: Timer): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      const right = heap[below + 1];
      if (right !== undefined && earlier(right, heap[below] as Timer)) below += 1;
      const child = heap[below] as Timer;
      if (!earlier(child, timer)) break;
      heap[at] = child;
      at = below;
    }
    heap[at] = timer;
  }
}
