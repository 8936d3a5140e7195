/**
 * One episode: a world, its clients and its weather, from an empty node to an empty node. Invariant: equal options give equal
 * traces; an episode ends at the first violation, and that is what it returns.
 */

import type { Letter } from '../../machines/links.ts';
import { createRandom } from '../app-server/random.ts';
import { World } from '../world/world.ts';
import { Clients } from './clients.ts';
import type { Defect } from './defect.ts';
import { outcomeOf } from './guest.ts';
import { judgedAfterMs, lookMs, Observer } from './observer.ts';
import { Scene } from './scene.ts';
import { Sums } from './sums.ts';
import type { Mix } from './swarm.ts';
import { Violation } from './violation.ts';
import { Weather } from './weather.ts';

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

export class Episode {
  readonly #responses: number;
  readonly #scene: Scene;
  readonly #world: World;
  readonly #observer: Observer;
  readonly #weather: Weather;
  readonly #clients: Clients;
  #journalLines = 0;

  constructor({ seed, responses, mix, defect = {}, print }: EpisodeOptions) {
    this.#responses = responses;
    const scene = new Scene(seed, mix, print ?? null);
    const observer = new Observer(scene);
    const weather = new Weather(scene);
    const line = (): void => void (this.#journalLines += 1);
    const journal = { info: line, warn: line };
    const { wire } = observer;
    this.#world = new World({
      seed,
      limits: defect.limits?.(scene.limits) ?? scene.limits,
      transport: { ...mix.transport, ...defect.transport },
      plan: () => weather.birth(),
      lines: { said: (text, process) => wire.said(text, process), told: (text, process) => wire.told(text, process) },
      probe: {
        letter: (letter: Letter, at: number) => observer.hear(letter, at),
        ...(defect.machine === undefined ? {} : { machine: defect.machine }),
      },
      ...(defect.seams === undefined ? {} : { seams: defect.seams(createRandom(seed ^ 0xdefec7), journal) }),
      journal,
    });
    this.#scene = scene;
    this.#observer = observer;
    this.#weather = weather;
    this.#clients = new Clients({
      scene,
      world: this.#world,
      early: (response) => observer.early(response),
      ended: (guest) => observer.ended(guest),
    });
  }

  async run(): Promise<EpisodeResult> {
    const { sums, trace, byTag, random } = this.#scene;
    const startedAt = this.#world.now;
    try {
      this.#observer.begin(this.#world);
      this.#weather.begin(this.#world);
      if (random.chance(0.8)) await this.#world.ready();
      await this.#clients.come(this.#responses);
      if (this.#going) await this.#conclude();
    } catch (error) {
      this.#violate('I-6', `thrown: ${String(error)}`);
    }
    this.#observer.stop();
    sums.responses = byTag.size;
    sums.deaths = this.#observer.deaths;
    sums.virtualMs = this.#world.now - startedAt;
    for (const [name, many] of Object.entries(this.#world.tally.counts())) Sums.count(sums.anomalies, name, many);
    const { violation } = this.#scene;
    return { sums, violation, story: violation === null ? [] : trace.story(violation.about), hash: trace.hash };
  }

  /** What was thrown where nobody catches: the process would have ended. */
  crash(error: unknown): void {
    this.#violate('I-6', `uncaught: ${String(error)}`);
  }

  get #going(): boolean {
    return this.#scene.violation === null;
  }

  #violate(invariant: string, what: string, about: readonly string[] = []): void {
    this.#scene.report(new Violation(invariant, what, about));
  }

  async #conclude(): Promise<void> {
    const world = this.#world;
    const scene = this.#scene;
    if (scene.mix.drains) {
      scene.drainingAt = world.now;
      world.drain();
    } else {
      scene.calm = true;
    }
    await this.#over();
    scene.calm = true;
    if (this.#going && scene.drainingAt === null) await this.#serveAgain();
    if (this.#going) await world.advance(judgedAfterMs + lookMs);
    this.#observer.stop();
    this.#observer.judge(world, Number.POSITIVE_INFINITY);
    if (this.#going) await this.#leave();
  }

  /** Every response ends. */
  async #over(): Promise<void> {
    const guests = [...this.#scene.guests.values()];
    const over = (): boolean => !this.#going || guests.every((guest) => guest.endedAt !== null);
    if (await this.#world.until(over, this.#scene.limits.live.totalMs + lookMs)) return;
    const id = guests.find((guest) => guest.endedAt === null)?.handle.id ?? '';
    this.#violate('I-2', `${id} never ended`, [id]);
  }

  /** Every worker comes back, and answers. */
  async #serveAgain(): Promise<void> {
    const world = this.#world;
    // Processes that were born ill, or fell ill, would spoil the proof: all are replaced by well ones.
    for (const process of world.processes.alive) process.die(null, 'SIGKILL');
    await world.advance(lookMs);
    const away = () => world.node.health().workers.find(({ state }) => state !== 'ready');
    await world.until(() => !this.#going || away() === undefined, 300_000);
    const lost = away();
    if (lost !== undefined)
      return this.#violate('I-6', `worker/${lost.slot} does not come back (${lost.state})`, [`worker/${lost.slot}`]);
    const from = this.#scene.byTag.size;
    for (let left = this.#scene.limits.workers; left > 0; left -= 1) this.#clients.arrive();
    await world.advance(30_000);
    for (const guest of [...this.#scene.byTag.values()].slice(from))
      if (outcomeOf(guest) !== 'completed')
        this.#violate('I-6', `${guest.handle.id} was not served afterwards`, [guest.handle.id]);
  }

  /** Nothing is left. */
  async #leave(): Promise<void> {
    const { processes } = this.#world;
    const [left] = await this.#world.end();
    if (left !== undefined) return this.#violate('I-8', left, aboutLeftover(left));
    const responses = this.#scene.byTag.size;
    const linesMax = 200 + 2 * responses + 40 * processes.all.length + 8 * processes.stillborn;
    if (this.#journalLines > linesMax)
      this.#violate('journal', `${this.#journalLines} lines for ${responses} responses`);
  }
}

const aboutLeftover = (text: string): readonly string[] => [
  ...(/resp_\w+/.exec(text) ?? []),
  ...[...text.matchAll(/(?:worker|process) (\d+)/g)].map(([, slot]) => `worker/${slot}`),
];
