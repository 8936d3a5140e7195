/**
 * One episode: a world, its clients and its mishaps, from an empty node to an empty node. Invariant: equal options give equal
 * traces; an episode ends at the first violation, and that is what it returns.
 */

import type { Cell } from '../../actors/cell.ts';
import type { NodeLimits } from '../../actors/node.ts';
import type { ResponseHandle } from '../../actors/service.ts';
import type { Lease } from '../../machines/ids.ts';
import type { Letter } from '../../machines/links.ts';
import type { Pool } from '../../machines/pool.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import { createRandom, type Random } from '../app-server/random.ts';
import type { ProcessPlan } from '../world/memory-process.ts';
import { nodeLimits } from '../house.ts';
import { transportLimits } from '../transport-limits.ts';
import { turnOf, World } from '../world/world.ts';
import type { Defect } from './defect.ts';
import { type Guest, outcomeOf } from './guest.ts';
import { judge } from './judge.ts';
import { befall, planBirth } from './mishaps.ts';
import { PoolMonitor } from './pool-monitor.ts';
import { Sums } from './sums.ts';
import type { Mix } from './swarm.ts';
import { Trace } from './trace.ts';
import { planTurn, usualKinds } from './turns.ts';
import { Violation } from './violation.ts';
import { WireMonitor } from './wire-monitor.ts';

export interface EpisodeOptions {
  readonly seed: number;
  readonly responses: number;
  readonly mix: Mix;
  readonly defect?: Defect;
  readonly print?: (line: string) => void;
}

export interface EpisodeResult {
  readonly sums: Sums;
  readonly violation: Violation | null;
  readonly story: readonly string[];
  readonly hash: string;
}

const lookMs = 1_000;
/** After its end a response is watched for so long before it is judged: what comes late comes within it. */
const judgedAfterMs = 6_000;
/** Processes are asked what they hold at every so many looks. */
const processesEvery = 5;
/** After its slot is back, a thread may take so long to leave its process. */
const threadsMs = 8_000;
const tools = [{ name: 'lookup', description: 'Looks up a user.', inputSchema: { type: 'object' } }];

export class Episode {
  readonly world: World;
  readonly #options: EpisodeOptions;
  readonly #random: Random;
  /** What was asked for: a defect may have given the world something else. */
  readonly #limits: NodeLimits;
  readonly #transport: TransportLimits;
  readonly #sums = new Sums();
  readonly #trace: Trace;
  readonly #pool: PoolMonitor;
  readonly #wire: WireMonitor;
  readonly #guests = new Map<string, Guest>();
  readonly #byTag = new Map<string, Guest>();
  readonly #ended: Guest[] = [];
  /** Leases that were granted before their response was known here: from within `open`. */
  readonly #early = new Map<string, Lease>();
  readonly #itemIds = new Set<string>();
  #looks = 0;
  #violation: Violation | null = null;
  /** No more faults. */
  #calm = false;
  #drainingAt: number | null = null;
  #journalLines = 0;
  #slots: Pool['slots'] = [];
  #slotPhases = '';
  #cancelLook: () => void = () => undefined;

