/** The clients of an episode: they come in bursts and lulls, some leave early, some join late. */

import type { Lease } from '../../machines/ids.ts';
import { turnOf, type World } from '../world/world.ts';
import type { Guest } from './guest.ts';
import type { Scene } from './scene.ts';
import type { Mix } from './swarm.ts';
import { planTurn, usualKinds } from './turns.ts';

const tools = [{ name: 'lookup', description: 'Looks up a user.', inputSchema: { type: 'object' } }];

export interface ClientsOptions {
  readonly scene: Scene;
  readonly world: World;
  /** The lease that a response was granted from within `open`. */
  readonly early: (response: string) => Lease | null;
  readonly ended: (guest: Guest) => void;
}

export class Clients {
  readonly #options: ClientsOptions;

  constructor(options: ClientsOptions) {
    this.#options = options;
  }

  /** Until so many have come. */
  async come(responses: number): Promise<void> {
    const { scene, world } = this.#options;
    const { mix, random, byTag } = scene;
    while (byTag.size < responses && scene.violation === null) {
      const many = Math.min(1 + random.below(mix.burst), responses - byTag.size);
      const gapMs = scene.pick([0, 1, 4, 40]);
      for (let left = many; left > 0 && scene.violation === null; left -= 1) {
        this.arrive();
        if (gapMs > 0) await world.advance(random.below(gapMs * 2));
      }
      // A drain meets responses that are running.
      if (byTag.size === responses && mix.drains) return;
      await world.advance(random.chance(0.1) ? random.below(120_000) : random.below(4_000));
    }
  }

  arrive(): void {
    const { scene, world, early } = this.#options;
    const { mix, random } = scene;
    const tag = `r${scene.byTag.size + 1}`;
    const plan = planTurn(scene.calm ? 'text' : this.#kind(), tag, random);
    const handle = world.open(turnOf(plan.marker, { tools }));
    const lease = early(handle.id);
    const guest: Guest = {
      tag,
      plan,
      handle,
      openedAt: world.now,
      requestedAt: world.now,
      grantedAt: lease === null ? null : world.now,
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
    scene.byTag.set(tag, guest);
    scene.guests.set(handle.id, guest);
    scene.trace.add(world.now, handle.id, `opened as ${tag}: ${plan.kind}`);
    // The log itself is followed: a client that has left is told nothing any more.
    handle.log.follow(() => this.#grew(guest));
    const leave = handle.read(() => undefined);
    this.#grew(guest);
    if (scene.calm || mix.clients.length === 0 || !random.chance(mix.clientChance)) return;
    this.#misbehave(guest, scene.pick(mix.clients), leave);
  }

  #kind(): string {
    const { scene } = this.#options;
    const { mix, random } = scene;
    if (!random.chance(mix.faultChance)) return scene.pick(usualKinds);
    if (mix.deadlyTurns.length > 0 && random.chance(mix.deadlyChance)) return scene.pick(mix.deadlyTurns);
    return scene.pick(mix.turns.length > 0 ? mix.turns : usualKinds);
  }

  #misbehave(guest: Guest, kind: Mix['clients'][number], leave: () => void): void {
    const { scene, world } = this.#options;
    const act = (): void => {
      if (guest.endedAt !== null) return;
      scene.fault(kind);
      scene.trace.add(world.now, guest.handle.id, kind);
      // A second reader keeps the response alive when the first one goes.
      if (kind === 'client.comes_late') guest.handle.read(() => undefined);
      else guest.leftAt = world.now;
      leave();
    };
    if (kind === 'client.leaves_at_once') act();
    else world.clock.schedule(scene.random.below(6_000), act);
  }

  #grew(guest: Guest): void {
    const { scene, world, ended } = this.#options;
    const { log } = guest.handle;
    // The head of an answer is no output, and neither is its end.
    if (log.length > 2 && log.ending === null) guest.grewAt = world.now;
    if (log.ending === null || guest.endedAt !== null) return;
    guest.endedAt = world.now;
    guest.length = log.length;
    const { outcome } = log.ending;
    const what = outcome.type === 'failed' ? outcome.failure.code : outcome.type;
    scene.trace.add(world.now, guest.handle.id, `ended: ${what}`);
    ended(guest);
  }
}
