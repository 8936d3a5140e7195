/**
 * How long an answer that is asked for now would wait until a worker has taken its turn: as many as wait already, at the rate at which
 * they were served while the event loop had no rest. Invariants: while the loop rests nobody waits for the gateway, whatever else
 * they wait for; a burst that is over soon is no backlog. Pure.
 */

/** Without a rest for so long, the loop is busy for more than a burst. */
export const burstMs = 500;
/** What was longer ago says nothing of now. */
const rememberedMs = 1_000;
/** It is not for so few that anybody waits. */
export const fewStarts = 16;
/** Bounds of what somebody is told who is to come again. */
export const returnMsLeast = 250;
export const returnMsMost = 30_000;

export class Backlog {
  /** The time that is remembered, and what happened in it. */
  #busyMs = 0;
  #served = 0;
  #refused = 0;
  #refusedNow = 0;
  /** For so long the loop has been busy, and nobody was served. */
  #unservedMs = 0;
  #lookedAt: number;
  #settled = 0;

  constructor(now: number) {
    this.#lookedAt = now;
  }

  /** `settled`: starts that were over by now, since the process began; `busy`: the loop had no rest since the last look. */
  look(now: number, settled: number, busy: boolean): void {
    const passedMs = Math.max(1, now - this.#lookedAt);
    const served = settled - this.#settled;
    [this.#lookedAt, this.#settled] = [now, settled];
    const kept = busy ? Math.max(0, 1 - passedMs / rememberedMs) : 0;
    const counted = busy ? Math.min(1, rememberedMs / passedMs) : 0;
    this.#busyMs = this.#busyMs * kept + passedMs * counted;
    this.#served = this.#served * kept + served * counted;
    this.#unservedMs = busy && served === 0 ? this.#unservedMs + passedMs : 0;
    this.#refused = this.#refused * kept + this.#refusedNow;
    this.#refusedNow = 0;
  }

  /** Of one who comes now. 0: nobody waits. */
  waitMs(waiting: number): number {
    if (waiting < fewStarts || this.#busyMs < burstMs) return 0;
    return this.#timeFor(waiting);
  }

  refuse(): void {
    this.#refusedNow += 1;
  }

  /**
   * When somebody who is refused should come again: when those who wait have been served, and those who were refused lately and will
   * be back. `chance`, 0 to 1, has them not come all at once.
   */
  returnMs(waiting: number, chance: number): number {
    const ms = this.#timeFor(waiting + this.#refused + this.#refusedNow);
    return Math.round(Math.min(returnMsMost / 2, Math.max(returnMsLeast, ms)) * (1 + chance));
  }

  /** While nobody is served, what waits has waited for all that time. The part of one that is still remembered counts as one. */
  #timeFor(starts: number): number {
    const ms = this.#served === 0 ? 0 : (starts * this.#busyMs) / Math.max(1, this.#served);
    return Math.max(ms, this.#unservedMs);
  }
}
