/**
 * A host: the supervisor of the nodes that share a port, and of their processes. It runs the machines that supervise workers
 * (`machines/supervisor.ts`, `machines/worker.ts`): a node is a place with processes one after the other, too, and there are no
 * leases. So restarts back off with jitter, too many in a window open a circuit that closes again by time, and a drain ends with
 * every process gone.
 */

import type { Epoch, Slot } from '../machines/ids.ts';
import { workerAddress } from '../machines/links.ts';
import type { SlotPhase } from '../machines/pool.ts';
import type { Command, WorkerCommand, WorkerEvent } from '../machines/protocol.ts';
import type { PoolLimits } from '../machines/pool.ts';
import { supervisorMachine } from '../machines/supervisor.ts';
import { type WorkerLimits, workerMachine } from '../machines/worker.ts';
import type { Cell } from './cell.ts';
import type { SupervisorSnapshot } from './condition.ts';
import type { NodeFact, NodeLauncher, NodeProcess } from './host-seams.ts';
import type { Clock, Ids, Journal } from './seams.ts';
import { System } from './system.ts';

export interface HostLimits {
  readonly nodes: number;
  readonly pool: PoolLimits;
  /** Of the process of a node. */
  readonly process: WorkerLimits;
  readonly lettersMax: number;
}

export interface HostOptions {
  readonly limits: HostLimits;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'jitter'>;
  readonly journal: Journal;
  readonly launcher: NodeLauncher;
  /** Once: every node has been tried, and one at least takes requests. */
  readonly opened: () => void;
  /** A process has ended; `served`: some process of this host has taken requests before. */
  readonly exited: (exit: Extract<NodeFact, { type: 'exited' }>, served: boolean) => void;
  readonly bug: (error: Error) => void;
}

/** For whoever asks how the host is. */
export interface NodeState {
  readonly phase: SlotPhase;
  readonly pid: number | null;
  readonly restarts: number;
}

interface Running {
  readonly epoch: Epoch;
  readonly process: NodeProcess;
  readonly startedAt: number;
  pid: number | null;
  asked: boolean;
}

export class Host {
  readonly #options: HostOptions;
  readonly #system: System;
  readonly #supervisor: Cell;
  readonly #running = new Map<number, Running>();
  readonly #phases: SlotPhase[] = [];
  readonly #closed = Promise.withResolvers<void>();
  /** Nodes that have listened, or ended before that. */
  readonly #tried = new Set<number>();
  #served = false;
  #open = false;

  constructor(options: HostOptions) {
    const { limits, clock, bug } = options;
    this.#options = options;
    const system = new System(clock, limits.lettersMax, bug);
    this.#system = system;
    this.#supervisor = system.spawn('supervisor', {
      machine: supervisorMachine,
      input: { size: limits.nodes, limits: limits.pool },
      edge: (command: Command) => {
        if (command.type === 'pool.close') this.#closed.resolve();
      },
      failed: bug,
    });
    this.#supervisor.watch(() => this.#look());
    for (let node = 0; node < limits.nodes; node += 1) {
      system.spawn(workerAddress(node as Slot), {
        machine: workerMachine,
        input: { slot: node, limits: limits.process },
        edge: (command: Command) => this.#act(node, command as WorkerCommand),
        failed: bug,
      });
    }
  }

  /** Starts the first node; the others follow when it listens, or has failed to. */
  start(): void {
    this.#system.tell({ to: 'supervisor', event: { type: 'pool.opened' } });
  }

  /** Asks every node to end; resolves when all are gone, or were given up. */
  drain(): Promise<void> {
    this.#system.tell({ to: 'supervisor', event: { type: 'drain.requested' } });
    return this.#closed.promise;
  }

  nodes(): readonly NodeState[] {
    return this.#pool().slots.map(({ phase, restartsTotal }, node) => ({
      phase,
      pid: this.#running.get(node)?.pid ?? null,
      restarts: restartsTotal,
    }));
  }

  #pool(): SupervisorSnapshot['context'] {
    return (this.#supervisor.snapshot() as SupervisorSnapshot).context;
  }

  #act(node: number, command: WorkerCommand): void {
    const running = this.#running.get(node);
    if (command.type === 'process.spawn') this.#spawn(node, command.epoch);
    else if (!('epoch' in command) || running?.epoch !== command.epoch) return;
    else if (command.type === 'process.ask') {
      running.asked = true;
      running.process.ask();
    } else if (command.type === 'process.kill') running.process.kill();
  }

  #spawn(node: number, epoch: Epoch): void {
    const { launcher, clock } = this.#options;
    const process = launcher.launch(node, epoch, (fact) => this.#hear(node, epoch, fact));
    this.#running.set(node, { epoch, process, startedAt: clock.now(), pid: null, asked: false });
  }

  #hear(node: number, epoch: Epoch, fact: NodeFact): void {
    const { clock, journal, ids, exited } = this.#options;
    const running = this.#running.get(node);
    if (running?.epoch !== epoch) return;
    const place = { node, epoch };
    switch (fact.type) {
      case 'spawned':
        running.pid = fact.pid;
        journal.info('node_spawned', { ...place, pid: fact.pid });
        this.#tell(node, { type: 'process.spawned', epoch });
        return;
      case 'listening':
        this.#served = true;
        journal.info('node_ready', { ...place, latency_ms: Math.round(clock.now() - running.startedAt) });
        this.#tell(node, { type: 'handshake.completed', epoch });
        this.#try(node);
        return;
      case 'leaving':
        running.asked = true;
        journal.info('node_leaving', place);
        // However young it is: somebody wanted this, so it costs no pause.
        this.#system.tell({ to: 'supervisor', event: { type: 'slot.settled', slot: node as Slot } });
        this.#tell(node, { type: 'wear.observed', epoch });
        return;
      case 'pulse.lost':
        journal.warn('node_silent', { ...place, reason: fact.reason });
        this.#tell(node, { type: 'pulse.lost', epoch });
        return;
      case 'exited': {
        const { code, signal, reason } = fact;
        const told = { ...place, exit_code: code, signal, reason };
        if (running.asked && code === 0) journal.info('node_exit', told);
        else journal.warn('node_exit', told);
        this.#running.delete(node);
        exited(fact, this.#served);
        this.#tell(node, { type: 'process.exited', epoch, jitter: ids.jitter() });
        this.#try(node);
      }
    }
  }

  #try(node: number): void {
    this.#tried.add(node);
    if (this.#open || !this.#served || this.#tried.size < this.#options.limits.nodes) return;
    this.#open = true;
    this.#options.opened();
  }

  /** What the operator should know of restarts. */
  #look(): void {
    const { journal } = this.#options;
    for (const [node, { phase, restMs, restartsTotal }] of this.#pool().slots.entries()) {
      if (phase === this.#phases[node]) continue;
      this.#phases[node] = phase;
      const facts = { node, restart_count: restartsTotal };
      if (phase === 'resting') journal.warn('node_restart_scheduled', { ...facts, backoff_ms: Math.round(restMs) });
      if (phase === 'open') journal.warn('node_restart_limit', facts);
    }
  }

  #tell(node: number, event: WorkerEvent): void {
    this.#system.tell({ to: workerAddress(node as Slot), event });
  }
}
