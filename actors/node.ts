/**
 * A node: the supervisor, its workers, the login and the streams of one process, wired together. It is what the HTTP front
 * talks to, and with fakes for its seams it is the whole product without HTTP.
 */

import type { Lease, ResponseId, Slot } from '../machines/ids.ts';
import type { Outcome } from '../machines/outcome.ts';
import type { Command } from '../machines/protocol.ts';
import { supervisorMachine } from '../machines/supervisor.ts';
import { Archive } from './archive.ts';
import type { AccountLimits } from './account-limits.ts';
import type { Cell } from './cell.ts';
import { Condition, type SupervisorSnapshot } from './condition.ts';
import { type Diagnostics, letterKind, unwatched } from './diagnostics.ts';
import { LoginDesk, type SharedLogin } from './login-desk.ts';
import type { NodeLimits } from './node-limits.ts';
import type { Elsewhere, Reached } from './elsewhere.ts';
import type { Clock, Credentials, Ids, Journal, Launcher } from './seams.ts';
import type { Health, ResponseHandle, ResponseRequest, Service, SignIn, WorkerExit } from './service.ts';
import { Starts } from './starts.ts';
import { StreamHost } from './stream-host.ts';
import type { StreamHouse } from './stream-options.ts';
import { System } from './system.ts';
import type { Store } from './store.ts';
import { Table } from './table.ts';
import type { JsonObject } from './turn.ts';
import { WorkerHost } from './worker-host.ts';

export interface NodeOptions {
  readonly limits: NodeLimits;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly journal: Journal;
  readonly launcher: Launcher;
  /** Null: responses are not kept. */
  readonly store: Store | null;
  /** The other nodes of this host; null or absent: there are none. */
  readonly elsewhere?: Elsewhere | null;
  /** Absent: nobody changes them but a login. */
  readonly credentials?: Credentials;
  /** Absent: nobody else has the same home. */
  readonly sharedLogin?: SharedLogin;
  /** A worker whose client has left is replaced as soon as that costs nobody else an answer. */
  readonly replaceDeserted?: boolean;
  /** `unwatched` if absent. */
  readonly diagnostics?: Diagnostics;
  /** Of what answers hold beside their text. */
  readonly observers?: Pick<StreamHouse, 'toolBuffer' | 'sanitized'>;
  /** A programmer's error that no actor can contain: the process should end. */
  readonly bug: (error: Error) => void;
}

/** Chosen names that are remembered beyond their responses. */
const wantedIdsMax = 10_000;

export class Node implements Service {
  readonly #options: NodeOptions;
  readonly #system: System;
  readonly #supervisor: Cell;
  readonly #login: LoginDesk;
  readonly #workers: readonly WorkerHost[];
  readonly #condition: Condition;
  #models: readonly JsonObject[] = [];
  #limits: AccountLimits | null = null;
  #deadLetters = 0;
  #aborted = false;
  #renews = true;
  /** Responses that have not let go of their worker yet. */
  readonly #streams = new Table<string, StreamHost>();
  /** Names that clients have chosen, oldest first. */
  readonly #wanted = new Set<ResponseId>();
  readonly #closed = Promise.withResolvers<void>();
  readonly starts = new Starts();
  /** The same for all streams, of which there are many. */
  readonly #house: StreamHouse;

