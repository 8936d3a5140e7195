/**
 * The edge of one stream cell: it connects the machine that watches over a response with the worker that produces it, the
 * scribe that writes it down, and the readers that follow it.
 */

import type { Subscription } from 'rxjs';
import type { Lease, ResponseId } from '../machines/ids.ts';
import { streamAddress } from '../machines/links.ts';
import { failed, type Outcome } from '../machines/outcome.ts';
import type { Command, StreamEvent } from '../machines/protocol.ts';
import { streamMachine } from '../machines/stream.ts';
import type { StreamLimits } from '../machines/stream-setup.ts';
import type { Head } from './head.ts';
import { ResponseLog } from './log.ts';
import { Scribe } from './scribe.ts';
import type { Clock, Journal } from './seams.ts';
import type { ResponseHandle, ResponseRequest } from './service.ts';
import type { System } from './system.ts';
import { asError } from './thrown.ts';
import type { Turn, TurnEvent } from './turn.ts';
import type { WorkerHost } from './worker-host.ts';

export interface StreamHostOptions {
  readonly head: Head;
  readonly request: ResponseRequest;
  readonly limits: StreamLimits;
  readonly responseBytesMax: number;
  readonly system: System;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly worker: (lease: Lease) => WorkerHost | undefined;
  /** The response has ended, with what the log says; the lease tells which worker had it. */
  readonly ended: (outcome: Outcome, lease: Lease | null) => void;
  /** The worker has let go of it, too. */
  readonly closed: (host: StreamHost) => void;
}

export class StreamHost implements ResponseHandle {
  readonly id: ResponseId;
  readonly log: ResponseLog;
  readonly #options: Omit<StreamHostOptions, 'request'>;
  readonly #request: Omit<ResponseRequest, 'turn'>;
  /** Held until it is handed to a worker: prompts are large. */
  #turn: Turn | null;
  #lease: Lease | null = null;
  #scribe: Scribe | null = null;
  #output: Subscription | null = null;
  #readers = 0;

  constructor(options: StreamHostOptions) {
    const { request, ...kept } = options;
    const { turn, ...asked } = request;
    this.#options = kept;
    this.#request = asked;
    this.#turn = turn;
    this.id = options.head.id;
    this.log = new ResponseLog(options.head);
    options.system.spawn(streamAddress(this.id), {
      machine: streamMachine,
      input: { response: this.id, limits: options.limits },
      edge: (command) => this.#act(command),
      failed: (error) => this.crash(error),
    });
  }

  start(): void {
    this.#tell({ type: 'stream.opened' });
  }

  read(follower: () => void): () => void {
    this.#readers += 1;
    const unfollow = this.log.follow(follower);
    let reading = true;
    return () => {
      if (!reading) return;
      reading = false;
      unfollow();
      this.#readers -= 1;
      if (this.#readers === 0 && this.log.ending === null) this.#tell({ type: 'client.gone' });
    };
  }

  #tell(event: StreamEvent): void {
    this.#options.system.tell({ to: streamAddress(this.id), event });
  }

  #act(command: Command): void {
    switch (command.type) {
      case 'turn.start':
        this.#start(command.lease);
        return;
      case 'turn.stop':
        this.#options.worker(command.lease)?.send(command.lease, { type: 'turn.stop', response: this.id });
        return;
      case 'log.begin':
        this.#scribe?.begin();
        return;
      case 'log.end':
        this.#end(command.outcome);
        return;
      case 'stream.close':
        this.#close();
        return;
      default:
        throw new Error(`stream: no edge for ${command.type}`);
    }
  }

  #start(lease: Lease): void {
    const { clock, journal, responseBytesMax, worker } = this.#options;
    const { revealEncrypted, terms } = this.#request;
    const turn = this.#turn;
    this.#turn = null;
    this.#lease = lease;
    this.#scribe = new Scribe(this.log, {
      lease,
      clock,
      journal,
      responseBytesMax,
      revealEncrypted,
      terms,
      tell: (event) => this.#tell(event),
    });
    const host = worker(lease);
    // A process that died meanwhile revokes the lease; nothing needs to be said here.
    const lane = host?.lane(lease, this.id) ?? null;
    if (lane === null || turn === null) return;
    this.#output = lane.subscribe((batch) => this.#hear(batch));
    host?.send(lease, { type: 'turn.start', response: this.id, turn });
  }

  /** A programmer's error about one response ends that response. */
  #hear(batch: readonly TurnEvent[]): void {
    try {
      this.#scribe?.hear(batch);
    } catch (error) {
      this.crash(asError(error));
    }
  }

  #end(told: Outcome): void {
    if (this.log.ending !== null) return;
    const outcome = this.#named(told);
    this.#options.ended(outcome, this.#lease);
    if (this.#scribe !== null) {
      this.#scribe.end(outcome);
      return;
    }
    this.log.begin();
    this.log.end({ outcome, usage: null, at: Math.floor(this.#options.clock.now() / 1000) });
    this.log.flush();
  }

  /** What is said of the conversation's length names the field that holds it. */
  #named(outcome: Outcome): Outcome {
    if (outcome.type !== 'failed' || outcome.failure.code !== 'context_length_exceeded') return outcome;
    return { type: 'failed', failure: { param: this.#request.inputName, ...outcome.failure } };
  }

  #close(): void {
    this.#output?.unsubscribe();
    this.#options.system.stop(streamAddress(this.id));
    this.#options.closed(this);
  }

  /** The actor failed: the response ends all the same, its turn is stopped, and its slot comes back. */
  crash(error: Error): void {
    const { journal, system, worker } = this.#options;
    journal.warn('stream_crashed', { response: this.id, error: error.message });
    const lease = this.#lease;
    if (lease === null) system.tell({ to: 'supervisor', event: { type: 'lease.cancelled', response: this.id } });
    else {
      worker(lease)?.send(lease, { type: 'turn.stop', response: this.id });
      system.tell({ to: 'supervisor', event: { type: 'lease.released', response: this.id, lease } });
    }
    try {
      this.#end(failed('internal_error'));
    } finally {
      this.#close();
    }
  }
}
