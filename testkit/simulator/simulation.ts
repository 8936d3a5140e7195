/**
 * A simulation: episodes one after another, each with a mix and a seed of its own that the simulation's seed decides. Invariant:
 * it ends at the first violation, and says which episode it was, so that this one can be run alone.
 */

import { createRandom } from '../app-server/random.ts';
import type { Defect } from './defect.ts';
import { Episode, type EpisodeResult } from './episode.ts';
import { Sums } from './sums.ts';
import { type Mix, mixOf } from './swarm.ts';

export interface SimulationOptions {
  readonly seed: number;
  readonly responses: number;
  readonly workers: number;
  /** Responses of one episode. */
  readonly episodeResponses: number;
  /** Only this episode; null: all. */
  readonly only: number | null;
  /** Instead of one from the seed. */
  readonly mix?: Mix;
  readonly defect?: Defect;
  readonly print?: (line: string) => void;
  readonly progress?: (episode: number, sums: Sums) => void;
}

export interface SimulationResult {
  readonly sums: Sums;
  readonly failed: { readonly episode: number; readonly result: EpisodeResult } | null;
  /** Of all episodes. */
  readonly hash: string;
}

export const simulate = async (options: SimulationOptions): Promise<SimulationResult> => {
  const { seed, responses, workers, episodeResponses, only, defect, print, progress } = options;
  const sums = new Sums();
  const hashes: string[] = [];
  let current: Episode | null = null;
  const crash = (error: unknown): void => current?.crash(error);
  const restore = defect?.patch?.();
  process.on('uncaughtException', crash);
  try {
    for (let episode = only ?? 0; only === null ? sums.responses < responses : episode === only; episode += 1) {
      const seeds = createRandom((seed ^ Math.imul(episode + 1, 0x85ebca6b)) >>> 0);
      const mix = options.mix ?? mixOf(seeds, workers);
      current = new Episode({
        seed: seeds.below(2 ** 32),
        responses: episodeResponses,
        mix,
        ...(defect === undefined ? {} : { defect }),
        ...(print === undefined ? {} : { print }),
      });
      const result = await current.run();
      sums.add(result.sums);
      hashes.push(result.hash);
      progress?.(episode, sums);
      if (result.violation !== null) return { sums, failed: { episode, result }, hash: hashes.join('') };
    }
  } finally {
    process.off('uncaughtException', crash);
    restore?.();
  }
  return { sums, failed: null, hash: hashes.join('') };
};
