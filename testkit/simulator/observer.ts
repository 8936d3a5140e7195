/**
 * Watches an episode while it runs: every letter, every line, and once a second the state of the whole. What has ended is judged
 * a little later, when all that may come late has come.
 */

import type { Cell } from '../../actors/cell.ts';
import type { Lease } from '../../machines/ids.ts';
import type { Letter } from '../../machines/links.ts';
import type { Pool } from '../../machines/pool.ts';
import type { MemoryProcess } from '../world/memory-process.ts';
import type { World } from '../world/world.ts';
import type { Guest } from './guest.ts';
import { judge } from './judge.ts';
import { PoolMonitor } from './pool-monitor.ts';
import type { Scene } from './scene.ts';
import { Sums } from './sums.ts';
import { Violation } from './violation.ts';
import { WireMonitor } from './wire-monitor.ts';

export const lookMs = 1_000;
/** From the end of a response to its judgement. */
export const judgedAfterMs = 6_000;
/** Processes are asked what they hold at every so many looks. */
const processesEvery = 5;
/** After its slot is back, a thread may take so long to leave its process. */
const threadsMs = 8_000;

export class Observer {
  readonly wire: WireMonitor;
  readonly #scene: Scene;
  readonly #pool: PoolMonitor;
  readonly #ended: Guest[] = [];
  /** Leases that were granted from within `open`, before their response was known here. */
  readonly #early = new Map<string, Lease>();
  readonly #itemIds = new Set<string>();
  #world: World | null = null;
  #looks = 0;
  #cancel: () => void = () => undefined;
  #slots: Pool['slots'] = [];
  #slotPhases = '';

  constructor(scene: Scene) {
    const report = (violation: Violation): void => scene.report(violation);
    this.#scene = scene;
    this.#pool = new PoolMonitor(scene.limits, report);
    const now = (): number => this.#world?.now ?? 0;
    this.wire = new WireMonitor({ now, guest: (tag) => scene.byTag.get(tag), report });
  }

  get deaths(): number {
    return this.#pool.deaths;
  }

  begin(world: World): void {
    this.#world = world;
    this.#lookLater(world);
  }

  stop(): void {
    this.#cancel();
  }

  early(response: string): Lease | null {
    const lease = this.#early.get(response) ?? null;
    this.#early.clear();
    const open = this.#pool.leases + this.#pool.waiting;
    this.#scene.sums.concurrentMax = Math.max(this.#scene.sums.concurrentMax, open);
    return lease;
  }

  ended(guest: Guest): void {
    this.#ended.push(guest);
    this.#pool.ended(guest.handle.id, guest.lease, guest.endedAt ?? 0);
  }

  hear(letter: Letter, at: number): void {
    const { sums, trace, guests } = this.#scene;
    sums.letters += 1;
    const { to, event } = letter;
    this.#pool.hear(letter, at);
    if (event.type === 'lease.requested' && event.avoid !== null) this.#again(event.response, at);
    if (to === 'supervisor') return trace.add(at, aboutOf(event), `supervisor: ${event.type}`);
    if (!to.startsWith('stream/')) return trace.add(at, to, event.type);
    const id = to.slice(7);
    const guest = guests.get(id);
    trace.add(at, id, event.type);
    if (guest === undefined) {
      if (event.type === 'lease.granted') this.#early.set(id, event.lease);
      return;
    }
    if (event.type === 'lease.granted') {
      guest.lease = event.lease;
      guest.grantedAt = at;
    }
    if (this.#world === null) return;
    guest.process ??= this.#serving(this.#world, guest);
    sums.states.add(this.#state(this.#world, guest, event.type));
  }

  /** Judges what ended before that time. */
  judge(world: World, until: number): void {
    const { sums, limits, drainingAt, guests } = this.#scene;
    for (let guest = this.#ended[0]; guest !== undefined && (guest.endedAt ?? 0) <= until; guest = this.#ended[0]) {
      this.#ended.shift();
      guest.process ??= this.#serving(world, guest);
      try {
        Sums.count(sums.outcomes, judge(guest, { limits, drainingAt }));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        this.#scene.report(error);
      }
      if (guest.plan.fault && guest.threadId !== null) this.#scene.fault(guest.plan.kind);
      this.#unique(guest);
      guests.delete(guest.handle.id);
    }
  }

  #serving({ processes }: World, { lease }: Guest): MemoryProcess | null {
    return processes.all.findLast(({ slot, epoch }) => slot === lease?.slot && epoch === lease.epoch) ?? null;
  }

  /** Its turn came to nothing, and another worker is wanted: what is known of the first attempt is over. */
  #again(response: string, at: number): void {
    const guest = this.#scene.guests.get(response);
    if (guest === undefined) return;
    if (guest.grewAt !== null)
      this.#scene.report(new Violation('C-41', `${response} is begun again behind its first words`, [response]));
    // What the first process wrote of it was never read.
    const anew = { grantedAt: null, lease: null, process: null, threadId: null, finishedAt: null, sampledAt: null };
    Object.assign(guest, anew, { requestedAt: at });
  }

