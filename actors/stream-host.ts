/**
 * The edge of one stream cell: it connects the machine that watches over a response with the worker that produces it, the
 * scribe that writes it down, and the readers that follow it.
 */

import type { Lease, ResponseId } from '../machines/ids.ts';
import { streamAddress } from '../machines/links.ts';
import { failed, type Outcome } from '../machines/outcome.ts';
import type { Command, StreamEvent } from '../machines/protocol.ts';
import { streamMachine } from '../machines/stream.ts';
import type { StreamLimits } from '../machines/stream-setup.ts';
import type { CellSpec, Machine } from './cell.ts';
import { inputTokensOf } from './estimate.ts';
import { ResponseLog } from './log.ts';
import { countedUsage, failureOf, isCall } from './log-entry.ts';
import { namedOutcome } from './named-outcome.ts';
import { Scribe } from './scribe.ts';
import type { Asked, ResponseHandle, ResponseRequest } from './service.ts';
import type { StreamHostOptions, StreamHouse } from './stream-options.ts';
import { asError, tellable } from './thrown.ts';
import type { Turn, TurnEvent } from './turn.ts';

const nothing = (): void => {};

export class StreamHost implements ResponseHandle, CellSpec<Machine> {
  readonly machine = streamMachine;
  readonly id: ResponseId;
  readonly log: ResponseLog;
  readonly #address: ReturnType<typeof streamAddress>;
  readonly #house: StreamHouse;
  readonly #limits: StreamLimits;
  readonly #request: Pick<ResponseRequest, 'owner' | 'terms' | 'inputName' | 'schemaName'>;
  /** Held until a worker has accepted it, because another one may be asked; no longer, because prompts are large. */
  #turn: Turn | null;
  /** Of the prompt, by estimate. */
  readonly #inputTokens: number;
  /** Held until the response is kept; null: it will not be. */
  #asked: Asked | null;
  #lease: Lease | null = null;
  #scribe: Scribe | null = null;
  /** Leaves the output of the worker. */
  #leave: (() => void) | null = null;
  #readers = 0;
  readonly #openedAt: number;
  /** Ended by time, whatever the machine calls that. */
  #curtailed = false;
  #stopTimer = nothing;

