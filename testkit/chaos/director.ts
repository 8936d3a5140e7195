/**
 * Decides what is done to which worker, from a seed, and does one thing after the other, a number of answers apart. Invariant:
 * it names every worker whose end it is to blame for, and has seen each of them fall.
 */

import type { Random } from '../app-server/random.ts';
import type { Gateway } from '../gateway.ts';
import { type Deed, type DeedName, deedNames, deeds } from './deeds.ts';
import type { Pace } from './pace.ts';
import type { Taps } from './tap.ts';
import { type Victim, victims } from './victim.ts';

/** Other workers go on meanwhile: most answers are to succeed. */
const answersPerDeed = 8;
const fallMs = 20_000;
/** The gateway gives a silent worker up at the second beat of its pulse without an answer. */
const frozenMs = 40_000;

export interface DirectorOptions {
  readonly gateway: Gateway;
  readonly taps: Taps;
  readonly random: Random;
  readonly pace: Pace;
}

export class Director {
  readonly done: DeedName[] = [];
  /** Names of workers, as `Victim.name`. */
  readonly doomed = new Set<string>();
  readonly #options: DirectorOptions;
  #frozen: string | null = null;

  constructor(options: DirectorOptions) {
    this.#options = options;
  }

  /** Stops a worker for good, beside everything else; resolves with the line that tells of its end. */
  async freeze(): Promise<{ readonly name: string; readonly fall: Promise<string> }> {
    const victim = await this.#choose();
    this.#frozen = victim.name;
    this.doomed.add(victim.name);
    victim.signal('SIGSTOP');
    return { name: victim.name, fall: this.#fall(victim, frozenMs) };
  }

  /** Deed after deed, in rounds that have each of them once; ends when `enough` says so, and every deed has been done. */
  async rage(enough: () => boolean): Promise<void> {
    while (!this.#complete || !enough()) {
      for (const name of this.#options.random.shuffle(deedNames)) {
        if (this.#complete && enough()) return;
        await this.#do(name);
      }
    }
  }

  get #complete(): boolean {
    return this.done.length >= deedNames.length;
  }

  async #do(name: DeedName): Promise<void> {
    const { pace } = this.#options;
    await pace.after(answersPerDeed);
    const victim = await this.#choose();
    const { fatal, run }: Deed = deeds[name];
    if (fatal) this.doomed.add(victim.name);
    await run(victim, pace);
    if (fatal) await this.#fall(victim, fallMs);
    this.done.push(name);
  }

  async #choose(): Promise<Victim> {
    const { gateway, taps, random } = this.#options;
    for (;;) {
      const from = gateway.lines.all.length;
      const those = victims(gateway, taps).filter(({ name }) => name !== this.#frozen);
      const one = those[random.below(those.length)];
      if (one !== undefined) return one;
      await gateway.lines.until((line) => line.includes(' worker_ready '), fallMs, from);
    }
  }

  #fall({ name }: Victim, timeoutMs: number): Promise<string> {
    return this.#options.gateway.until((line) => line.includes(` worker_exit ${name} `), timeoutMs);
  }
}
