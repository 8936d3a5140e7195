/**
 * How the process ends: a drain when it is told to, at once when it is told again, the failure recipes after a programmer's
 * error. Before a drain an edge may have notice: `/readyz` says 503 while requests are still served. Invariant: it ends once, with 0 only after a drain in which no error was made, and 70 whatever goes wrong after one.
 */

import type { Clock, Journal } from '../actors/seams.ts';
import { asError, tellable } from '../actors/thrown.ts';
import { limits } from './limits.ts';

export const exitBug = 70;
const exitOrphaned = 1;
/** As shells tell of a program that a signal ended. */
const exitForced = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

export type EndSignal = keyof typeof exitForced;
export const endSignals = Object.keys(exitForced) as readonly EndSignal[];

export interface Among {
  /** The others serve on: it leaves the port before it stops serving. */
  readonly retire: () => void;
  /** For those who are connected to ask once more, and to be told that this was the last answer here. */
  readonly lingerMs: number;
  /** It ends, and nobody but who sent the signal knows. */
  readonly leaving: () => void;
  /** It ends by an error of ours: what it has counted is told to those who go on. */
  readonly counted: () => void;
}

export interface EndingOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  /** What `abort` returns says when nobody has to be told any more; without it, that takes `lastWordsMs`. */
  readonly node: { drain(): Promise<void>; abort(): Promise<void> | void };
  readonly server: { leave(): void; close(forceAfterMs: number): Promise<void> };
  /** Resolves when nothing is left of the workers. */
  readonly settled: () => Promise<void>;
  /** From the signal until nobody is admitted any more; 0: at once. */
  readonly noticeMs: number;
  readonly drainMs: number;
  /** One of several on a port; null: the only one. */
  readonly among: Among | null;
  /** After an error, at the latest: for the failure recipes of open responses to reach their clients. */
  readonly lastWordsMs: number;
  readonly exit: (code: number) => void;
}

export class Ending {
  readonly #options: EndingOptions;
  #drainingSince: number | null = null;
  #failed = false;
  #code: 0 | typeof exitBug = 0;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  signal(name: EndSignal): void {
    const { clock, exit } = this.#options;
    const now = clock.now();
    if (this.#drainingSince === null) {
      this.#drainingSince = now;
      this.#leave(name).catch((error: unknown) => this.bug(error));
    } else if (now - this.#drainingSince > limits.insistMs) exit(exitForced[name]);
  }

  /** As after the signal, for one of several that ends with all others; told twice, it makes no haste. */
  drain(name: EndSignal): void {
    if (this.#drainingSince !== null) return;
    this.#drainingSince = this.#options.clock.now();
    this.#drain(name).catch((error: unknown) => this.bug(error));
  }

  /** Whoever started it is gone, and with it what it cannot do without: every open response fails, and it ends. */
  orphaned(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    const { clock, journal, node, among, lastWordsMs, exit } = this.#options;
    clock.schedule(lastWordsMs, () => exit(exitOrphaned));
    journal.warn('node_orphaned', { reason });
    among?.retire();
    void node.abort();
  }

  /** An error was made elsewhere, in what ends together with this: the drain goes on, and does not end with 0. */
  erred(): void {
    this.#code = exitBug;
  }

  /** Every open response is told that it failed; then the process ends, because its state cannot be trusted. */
  bug(cause: unknown): void {
    if (this.#failed) return;
    this.#failed = true;
    const { clock, journal, node, among, lastWordsMs, exit } = this.#options;
    const end = (): void => exit(exitBug);
    clock.schedule(lastWordsMs, end);
    // By then most answers have failed, and are among what was counted.
    if (among !== null) clock.schedule(lastWordsMs / 2, among.counted);
    try {
      journal.warn('bug', { cause: tellable(asError(cause)) });
      // When it fails there is the time all the same.
      node.abort()?.then(end, () => {});
    } catch {
      // The error that led here is the one that counts, and the end is near.
    }
  }

  async #leave(signal: EndSignal): Promise<void> {
    const { clock, among } = this.#options;
    if (among !== null) {
      among.leaving();
      among.retire();
      await new Promise<void>((resolve) => void clock.schedule(among.lingerMs, resolve));
    }
    await this.#drain(signal);
  }

  async #drain(signal: EndSignal): Promise<void> {
    const { clock, journal, node, server, noticeMs, drainMs, exit } = this.#options;
    if (noticeMs > 0) {
      journal.info('shutdown_announced', { signal, notice_ms: noticeMs });
      server.leave();
      await new Promise<void>((resolve) => void clock.schedule(noticeMs, resolve));
    }
    const endsAt = clock.now() + drainMs;
    journal.info('shutdown_initiated', { signal });
    await node.drain();
    // What is left of the time is for clients that are still reading.
    await server.close(Math.max(limits.lastWordsMs, endsAt - clock.now()));
    await this.#settle();
    if (this.#failed) return;
    journal.info('shutdown_complete');
    exit(this.#code);
  }

  #settle(): Promise<void> {
    const { clock, settled } = this.#options;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(limits.settleMs, resolve);
      settled().then(resolve, reject).finally(cancel);
    });
  }
}