  constructor(options: StreamHostOptions) {
    const { house, request } = options;
    const { turn, asked, owner, terms, inputName, schemaName } = request;
    this.#house = house;
    this.#limits = options.limits;
    this.#request = { owner, terms, inputName, ...(schemaName === undefined ? {} : { schemaName }) };
    this.#turn = turn;
    this.#inputTokens = inputTokensOf(turn);
    this.#asked = asked;
    this.id = options.head.id;
    this.#openedAt = house.clock.now();
    this.log = new ResponseLog(options.head);
    this.#address = streamAddress(this.id);
    house.system.spawn(this.#address, this);
  }

  get input(): unknown {
    return { response: this.id, limits: this.#limits };
  }

  /** `curtailMs`: from now until the response ends as it is; null: never. */
  start(curtailMs: number | null): void {
    if (curtailMs !== null) this.#stopTimer = this.#house.clock.schedule(curtailMs, () => this.#curtail());
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
      if (this.#readers > 0 || this.log.ending !== null) return;
      if (this.#lease !== null) this.#house.deserted(this.#lease);
      this.#tell({ type: 'client.gone' });
    };
  }

  /** Still being produced, to be kept for that owner. */
  awaitedBy(owner: string): boolean {
    return this.#asked !== null && this.#request.owner === owner;
  }

  discard(): void {
    this.#asked = null;
    this.#tell({ type: 'client.gone' });
  }

  /** To the machine it is the same as a client that has left: nobody waits for more, wherever the turn is. */
  #curtail(): void {
    if (this.log.ending !== null) return;
    this.#curtailed = true;
    this.#tell({ type: 'client.gone' });
  }

  /** What that client is told instead: what there is, or that it has taken too long. */
  #outcomeOf(told: Outcome): Outcome {
    if (!this.#curtailed || told.type !== 'cancelled') return told;
    const isTold = this.#scribe?.curtail() === true;
    return isTold ? { type: 'incomplete', reason: 'max_output_tokens' } : failed('idle_timeout');
  }

  #tell(event: StreamEvent): void {
    this.#house.system.tell({ to: this.#address, event });
  }

  edge(command: Command): void {
    switch (command.type) {
      case 'turn.start':
        this.#start(command.lease);
        return;
      case 'turn.stop':
        this.#stop(command.lease);
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
    const house = this.#house;
    const { journal, diagnostics, starts } = house;
    const turn = this.#turn;
    if (turn === null) throw new Error('stream: its turn was accepted before');
    if (this.#lease !== null)
      journal.info('turn_retried', { response_id: this.id, slot: lease.slot, epoch: lease.epoch });
    this.#lease = lease;
    starts.begin(this.id);
    diagnostics.publish('lease.granted', { response: this.id, ...lease, waitedMs: this.#ageMs() });
    this.#leave?.();
    const scribe = new Scribe(this.log, {
      house,
      lease,
      terms: this.#request.terms,
      inputTokens: this.#inputTokens,
      tell: (event) => this.#told(event),
    });
    this.#scribe = scribe;
    const host = house.worker(lease);
    // A process that died meanwhile revokes the lease; nothing needs to be said here.
    this.#leave = host?.lane(lease, this.id, (batch) => this.#hear(scribe, batch)) ?? null;
    if (this.#leave === null) return;
    host?.send(lease, { type: 'turn.start', response: this.id, turn });
  }

  /** A turn that is stopped before the response has ended came to nothing: nothing of it is written any more. */
  #stop(lease: Lease): void {
    this.#house.starts.settle(this.id);
    if (this.log.ending === null) {
      this.#scribe?.leave();
      this.#scribe = null;
    }
    this.#house.worker(lease)?.send(lease, { type: 'turn.stop', response: this.id });
  }

  /** Whatever is not a refusal proves that the turn was accepted. */
  #told(event: StreamEvent): void {
    this.#house.starts.settle(this.id);
    if (event.type !== 'turn.refused' && event.type !== 'turn.closed') this.#turn = null;
    this.#tell(event);
  }

  /** A programmer's error about one response ends that response. */
  #hear(scribe: Scribe, batch: readonly TurnEvent[]): void {
    try {
      scribe.hear(batch);
    } catch (error) {
      this.failed(asError(error));
    }
  }

  #end(told: Outcome): void {
    this.#house.starts.settle(this.id);
    if (this.log.ending !== null) return;
    this.#turn = null;
    this.#stopTimer();
    const ended = this.#outcomeOf(told);
    const outcome = this.#house.ended(namedOutcome(this.#scribe?.judge(ended) ?? ended, this.#request), this.#lease);
    const begun = this.log.length > 0;
    if (this.#scribe !== null) this.#scribe.end(outcome);
    else {
      if (!begun) this.log.begin();
      this.log.end({ outcome, usage: null, at: Math.floor(this.#house.clock.now() / 1000) });
      this.log.flush();
    }
    this.#house.diagnostics.publish('response.ended', {
      response: this.id,
      slot: this.#lease?.slot ?? null,
      outcome,
      durationMs: this.#ageMs(),
      gaps: this.#scribe?.gaps ?? null,
      usage: countedUsage(this.log.ending),
      calls: this.log.items.filter(isCall).length,
    });
    this.#keep(begun);
  }

  #ageMs(): number {
    return this.#house.clock.now() - this.#openedAt;
  }

  /** A failure before the beginning told nobody the id. */
  #keep(begun: boolean): void {
    const asked = this.#asked;
    const { ending } = this.log;
    this.#asked = null;
    if (asked === null || ending === null || (!begun && failureOf(ending.outcome) !== null)) return;
    this.#house.keep(this.#request.owner, { input: asked.input, log: this.log.toRecord() }, asked.previous);
  }

  #close(): void {
    this.#leave?.();
    this.#house.system.stop(this.#address);
    this.#house.closed(this.id);
  }

  /** The actor failed: the response ends all the same, its turn is stopped, and its slot comes back. */
  failed(error: Error): void {
    const { journal, system, worker } = this.#house;
    journal.warn('stream_crashed', { response_id: this.id, error: tellable(error) });
    const lease = this.#lease;
    try {
      this.#end(failed('internal_error'));
    } finally {
      if (lease !== null) worker(lease)?.send(lease, { type: 'turn.stop', response: this.id });
      system.tell({ to: 'supervisor', event: { type: 'lease.cancelled', response: this.id } });
      this.#close();
    }
  }
}