  constructor(options: EpisodeOptions) {
    const { seed, mix, defect, print } = options;
    this.#options = options;
    this.#random = createRandom(seed ^ 0xc11e47);
    const report = (violation: Violation): void => this.#report(violation);
    const line = (): void => void (this.#journalLines += 1);
    const journal = { info: line, warn: line };
    const limits = { ...nodeLimits, ...mix.limits };
    this.#limits = limits;
    this.#transport = { ...transportLimits, ...mix.transport };
    const wire = new WireMonitor({ now: () => this.world.now, guest: (tag) => this.#byTag.get(tag), report });
    this.#wire = wire;
    const heard: [Letter, number][] = [];
    let hear = (letter: Letter, at: number): void => void heard.push([letter, at]);
    this.world = new World({
      seed,
      limits: defect?.limits?.(limits) ?? limits,
      transport: { ...mix.transport, ...defect?.transport },
      plan: () => this.#birth(),
      lines: {
        said: (text, process) => wire.said(text, process),
        told: (text, process) => wire.told(text, process),
      },
      probe: {
        letter: (letter, at) => hear(letter, at),
        ...(defect?.machine === undefined ? {} : { machine: defect.machine }),
      },
      ...(defect?.seams === undefined ? {} : { seams: defect.seams(createRandom(seed ^ 0xdefec7), journal) }),
      journal,
    });
    this.#trace = new Trace(this.world.now, print ?? null);
    this.#pool = new PoolMonitor(limits, report);
    hear = (letter, at) => this.#hear(letter, at);
    for (const [letter, at] of heard) hear(letter, at);
  }

  async run(): Promise<EpisodeResult> {
    const startedAt = this.world.now;
    try {
      this.#look();
      this.#mishap();
      if (this.#random.chance(0.8)) await this.world.ready();
      await this.#arrivals();
      await this.#conclude();
    } catch (error) {
      this.#report(error instanceof Violation ? error : new Violation('I-6', `thrown: ${String(error)}`, []));
    }
    this.#cancelLook();
    this.#sums.responses = this.#byTag.size;
    this.#sums.deaths = this.#pool.deaths;
    this.#sums.virtualMs = this.world.now - startedAt;
    for (const [name, many] of Object.entries(this.world.tally.counts())) Sums.count(this.#sums.anomalies, name, many);
    return {
      sums: this.#sums,
      violation: this.#violation,
      story: this.#violation === null ? [] : this.#trace.story(this.#violation.about),
      hash: this.#trace.hash,
    };
  }

  /** What was thrown where nobody catches: the process would have ended. */
  crash(error: unknown): void {
    this.#report(new Violation('I-6', `uncaught: ${String(error)}`, []));
  }

  #report(violation: Violation): void {
    this.#violation ??= violation;
  }

  /* ---- clients ---- */

  async #arrivals(): Promise<void> {
    const { responses, mix } = this.#options;
    const random = this.#random;
    while (this.#byTag.size < responses && this.#violation === null) {
      const many = Math.min(1 + random.below(mix.burst), responses - this.#byTag.size);
      const gapMs = [0, 1, 4, 40][random.below(4)] as number;
      for (let left = many; left > 0 && this.#violation === null; left -= 1) {
        this.#arrive();
        if (gapMs > 0) await this.world.advance(random.below(gapMs * 2));
      }
      if (this.#byTag.size === responses && mix.drains) return;
      await this.world.advance(random.chance(0.1) ? random.below(120_000) : random.below(4_000));
    }
  }

  #arrive(): void {
    const { mix } = this.#options;
    const random = this.#random;
    const tag = `r${this.#byTag.size + 1}`;
    const plan = planTurn(this.#calm ? 'text' : this.#kind(), tag, random);
    const handle = this.world.open(turnOf(plan.marker, { tools }));
    const lease = this.#early.get(handle.id) ?? null;
    this.#early.clear();
    const guest: Guest = {
      tag,
      plan,
      handle,
      openedAt: this.world.now,
      grantedAt: lease === null ? null : this.world.now,
      lease,
      process: null,
      leftAt: null,
      grewAt: null,
      endedAt: null,
      length: 0,
      finishedAt: null,
      sampledAt: null,
      threadId: null,
    };
    this.#byTag.set(tag, guest);
    this.#guests.set(handle.id, guest);
    this.#trace.add(this.world.now, handle.id, `opened as ${tag}: ${plan.kind}`);
    // The log itself is followed: a client that has left is told nothing any more.
    handle.log.follow(() => this.#grew(guest));
    const leave = handle.read(() => undefined);
    this.#grew(guest);
    const open = this.#pool.leases + this.#pool.waiting;
    this.#sums.concurrentMax = Math.max(this.#sums.concurrentMax, open);
    if (this.#calm || mix.clients.length === 0 || !random.chance(mix.clientChance)) return;
    this.#misbehave(guest, mix.clients[random.below(mix.clients.length)] as Mix['clients'][number], leave);
  }

  #misbehave(guest: Guest, kind: Mix['clients'][number], leave: () => void): void {
    const go = (): void => {
      if (guest.endedAt !== null) return;
      guest.leftAt = this.world.now;
      Sums.count(this.#sums.faults, kind);
      this.#trace.add(this.world.now, guest.handle.id, kind);
      leave();
    };
    if (kind === 'client.leaves_at_once') return go();
    const delayMs = this.#random.below(kind === 'client.leaves' ? 6_000 : 2_000);
    if (kind === 'client.leaves') return void this.world.clock.schedule(delayMs, go);
    // A second reader keeps the response alive when the first one goes.
    const late = (handle: ResponseHandle): void => {
      if (guest.endedAt !== null) return;
      Sums.count(this.#sums.faults, kind);
      handle.read(() => undefined);
      leave();
    };
    this.world.clock.schedule(delayMs, () => late(guest.handle));
  }

  #kind(): string {
    const { mix } = this.#options;
    const random = this.#random;
    const of = (kinds: readonly string[]): string => kinds[random.below(kinds.length)] as string;
    if (!random.chance(mix.faultChance)) return of(usualKinds);
    if (mix.deadlyTurns.length > 0 && random.chance(mix.deadlyChance)) return of(mix.deadlyTurns);
    return of(mix.turns.length > 0 ? mix.turns : usualKinds);
  }

  #grew(guest: Guest): void {
    const { log } = guest.handle;
    // The head of an answer is no output.
    if (log.length > 2 && log.ending === null) guest.grewAt = this.world.now;
    if (log.ending === null || guest.endedAt !== null) return;
    guest.endedAt = this.world.now;
    guest.length = log.length;
    this.#ended.push(guest);
    this.#pool.ended(guest.handle.id, guest.lease, this.world.now);
    this.#trace.add(this.world.now, guest.handle.id, `ended: ${outcomeOf(guest)}`);
  }

  /* ---- processes ---- */

  #birth(): ProcessPlan {
    const { mix } = this.#options;
    const random = this.#random;
    if (this.#calm || mix.births.length === 0 || !random.chance(mix.birthChance)) return {};
    const kind = mix.births[random.below(mix.births.length)] as string;
    Sums.count(this.#sums.faults, kind);
    return planBirth(kind, random);
  }

  #mishap(): void {
    const { mix } = this.#options;
    const random = this.#random;
    if (mix.mishaps.length === 0) return;
    this.world.clock.schedule(1 + random.below(2 * mix.mishapMs), () => {
      if (this.#calm) return;
      this.#mishap();
      const { alive } = this.world.processes;
      if (alive.length === 0) return;
      const process = alive[random.below(alive.length)] as (typeof alive)[number];
      const kind = mix.mishaps[random.below(mix.mishaps.length)] as string;
      Sums.count(this.#sums.faults, kind);
      this.#trace.add(this.world.now, `worker/${process.slot}`, `${kind} (epoch ${process.epoch})`);
      befall(kind, process, random, (delayMs, end) => void this.world.clock.schedule(delayMs, end));
    });
  }

  /* ---- what is seen ---- */

  #hear(letter: Letter, at: number): void {
    this.#sums.letters += 1;
    const { to, event } = letter;
    this.#pool.hear(letter, at);
    if (to === 'supervisor') return this.#trace.add(at, aboutOf(event), `supervisor: ${event.type}`);
    if (!to.startsWith('stream/')) return this.#trace.add(at, to, event.type);
    const id = to.slice(7);
    const guest = this.#guests.get(id);
    this.#trace.add(at, id, event.type);
    if (guest === undefined) {
      if (event.type === 'lease.granted') this.#early.set(id, event.lease);
      return;
    }
    if (event.type === 'lease.granted') {
      guest.lease = event.lease;
      guest.grantedAt = at;
    }
    guest.process ??= this.world.processes.serving.get(guest.handle.id) ?? null;
    this.#sums.states.add(this.#state(guest, event.type));
  }

  /** The composition as one response meets it. */
  #state(guest: Guest, event: string): string {
    const { probe } = this.world;
    const worker = guest.lease === null ? 'none' : probe.state(`worker/${guest.lease.slot}`);
    return `${probe.state('supervisor')} ${this.#phases()} ${worker} ${probe.state(`stream/${guest.handle.id}`)} ${event}`;
  }

  /** How many slots are in which phase, and whether somebody waits. */
  #phases(): string {
    const { context } = (this.world.probe.cells.get('supervisor') as Cell).snapshot() as { context: Pool };
    if (context.slots !== this.#slots) {
      this.#slots = context.slots;
      this.#slotPhases = context.slots
        .map(({ phase }) => phase)
        .sort()
        .join();
    }
    return `${this.#slotPhases}${context.queue.length > 0 ? '+' : ''}`;
  }

  #look(): void {
    this.#cancelLook = this.world.clock.schedule(lookMs, () => {
      this.#look();
      const { now } = this.world;
      this.#pool.look(now);
      this.#wire.look(now);
      const [bug] = this.world.bugs;
      if (bug !== undefined) this.#report(new Violation('bug', bug.message, []));
      this.#idle();
      this.#looks += 1;
      if (this.#looks % processesEvery === 0) this.#processes(now);
      this.#judge(now - judgedAfterMs);
    });
  }

  /** Nobody waits while a slot is free. */
  #idle(): void {
    const { queued, workers } = this.world.node.health();
    if (queued === 0) return;
    const { turnsPerWorkerMax } = this.#limits.pool;
    const free = workers.find(({ state, activeTurns }) => state === 'ready' && activeTurns < turnsPerWorkerMax);
    if (free === undefined) return;
    this.#report(
      new Violation('admission', `${queued} wait while worker/${free.slot} is free`, [`worker/${free.slot}`]),
    );
  }

  #judge(until: number): void {
    while (this.#ended[0] !== undefined && (this.#ended[0].endedAt ?? 0) <= until) {
      const guest = this.#ended.shift() as Guest;
      guest.process ??= this.world.processes.serving.get(guest.handle.id) ?? null;
      try {
        const outcome = judge(guest, { limits: this.#limits, drainingAt: this.#drainingAt });
        Sums.count(this.#sums.outcomes, outcome);
      } catch (error) {
        this.#report(error as Violation);
      }
      if (guest.plan.fault && guest.threadId !== null) Sums.count(this.#sums.faults, guest.plan.kind);
      this.#unique(guest);
      this.#guests.delete(guest.handle.id);
    }
  }

  /** No item of one response has the id of another's. */
  #unique({ handle }: Guest): void {
    for (const { id } of handle.log.items) {
      if (this.#itemIds.has(id)) this.#report(new Violation('ids', `${id} names two items`, [handle.id]));
      this.#itemIds.add(id);
    }
  }

  /** A process has the threads of its responses and no others; one that says nothing any more is replaced. */
  #processes(now: number): void {
    const { pulseMs, pulseAnswerMs } = this.#transport;
    const silentMs = 3 * (pulseMs + pulseAnswerMs) + this.#limits.worker.killMs;
    for (const process of this.world.processes.alive) {
      const about = [`worker/${process.slot}`];
      const { frozenAt, census, disturbed } = process;
      if (frozenAt !== null && frozenAt + silentMs < now)
        this.#report(new Violation('I-6', `worker/${process.slot} is dead but not replaced`, about));
      const held = this.#pool.held(process.slot) + this.#pool.returned(process.slot, now - threadsMs);
      if (census !== null && census.threads > held && !disturbed)
        this.#report(new Violation('I-8', `worker/${process.slot} holds ${census.threads} threads for ${held}`, about));
      if (!disturbed) process.count();
    }
  }

  /* ---- the end ---- */

  async #conclude(): Promise<void> {
    const { world } = this;
    if (this.#violation !== null) return;
    if (this.#options.mix.drains) {
      this.#drainingAt = world.now;
      world.drain();
    } else {
      this.#calm = true;
    }
    const over = (): boolean =>
      this.#violation !== null || [...this.#guests.values()].every((one) => one.endedAt !== null);
    const { totalMs } = this.#limits.live;
    if (!(await world.until(over, totalMs + 1_000))) {
      const stuck = [...this.#guests.values()].find((one) => one.endedAt === null);
      return this.#report(new Violation('I-2', `${stuck?.handle.id} never ended`, [stuck?.handle.id ?? '']));
    }
    this.#calm = true;
    if (this.#drainingAt === null) await this.#serveAgain();
    await world.advance(judgedAfterMs + lookMs);
    this.#judge(Number.POSITIVE_INFINITY);
    if (this.#violation !== null) return;
    this.#cancelLook();
    const [left] = await world.end();
    if (left !== undefined) return this.#report(new Violation('I-8', left, aboutLeftover(left)));
    const linesMax = 200 + 2 * this.#byTag.size + 40 * world.processes.all.length + 8 * world.processes.stillborn;
    if (this.#journalLines > linesMax)
      this.#report(new Violation('journal', `${this.#journalLines} lines for ${this.#byTag.size} responses`, []));
  }

  /** Every worker comes back, and answers. */
  async #serveAgain(): Promise<void> {
    const { world } = this;
    // Processes that were born ill, or fell ill, would spoil the proof: all are replaced by well ones.
    for (const process of world.processes.alive) process.die(null, 'SIGKILL');
    await world.advance(lookMs);
    const risen = (): boolean =>
      this.#violation !== null || world.node.health().workers.every(({ state }) => state === 'ready');
    if (!(await world.until(risen, 300_000))) {
      const lost = world.node.health().workers.find(({ state }) => state !== 'ready');
      return this.#report(
        new Violation('I-6', `worker/${lost?.slot} does not come back (${lost?.state})`, [`worker/${lost?.slot}`]),
      );
    }
    const from = this.#byTag.size;
    for (let left = world.limits.workers; left > 0; left -= 1) this.#arrive();
    await world.advance(30_000);
    for (const guest of [...this.#byTag.values()].slice(from))
      if (outcomeOf(guest) !== 'completed')
        this.#report(new Violation('I-6', `${guest.handle.id} was not served afterwards`, [guest.handle.id]));
  }
}

const aboutOf = (event: object): string => {
  if ('response' in event) return String(event.response);
  return 'slot' in event ? `worker/${String(event.slot)}` : 'supervisor';
};

const aboutLeftover = (text: string): readonly string[] => [
  ...(/resp_\w+/.exec(text) ?? []),
  ...[...text.matchAll(/(?:worker|process) (\d+)/g)].map(([, slot]) => `worker/${slot}`),
];
