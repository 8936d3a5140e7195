/**
 * One worker behind the real launcher, for tests that drive a real process: what it has said so far, and waiting for what it
 * says next. Real time, but nothing waits for a time of its own.
 */

import { SystemClock } from '../actors/clock.ts';
import type { Channel, Ids, WorkerFact } from '../actors/seams.ts';
import type { Turn, TurnEvent } from '../actors/turn.ts';
import type { Epoch, ResponseId, Slot } from '../machines/ids.ts';
import { eventsOf } from './text-runs.ts';
import { createLauncher, type LauncherOptions } from '../transport/launcher.ts';

export const realClock = new SystemClock();
export const workerIds: Ids = { response: () => 'resp_x' as ResponseId, request: () => 'req_x', jitter: () => 0.5 };
export const silentJournal = { info: () => {}, warn: () => {} };

let responses = 0;
let slots = 0;

export class Worker {
  readonly channel: Channel;
  readonly facts: WorkerFact[] = [];
  readonly events = new Map<ResponseId, TurnEvent[]>();
  readonly #waiting = new Set<() => void>();

  constructor(channel: Channel) {
    this.channel = channel;
    channel.facts.subscribe((fact) => {
      this.facts.push(fact);
      this.#wake();
    });
    channel.output.subscribe((batch) => {
      for (const { response, event } of batch) this.of(response).push(...eventsOf(event));
      this.#wake();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }

  of(response: ResponseId): TurnEvent[] {
    const events = this.events.get(response) ?? [];
    this.events.set(response, events);
    return events;
  }

  async until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        this.#waiting.delete(check);
        resolve(found);
      };
      this.#waiting.add(check);
      check();
    });
  }

  async fact<K extends WorkerFact['type']>(type: K): Promise<Extract<WorkerFact, { type: K }>> {
    return this.until(
      () => this.facts.find((fact) => fact.type === type) as Extract<WorkerFact, { type: K }> | undefined,
    );
  }

  async event<K extends TurnEvent['type']>(response: ResponseId, type: K): Promise<Extract<TurnEvent, { type: K }>> {
    return this.until(
      () => this.of(response).find((event) => event.type === type) as Extract<TurnEvent, { type: K }> | undefined,
    );
  }

  start(turn: Turn): ResponseId {
    responses += 1;
    const response = `resp_${responses}` as ResponseId;
    this.channel.send({ type: 'turn.start', response, turn });
    return response;
  }

  async stop(response: ResponseId): Promise<void> {
    this.channel.send({ type: 'turn.stop', response });
    await this.event(response, 'turn.closed');
  }

  /** The turn to its end, stopped as the runtime does it. */
  async run(turn: Turn): Promise<TurnEvent[]> {
    const response = this.start(turn);
    await this.until(() => this.of(response).find(({ type }) => type === 'turn.ended' || type === 'turn.refused'));
    await this.stop(response);
    return this.of(response);
  }
}

/** A process that was started; `process.spawned` or `process.exited` follows. */
export const launched = (options: LauncherOptions): Worker => {
  slots += 1;
  return new Worker(createLauncher(options).launch(slots as Slot, 1 as Epoch));
};

/** The same worker when it is ready. */
export const initialized = async (worker: Worker): Promise<Worker> => {
  await worker.fact('process.spawned');
  worker.channel.send({ type: 'initialize', refresh: false });
  await worker.fact('handshake.completed');
  return worker;
};