  #lookLater(world: World): void {
    this.#cancel = world.clock.schedule(lookMs, () => {
      this.#lookLater(world);
      this.#look(world);
    });
  }

  #look(world: World): void {
    this.#pool.look(world.now);
    this.wire.look(world.now);
    const [bug] = world.bugs;
    if (bug !== undefined) this.#scene.report(new Violation('bug', bug.message, []));
    this.#idle(world);
    this.#looks += 1;
    if (this.#looks % processesEvery === 0) this.#processes(world);
    this.judge(world, world.now - judgedAfterMs);
  }

  /** Nobody waits while a slot is free. */
  #idle({ probe }: World): void {
    const { context } = (probe.cells.get('supervisor') as Cell).snapshot() as { context: Pool };
    const { queue, slots } = context;
    const { turnsPerWorkerMax } = this.#scene.limits.pool;
    const free = slots.findIndex(
      ({ phase, leases, epoch }, slot) =>
        phase === 'ready' &&
        leases.length < turnsPerWorkerMax &&
        queue.some(({ avoid }) => avoid?.slot !== slot || avoid.epoch !== epoch),
    );
    if (free < 0) return;
    const about = `worker/${free}`;
    this.#scene.report(new Violation('admission', `${queue.length} wait while ${about} is free`, [about]));
  }

  /** A process has the threads of its responses and no others; one that says nothing any more is replaced. */
  #processes({ now, processes }: World): void {
    const { pulseMs, pulseAnswerMs } = this.#scene.transport;
    const silentMs = 3 * (pulseMs + pulseAnswerMs) + 2 * this.#scene.limits.worker.killMs + killingMs;
    for (const { slot, frozenAt, census, disturbed } of processes.alive) {
      const about = `worker/${slot}`;
      if (frozenAt !== null && frozenAt + silentMs < now)
        this.#scene.report(new Violation('I-6', `${about} is dead but not replaced`, [about]));
      const held = this.#pool.held(slot) + this.#pool.returned(slot, now - threadsMs);
      if (census !== null && census.threads > held && !disturbed)
        this.#scene.report(new Violation('I-8', `${about} holds ${census.threads} threads for ${held}`, [about]));
    }
    for (const process of processes.alive) if (!process.disturbed) process.count();
  }

  /** No item of one response has the id of another's. */
  #unique({ handle }: Guest): void {
    for (const { id } of handle.log.items) {
      if (this.#itemIds.has(id)) this.#scene.report(new Violation('ids', `${id} names two items`, [handle.id]));
      this.#itemIds.add(id);
    }
  }

  /** The composition as one response meets it. */
  #state({ probe }: World, guest: Guest, event: string): string {
    const worker = guest.lease === null ? 'none' : probe.state(`worker/${guest.lease.slot}`);
    const { context } = (probe.cells.get('supervisor') as Cell).snapshot() as { context: Pool };
    const supervisor = `${probe.state('supervisor')} ${this.#phases(context)}`;
    return `${supervisor} ${worker} ${probe.state(`stream/${guest.handle.id}`)} ${event}`;
  }

  /** Which phases the slots are in, and whether somebody waits. */
  #phases({ slots, queue }: Pool): string {
    if (slots !== this.#slots) {
      this.#slots = slots;
      const phases = slots.map(({ phase }) => phase);
      this.#slotPhases = phases.sort().join();
    }
    return queue.length > 0 ? `${this.#slotPhases}+` : this.#slotPhases;
  }
}

/** A process may take so long to die of a kill. */
const killingMs = 6_000;

const aboutOf = (event: object): string => {
  if ('response' in event) return String(event.response);
  return 'slot' in event ? `worker/${String(event.slot)}` : 'supervisor';
};
