/**
 * The whole runtime without HTTP in one thread: a real node and the real transport, whose workers are fake app-servers in
 * memory, under a virtual clock with seeded chance. Invariant: equal options and equal calls give equal runs; nothing is read
 * from the world outside but whether the program file exists.
 */

import { Node } from '../../actors/node.ts';
import type { NodeLimits } from '../../actors/node-limits.ts';
import type { Clock, Ids, Journal } from '../../actors/seams.ts';
import type { ResponseHandle, ResponseRequest } from '../../actors/service.ts';
import { noTerms } from '../../actors/terms.ts';
import type { JsonObject, Turn } from '../../actors/turn.ts';
import type { ResponseId } from '../../machines/ids.ts';
import { Tally } from '../../transport/counters.ts';
import { createLauncher, type WorkerLauncher } from '../../transport/launcher.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import type { ProcessSpawner } from '../../transport/process.ts';
import { createRandom, type Random } from '../app-server/random.ts';
import { echo, nodeLimits } from '../house.ts';
import { transportLimits } from '../transport-limits.ts';
import { VirtualClock } from '../virtual-clock.ts';
import { leftovers } from './leftovers.ts';
import type { LineWatch, ProcessPlan } from './memory-process.ts';
import { Probe, type ProbeOptions } from './probe.ts';
import { type Birth, Processes } from './processes.ts';

/** Replacements of the seams, for worlds in which something is broken on purpose. */
export interface Seams {
  readonly clock?: (clock: Clock) => Clock;
  readonly ids?: (ids: Ids) => Ids;
  readonly spawner?: (spawner: ProcessSpawner) => ProcessSpawner;
  readonly launcher?: (launcher: WorkerLauncher) => WorkerLauncher;
}

export interface WorldOptions {
  readonly seed: number;
  readonly limits?: Partial<NodeLimits>;
  readonly transport?: Partial<TransportLimits>;
  /** What a process is like; by default each is well. */
  readonly plan?: (birth: Birth) => ProcessPlan;
  readonly lines?: LineWatch;
  readonly probe?: ProbeOptions;
  readonly seams?: Seams;
  readonly journal?: Journal;
}

/** A user's message, which may hold a scenario marker (`testkit/provider/scenario.ts`). */
export const prompt = (text: string): JsonObject => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
});

export const turnOf = (text: string, more: Partial<Turn> = {}): Turn => ({
  model: 'gpt-5.5',
  items: [prompt(text)],
  ...more,
});

/** Ids that count, and jitter from the seed. */
const seededIds = (random: Random): Ids => {
  let count = 0;
  const next = (prefix: string): string => `${prefix}${String(++count).padStart(24, '0')}`;
  return {
    response: () => next('resp_') as ResponseId,
    request: () => next('req_'),
    jitter: () => random.next(),
  };
};

/** Until every microtask has run, those that microtasks queue included. */
const microtasks = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class World {
  readonly clock = new VirtualClock();
  readonly limits: NodeLimits;
  readonly transport: TransportLimits;
  readonly processes: Processes;
  readonly probe: Probe;
  readonly node: Node;
  readonly bugs: Error[] = [];
  readonly tally = new Tally();
  readonly handles: ResponseHandle[] = [];
  #drained: boolean | null = null;

  constructor(options: WorldOptions) {
    const { seed, seams = {}, plan = () => ({}), lines = {}, journal = { info() {}, warn() {} } } = options;
    this.limits = { ...nodeLimits, ...options.limits };
    this.transport = { ...transportLimits, stateBytesMax: 0, ...options.transport };
    const clock = seams.clock?.(this.clock) ?? this.clock;
    const counting = seededIds(createRandom(seed ^ 0x5eed));
    const ids = seams.ids?.(counting) ?? counting;
    const processes = new Processes({ clock: this.clock, seed, plan, watch: lines });
    this.processes = processes;
    const real = createLauncher({
      get binary() {
        return processes.binary;
      },
      home: '/codex-home',
      workdir: '/codex-home/cwd',
      sqliteBase: '/nonexistent-state',
      provider: { type: 'chatgpt' },
      environment: {},
      environmentAllow: [],
      limits: this.transport,
      clock,
      ids,
      journal,
      count: this.tally.count,
      spawner: seams.spawner?.(processes.spawner) ?? processes.spawner,
    });
    const noted = processes.wrap(real);
    const launcher = seams.launcher?.(noted) ?? noted;
    this.probe = new Probe(this.clock, options.probe ?? {});
    const bug = (error: Error): void => void this.bugs.push(error);
    this.node = this.probe.attach(
      () => new Node({ limits: this.limits, clock, ids, journal, launcher, store: null, bug }),
    );
    this.node.start();
  }

  open(turn: Turn, request: Partial<Omit<ResponseRequest, 'turn'>> = {}): ResponseHandle {
    const handle = this.node.open({
      model: turn.model,
      echo,
      inputName: 'input',
      streaming: true,
      revealEncrypted: false,
      asked: null,
      owner: 'owner',
      terms: noTerms,
      ...request,
      turn,
    });
    this.handles.push(handle);
    return handle;
  }

  get now(): number {
    return this.clock.now();
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    await this.advance(0);
  }

  /** Moves time on, from timer to timer, with the microtasks of each before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.now + ms;
    await microtasks();
    while (this.clock.step(end)) await this.#rest();
    this.clock.advance(end - this.now);
  }

  /** Moves time on until `reached`, at most `msMax`; whether it was. */
  async until(reached: () => boolean, msMax: number): Promise<boolean> {
    const end = this.now + msMax;
    await microtasks();
    while (!reached()) {
      if (!this.clock.step(end)) return false;
      await this.#rest();
    }
    return true;
  }

  /** Between two timers of one moment it is enough that what is queued now runs; before time moves on, everything has. */
  async #rest(): Promise<void> {
    if (this.clock.nextAt !== this.now) return microtasks();
    await Promise.resolve();
  }

  async ready(): Promise<boolean> {
    return this.until(() => this.node.health().ready, 60_000);
  }

  /** Every worker in service. */
  async risen(): Promise<boolean> {
    return this.until(() => this.node.health().workers.every(({ state }) => state === 'ready'), 120_000);
  }

  /** Begins to drain; `drained` tells when that is done. */
  drain(): void {
    this.#drained = false;
    void this.node.drain().then(() => {
      this.#drained = true;
    });
  }

  get drained(): boolean {
    return this.#drained === true;
  }

  /** Ends the world and says what was not let go of; see `leftovers.ts`. */
  async end(): Promise<readonly string[]> {
    return leftovers(this);
  }
}
