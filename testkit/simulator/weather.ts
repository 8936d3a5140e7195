/** What befalls the processes of an episode: some are born ill, some fall ill. Nothing happens any more once it is calm. */

import type { ProcessPlan } from '../world/memory-process.ts';
import type { World } from '../world/world.ts';
import { befall, planBirth } from './mishaps.ts';
import type { Scene } from './scene.ts';

export class Weather {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  birth(): ProcessPlan {
    const { mix, random, calm } = this.#scene;
    if (calm || mix.births.length === 0 || !random.chance(mix.birthChance)) return {};
    const kind = this.#scene.pick(mix.births);
    this.#scene.fault(kind);
    return planBirth(kind, random);
  }

  begin(world: World): void {
    const { mix, random } = this.#scene;
    if (mix.mishaps.length === 0) return;
    world.clock.schedule(1 + random.below(2 * mix.mishapMs), () => {
      if (this.#scene.calm) return;
      this.begin(world);
      this.#strike(world);
    });
  }

  #strike(world: World): void {
    const { mix, random, trace } = this.#scene;
    const { alive } = world.processes;
    if (alive.length === 0) return;
    const process = this.#scene.pick(alive);
    const kind = this.#scene.pick(mix.mishaps);
    this.#scene.fault(kind);
    trace.add(world.now, `worker/${process.slot}`, `${kind} (epoch ${process.epoch})`);
    befall(kind, process, random, (delayMs, end) => void world.clock.schedule(delayMs, end));
  }
}
