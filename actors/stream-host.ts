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
import type { ResponseHandle } from './service.ts';
import type { System } from './system.ts';
import type { Turn } from './turn.ts';
import type { WorkerHost } from './worker-host.ts';

export interface StreamHostOptions {
  readonly head: Head;
  readonly turn: Turn;
  readonly limits: StreamLimits;
  readonly responseBytesMax: number;
  readonly revealEncrypted: boolean;
  readonly system: System;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly worker: (lease: Lease) => WorkerHost | undefined;
  /** The response has ended, with what the log says. */
  readonly ended: (outcome: Outcome) => void;
  /** The worker has let go of it, too. */
  readonly closed: (host: StreamHost) => void;
}

export class StreamHost implements ResponseHandle {
  readonly id: ResponseId;
  readonly log: ResponseLog;
  readonly #options: StreamHostOptions;
  #scribe: Scribe | null = null;
  #output: Subscription | null = null;
  #readers = 0;

  constructor(options: StreamHostOptions) {
    this.#options = options;
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
    const { clock, journal, responseBytesMax, revealEncrypted, worker, turn } = this.#options;
    this.#scribe = new Scribe(this.log, {
      lease,
      clock,
      journal,
      responseBytesMax,
      revealEncrypted,
      tell: (event) => this.#tell(event),
    });
    const host = worker(lease);
    // A process that died meanwhile revokes the lease; nothing needs to be said here.
    const lane = host?.lane(lease, this.id) ?? null;
    if (lane === null) return;
    this.#output = lane.subscribe((batch) => this.#scribe?.hear(batch));
    host?.send(lease, { type: 'turn.start', response: this.id, turn });
  }

  #end(outcome: Outcome): void {
    if (this.log.ending !== null) return;
    this.#options.ended(outcome);
    if (this.#scribe !== null) {
      this.#scribe.end(outcome);
      return;
    }
    this.log.begin();
    this.log.end({ outcome, usage: null, at: Math.floor(this.#options.clock.now() / 1000) });
    this.log.flush();
  }

  #close(): void {
    this.#output?.unsubscribe();
    this.#options.system.stop(streamAddress(this.id));
    this.#options.closed(this);
  }

  /** The machine failed: the response ends all the same. */
  crash(error: Error): void {
    this.#options.journal.warn('stream_crashed', { response: this.id, error: error.message });
    this.#end(failed('internal_error'));
    this.#close();
  }
}
