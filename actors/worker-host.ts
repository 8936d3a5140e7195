/**
 * The edge of one worker cell: it starts the processes that the machine asks for, turns what they say into the machine's
 * events, and keeps the channel by which streams reach the process that is running now.
 */

import type { Epoch, Lease, ResponseId, Slot } from '../machines/ids.ts';
import { workerAddress } from '../machines/links.ts';
import type { LoginEvent, WorkerCommand, WorkerEvent } from '../machines/protocol.ts';
import { type WorkerLimits, workerMachine } from '../machines/worker.ts';
import type { AccountLimits } from './account-limits.ts';
import { Demux, type Hear } from './demux.ts';
import type { Diagnostics, ExitReason } from './diagnostics.ts';
import type { LogFacts } from './log-events.ts';
import type { Channel, ChannelCommand, Clock, Ids, Journal, Launcher, WorkerFact } from './seams.ts';
import type { WorkerExit } from './service.ts';
import type { System } from './system.ts';
import type { JsonObject } from './turn.ts';

/** What a worker says that is not about its own life. */
export interface WorkerNews {
  readonly exited: (exit: Omit<WorkerExit, 'at'>) => void;
  readonly ready: (slot: Slot) => void;
  readonly modelsObserved: (models: readonly JsonObject[]) => void;
  readonly limitsObserved: (limits: AccountLimits) => void;
  readonly login: (event: LoginEvent) => void;
  /** Whether somebody is signed in could not be found out. */
  readonly accountUnknown: () => void;
  /** The sign-in is to be renewed by the first worker. */
  readonly renews: () => boolean;
  /** It is of a version with which nothing can be done. */
  readonly incompatible: () => void;
}

export interface WorkerHostOptions {
  readonly slot: Slot;
  readonly limits: WorkerLimits;
  readonly system: System;
  readonly launcher: Launcher;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly diagnostics: Diagnostics;
  readonly news: WorkerNews;
  /** A machine or edge failed: the node cannot be trusted any more. */
  readonly bug: (error: Error) => void;
}

interface Running {
  readonly epoch: Epoch;
  readonly startedAt: number;
  /** To end. */
  asked: boolean;
  /** It has shaken hands, and may be asked things. */
  ready: boolean;
  /** Why it will end; null: nothing speaks for that. */
  doom: ExitReason | null;
  readonly channel: Channel;
  readonly demux: Demux;
}

/** Without the address: whoever has that can put an account of his own under the gateway. */
const howToSignIn =
  'repeat the request on this machine, its error names an address and a code; or run codex login --device-auth with the CODEX_HOME of the gateway';

export class WorkerHost {
  readonly #options: WorkerHostOptions;
  #running: Running | null = null;

  constructor(options: WorkerHostOptions) {
    this.#options = options;
    options.system.spawn(workerAddress(options.slot), {
      machine: workerMachine,
      input: { slot: options.slot, limits: options.limits },
      edge: (command) => this.#act(command as WorkerCommand),
      failed: options.bug,
    });
  }

  /** Follows one response on the process that the lease names until the returned function is called; null: that process is gone. */
  lane(lease: Lease, response: ResponseId, hear: Hear): (() => void) | null {
    return this.#holds(lease) ? (this.#running?.demux.lane(response, hear) ?? null) : null;
  }