  constructor(options: NodeOptions) {
    const { clock, limits, journal, launcher, ids, bug, diagnostics = unwatched } = options;
    this.#options = options;
    const supervisor = () => this.#supervisor.snapshot() as SupervisorSnapshot;
    this.#condition = new Condition({ clock, journal, supervisor });
    const system = new System(clock, limits.lettersMax, bug);
    this.#system = system;
    this.#house = {
      system,
      clock,
      journal,
      diagnostics,
      responseBytesMax: limits.responseBytesMax,
      starts: this.starts,
      worker: (lease) => this.#workers[lease.slot],
      ended: (outcome, lease) => this.#ended(outcome, lease),
      deserted: (lease) => {
        if (options.replaceDeserted) this.#workers[lease.slot]?.wear(lease, 'its client has left');
      },
      keep: (owner, exchange, previous) => options.store?.put(owner, exchange, previous),
      closed: (response) => void this.#streams.delete(response),
      ...options.observers,
    };
    system.deadLetters.subscribe(({ to }) => {
      this.#deadLetters += 1;
      diagnostics.publish('letter.dead', { to: letterKind(to) });
    });
    this.#supervisor = system.spawn('supervisor', {
      machine: supervisorMachine,
      input: { size: limits.workers, limits: limits.pool },
      edge: ({ type }: Command) => void (type === 'pool.close' && this.#closed.resolve()),
      failed: bug,
    });
    this.#supervisor.watch(() => this.#condition.look());
    this.#login = new LoginDesk({
      system,
      limits: limits.login,
      clock,
      expectant: () => this.#workers.some((worker) => worker.running),
      start: () => this.#workers.some((worker) => worker.sendNow({ type: 'login.start' })),
      read: (slot) => void this.#workers[slot]?.sendNow({ type: 'account.read' }),
      renew: () => this.#renew(),
      shared: options.sharedLogin ?? null,
      bug,
    });
    this.#workers = Array.from({ length: limits.workers }, (_, index) => {
      const news = {
        exited: (exit: Omit<WorkerExit, 'at'>) => {
          this.#condition.exited(exit);
          this.#login.look();
        },
        ready: () => this.#condition.ready(),
        incompatible: () => this.#condition.incompatible(),
        modelsObserved: (models: readonly JsonObject[]) => {
          this.#models = models;
          journal.info('models_observed', { model_count: models.length });
        },
        limitsObserved: (observed: AccountLimits) => void (this.#limits = observed),
        login: (event: Parameters<LoginDesk['hear']>[0]) => this.#login.hear(event),
        renews: () => this.#renews,
        accountUnknown: () => this.#login.hearNothing(),
      };
      const seams = { system, launcher, ids, clock, journal, diagnostics };
      return new WorkerHost({ slot: index as Slot, limits: limits.worker, ...seams, news, bug });
    });
  }

  /** Starts the first worker, which renews the sign-in that all share, unless somebody else does; the others follow it. */
  start(renews = true): void {
    this.#renews = renews;
    this.#system.tell({ to: 'supervisor', event: { type: 'pool.opened' } });
  }

  open(request: ResponseRequest, named?: (id: ResponseId) => void): ResponseHandle {
    const { clock, limits } = this.#options;
    const stream = new StreamHost({
      head: {
        id: this.#idFor(request.wantedId),
        createdAt: Math.floor(clock.now() / 1000),
        model: request.model,
        echo: request.echo,
        revealEncrypted: request.revealEncrypted,
      },
      request,
      limits: request.streaming ? limits.live : limits.whole,
      house: this.#house,
    });
    this.#streams.set(stream.id, stream);
    named?.(stream.id);
    if (this.#aborted) stream.failed(new Error('the node was aborted'));
    else stream.start(request.streaming ? null : limits.curtailMs);
    return stream;
  }

  #idFor(wanted: ResponseId | undefined): ResponseId {
    return wanted !== undefined && this.claim(wanted) ? wanted : this.#options.ids.response();
  }

  /** A name is given once, whoever wants it: events, stored responses and leases are found by it. */
  claim(name: string): boolean {
    const wanted = name as ResponseId;
    const isGiven = this.#wanted.has(wanted) || this.#streams.has(wanted) || this.#options.store?.has(wanted) === true;
    if (isGiven) return false;
    this.#wanted.add(wanted);
    const [oldest] = this.#wanted;
    if (this.#wanted.size > wantedIdsMax && oldest !== undefined) this.#wanted.delete(oldest);
    return true;
  }

  claimElsewhere(name: ResponseId): Promise<Reached<boolean>> {
    return this.#options.elsewhere?.claim(name) ?? Promise.resolve(true);
  }

  archive(owner: string): Archive | null {
    const { store, elsewhere } = this.#options;
    if (store === null) return null;
    const running = (id: string): StreamHost | null => {
      const stream = this.#streams.get(id);
      return stream?.awaitedBy(owner) === true ? stream : null;
    };
    return new Archive(owner, store, running, elsewhere);
  }

  /** After a programmer's error: every open response fails now. Nothing is promised of the node afterwards. */
  abort(): void {
    this.#aborted = true;
    for (const stream of [...this.#streams.values()]) {
      try {
        stream.failed(new Error('the node was aborted'));
      } catch {
        // The next one is told all the same.
      }
    }
  }

  signIn(): Promise<SignIn> {
    return this.#login.signIn();
  }

  models(): readonly JsonObject[] {
    return this.#models;
  }

  limits(): AccountLimits | null {
    return this.#limits;
  }

  health(): Health {
    return { ...this.#condition.health(this.#aborted, this.#deadLetters), login: this.#login.state };
  }

  drain(): Promise<void> {
    this.#system.tell({ to: 'supervisor', event: { type: 'drain.requested' } });
    return this.#closed.promise;
  }

  /** A fresh process sees credentials that have changed; if they are good, the login has the others replaced, too. */
  #renew(): boolean {
    const slot = this.#workers.findIndex((worker) => worker.ready) as Slot;
    if (slot < 0 || this.#options.credentials?.renewed() !== true) return false;
    this.#options.journal.info('credentials_renewed', { slot });
    // It is no failure, however young the worker is.
    this.#system.tell({ to: 'supervisor', event: { type: 'slot.settled', slot } });
    this.#system.tell({ to: 'supervisor', event: { type: 'credentials.stale', slot } });
    return true;
  }

  #ended(outcome: Outcome, lease: Lease | null): Outcome {
    // The provider refused the account of that worker: the login has to find out why.
    const isRejected = outcome.type === 'failed' && outcome.failure.code === 'signed_out';
    if (isRejected && lease !== null) this.#login.hear({ type: 'account.rejected', slot: lease.slot });
    return this.#condition.reworded(outcome);
  }
}
