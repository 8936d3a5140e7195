/**
 * Signs of life and of wear of a ready worker: one `server/diagnostics` at a time. Whatever the worker writes counts as
 * life; an unanswered beat without a word from it is a miss, also when the pipe to it is full. Two misses in a row are a
 * lost pulse. Each verdict is told once.
 */

import type { Clock } from '../actors/seams.ts';
import { isObject, member } from './json.ts';
import type { TransportLimits } from './limits.ts';
import type { RpcPeer } from './rpc.ts';

export interface PulseOptions {
  readonly rpc: RpcPeer;
  readonly clock: Clock;
  readonly limits: TransportLimits;
  /** What this worker should have: turns running, threads loaded. */
  readonly load: () => { readonly turns: number; readonly threads: number };
  /** Bytes of the worker's state folder. */
  readonly stateBytes: () => Promise<number>;
  readonly lost: (reason: string) => void;
  readonly worn: (reason: string) => void;
}

const missesMax = 2;
/** A leak is one only if it is still there the next time: counts on both sides change all the time. */
const leaksMax = 2;

export class Pulse {
  readonly #options: PulseOptions;
  #cancel: () => void = () => {};
  #stopped = false;
  /** Since the last beat. */
  #heard = false;
  #misses = 0;
  #leaks = 0;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  start(): void {
    this.#cancel = this.#options.clock.schedule(this.#options.limits.pulseMs, () => this.#beat());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** The worker has written something. */
  heard(): void {
    this.#heard = true;
    this.#misses = 0;
  }

  #beat(): void {
    const { rpc, limits, load } = this.#options;
    const before = load();
    this.#heard = false;
    rpc.request({
      method: 'server/diagnostics',
      params: {},
      deadlineMs: limits.pulseAnswerMs,
      urgent: true,
      retry: false,
      settle: (reply) => {
        if (reply.ok) this.#examine(reply.result, before);
        const silent = !reply.ok && reply.failure.kind !== 'refused' && !this.#heard;
        this.#misses = silent ? this.#misses + 1 : 0;
        if (this.#misses < missesMax) return this.start();
        this.#options.lost(`silent, and server/diagnostics unanswered ${missesMax} times`);
      },
    });
    if (limits.stateBytesMax > 0) void this.#weigh();
  }

  async #weigh(): Promise<void> {
    const bytes = await this.#options.stateBytes();
    if (!this.#stopped && bytes > this.#options.limits.stateBytesMax)
      this.#options.worn(`state folder of ${bytes} bytes`);
  }

  #examine(result: unknown, before: { readonly turns: number; readonly threads: number }): void {
    const { limits, load, worn } = this.#options;
    const memory = member(member(result, 'process'), 'residentMemoryBytes');
    if (limits.memoryBytesMax > 0 && typeof memory === 'number' && memory > limits.memoryBytesMax) {
      worn(`memory of ${memory} bytes`);
    }
    const gauges = member(result, 'gauges');
    const gauge = (name: string): number => {
      const found = Array.isArray(gauges)
        ? gauges.find((entry) => isObject(entry) && entry['name'] === name)
        : undefined;
      const value = member(found, 'value');
      return typeof value === 'number' ? value : 0;
    };
    const now = load();
    const turns = gauge('core.turns.active') - Math.max(before.turns, now.turns);
    const threads = gauge('core.threads.live') - Math.max(before.threads, now.threads);
    // Threads linger for a moment after they were closed; among many that is no leak.
    const idle = before.threads === 0 && now.threads === 0;
    this.#leaks = turns > 0 || (idle && threads > 0) ? this.#leaks + 1 : 0;
    if (this.#leaks >= leaksMax) worn(`leaked turns or threads (${turns}, ${threads})`);
  }
}