  /** Sends to the process that the lease names; dropped when that process is gone. */
  send(lease: Lease, command: ChannelCommand): void {
    if (this.#holds(lease)) this.#running?.channel.send(command);
  }

  get running(): boolean {
    return this.#running !== null;
  }

  /** It has shaken hands, and may be asked things. */
  get ready(): boolean {
    return this.#running?.ready === true;
  }

  /** The process that the lease names is to be replaced as soon as that costs nobody an answer; that is no failure. */
  wear(lease: Lease, reason: string): void {
    if (this.#holds(lease)) this.#hear({ type: 'wear.observed', reason, served: true }, lease.epoch);
  }

  /** Sends to whatever process is in service; false when there is none. */
  sendNow(command: ChannelCommand): boolean {
    if (this.#running?.ready !== true) return false;
    this.#running.channel.send(command);
    return true;
  }

  #holds(lease: Lease): boolean {
    return this.#running?.epoch === lease.epoch;
  }

  #act(command: WorkerCommand): void {
    if (command.type === 'process.spawn') this.#spawn(command.epoch);
    else if ('epoch' in command && this.#running?.epoch === command.epoch) this.#order(command, this.#running);
  }

  #order(command: WorkerCommand, running: Running): void {
    const { channel } = running;
    if (command.type === 'process.ask') running.asked = true;
    if (command.type === 'process.initialize') {
      // The first process renews the sign-in that all share; the others start when it is done.
      channel.send({ type: 'initialize', refresh: this.#options.slot === 0 && this.#options.news.renews() });
    } else if (command.type === 'process.ask') {
      this.#doom('stopped');
      channel.send({ type: 'ask' });
    } else if (command.type === 'process.kill') {
      this.#doom(this.ready ? 'stopped' : 'handshake_failed');
      channel.send({ type: 'kill' });
    }
  }

  #spawn(epoch: Epoch): void {
    const { launcher, slot } = this.#options;
    const channel = launcher.launch(slot, epoch);
    this.#running = {
      epoch,
      startedAt: this.#options.clock.now(),
      asked: false,
      ready: false,
      doom: null,
      channel,
      demux: new Demux(channel.output),
    };
    channel.facts.subscribe((fact) => this.#hear(fact, epoch));
  }

  /** The first sign counts: the others follow from it. */
  #doom(reason: ExitReason, epoch = this.#running?.epoch): void {
    if (this.#running !== null && this.#running.epoch === epoch) this.#running.doom ??= reason;
  }

  #place(epoch: Epoch, state: 'starting' | 'ready' | 'exited'): LogFacts<'worker_spawned'> {
    return { slot: this.#options.slot, epoch, worker_state: state, restart_count: epoch - 1 };
  }

  /** Of the process that is in service. */
  #now(epoch: Epoch): LogFacts<'worker_spawned'> {
    return this.#place(epoch, this.#running?.epoch === epoch && this.#running.ready ? 'ready' : 'starting');
  }

  #hear(fact: WorkerFact, epoch: Epoch): void {
    const { slot, news, ids, journal } = this.#options;
    switch (fact.type) {
      case 'process.spawned':
        journal.info('worker_spawned', this.#place(epoch, 'starting'));
        this.#tell({ type: fact.type, epoch });
        return;
      case 'process.exited':
        this.#tellExit(fact, epoch);
        if (this.#running?.epoch === epoch) {
          const reason = this.#running.doom ?? (fact.signal === null ? 'crashed' : 'killed');
          this.#options.diagnostics.publish('worker.exited', { slot, epoch, reason });
          this.#running.demux.close();
          this.#running = null;
          news.exited({ code: fact.code, signal: fact.signal, reason: fact.reason });
        }
        this.#tell({ type: fact.type, epoch, jitter: ids.jitter() });
        return;
      case 'handshake.completed':
        journal.info('worker_ready', {
          ...this.#place(epoch, 'ready'),
          version: fact.version,
          latency_ms: Math.round(this.#options.clock.now() - (this.#running?.startedAt ?? 0)),
        });
        if (this.#running?.epoch === epoch) this.#running.ready = true;
        this.#tell({ type: fact.type, epoch });
        news.ready(slot);
        return;
      case 'wear.observed':
        this.#doom('worn', epoch);
        if (fact.served && this.#running?.epoch === epoch) this.#settle();
        journal.info('worker_worn', { ...this.#now(epoch), reason: fact.reason });
        this.#tell({ type: fact.type, epoch });
        return;
      case 'handshake.failed':
        this.#doom(fact.incompatible === undefined ? 'handshake_failed' : 'incompatible', epoch);
        if (fact.incompatible !== undefined) news.incompatible();
        journal.warn('worker_handshake_failed', { ...this.#now(epoch), reason: fact.reason });
        this.#tell({ type: fact.type, epoch });
        return;
      case 'pulse.lost':
        this.#doom('pulse_lost', epoch);
        journal.warn('worker_silent', { ...this.#now(epoch), reason: fact.reason });
        this.#tell({ type: fact.type, epoch });
        return;
      case 'models.observed':
        news.modelsObserved(fact.models);
        return;
      case 'limits.observed':
        news.limitsObserved(fact.limits);
        return;
      case 'account.observed':
        if (fact.signedIn === null) news.accountUnknown();
        else news.login({ type: fact.type, slot, signedIn: fact.signedIn });
        return;
      case 'login.offered':
        // Whoever has the code can put an account of their own under the gateway: it is told to the caller only.
        journal.info('login_offered', { slot, epoch, remedy: howToSignIn });
        news.login({ type: fact.type, slot, offer: fact.offer });
        return;
      case 'login.failed':
        journal.info('login_failed', { slot, epoch, reason: fact.reason });
        news.login({ type: fact.type, slot });
        return;
      case 'login.completed':
        news.login({ type: fact.type, slot, success: fact.success });
    }
  }

  #tellExit({ code, signal, reason }: Extract<WorkerFact, { type: 'process.exited' }>, epoch: Epoch): void {
    const { journal } = this.#options;
    const facts = { ...this.#place(epoch, 'exited'), exit_code: code, signal, reason };
    if (this.#running?.epoch === epoch && this.#running.asked) journal.info('worker_exit', facts);
    else journal.warn('worker_exit', facts);
  }

  /** Its service counts as settled whatever the time: so its replacement is no failure, and costs no wait. */
  #settle(): void {
    const { system, slot } = this.#options;
    system.tell({ to: 'supervisor', event: { type: 'slot.settled', slot } });
  }

  #tell(event: WorkerEvent): void {
    this.#options.system.tell({ to: workerAddress(this.#options.slot), event });
  }
}
