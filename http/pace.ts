/**
 * When readers write what their logs tell them. While the event loop has time to rest, at once: the first delta of a quiet stream
 * waits for nothing. When more comes without a pause, a reader writes once for all that came: at the end of the turn of the loop,
 * and under pressure (several turns without a rest) once in `windowMs`, because a write costs more than the frames in it.
 * Invariants: what was held back is written as soon as a turn brings nothing new, and at the latest when the window is over; how many
 * write in one turn has a bound, so that nobody else waits long for them.
 */

export interface Loop {
  /** Calls `run` once, when all that has already arrived has been heard. */
  afterTurn(run: () => void): void;
  /** Milliseconds for which the loop has waited for something to happen, since the start. */
  restedMs(): number;
  now(): number;
}

export interface Paced {
  /** Kept by `Pace`: it waits for its write. */
  waiting: boolean;
  /** Kept by `Pace`: the turn in which it wrote at once. */
  turn: number;
  /** Kept by `Pace`: since when it waits. */
  heldAt: number;
  /** Writes what there is; must not throw. */
  write(): void;
}

/** Turns in a row without a rest, from which on the loop is under pressure. */
export const pressureTurns = 4;
/** A write costs some microseconds: this many keep nobody waiting for long. */
export const writesPerTurn = 512;

export class Pace {
  readonly #loop: Loop;
  readonly #windowMs: number;
  #turn = 1;
  /** The end of this turn is awaited. */
  #awaited = false;
  /** This turn has brought something. */
  #heard = false;
  /** Turns in a row that began without a rest. */
  #busyTurns = 0;
  #restedMs = -1;
  #held: Paced[] = [];
  /** In this turn, at once. */
  #written = 0;

  /** `windowMs` 0: everything is written at once. */
  constructor(loop: Loop, windowMs: number) {
    this.#loop = loop;
    this.#windowMs = windowMs;
  }

  /** Readers that wait for their write. */
  get held(): number {
    return this.#held.length;
  }

  /** There is more for that reader. */
  tell(reader: Paced): void {
    if (this.#windowMs === 0) {
      reader.write();
      return;
    }
    if (!this.#heard) this.#begin();
    if (reader.waiting) return;
    if (this.#busyTurns === 0 && reader.turn !== this.#turn && this.#written < writesPerTurn) {
      reader.turn = this.#turn;
      this.#written += 1;
      reader.write();
      return;
    }
    reader.waiting = true;
    reader.heldAt = this.#loop.now();
    this.#held.push(reader);
  }

  /** The first news of a turn. */
  #begin(): void {
    this.#heard = true;
    const restedMs = this.#loop.restedMs();
    this.#busyTurns = restedMs === this.#restedMs ? this.#busyTurns + 1 : 0;
    this.#restedMs = restedMs;
    this.#await();
  }

  #await(): void {
    if (this.#awaited) return;
    this.#awaited = true;
    this.#loop.afterTurn(() => this.#end());
  }

  #end(): void {
    this.#awaited = false;
    this.#turn += 1;
    const heard = this.#heard;
    this.#heard = false;
    this.#written = 0;
    if (!heard) this.#busyTurns = 0;
    if (this.#held.length === 0) return;
    const holds = this.#busyTurns >= pressureTurns;
    try {
      this.#write(holds ? this.#loop.now() - this.#windowMs : Number.POSITIVE_INFINITY);
    } finally {
      if (this.#held.length > 0) this.#await();
    }
  }

  /** Those who have waited since then, or longer; who has waited longest is first. */
  #write(latest: number): void {
    let count = 0;
    const many = Math.min(writesPerTurn, this.#held.length);
    while (count < many && (this.#held[count]?.heldAt ?? 0) <= latest) count += 1;
    const due = this.#held.splice(0, count);
    for (const reader of due) reader.waiting = false;
    const errors: unknown[] = [];
    for (const reader of due) {
      try {
        reader.write();
      } catch (error) {
        errors.push(error);
      }
    }
    // A programmer's error: nobody else's write is lost for it.
    if (errors.length > 0) throw errors[0];
  }
}

/** That of this process. */
export const eventLoop: Loop = {
  afterTurn: (run) => void setImmediate(run),
  restedMs: () => performance.nodeTiming.idleTime,
  now: () => performance.now(),
};
