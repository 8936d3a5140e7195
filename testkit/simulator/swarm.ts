/**
 * Swarm testing: each episode enables a random part of all faults, with random intensities, because faults hide each other when
 * all are on. Invariant: the mix is a function of the seed.
 */

import type { NodeLimits } from '../../actors/node-limits.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import type { Random } from '../app-server/random.ts';
import { nodeLimits, poolLimits, streamLimits } from '../house.ts';
import { birthKinds, mishapKinds } from './mishaps.ts';
import { deadly, faultKinds } from './turns.ts';

export const clientKinds = ['client.leaves', 'client.leaves_at_once', 'client.comes_late'] as const;

export interface Mix {
  /** Of all turns, how many are faulty ones, and which. */
  readonly faultChance: number;
  readonly turns: readonly string[];
  /** Of all faulty turns, how many end their process. */
  readonly deadlyChance: number;
  readonly deadlyTurns: readonly string[];
  readonly births: readonly string[];
  readonly birthChance: number;
  readonly mishaps: readonly string[];
  /** Mean time between two of them, in the whole pool. */
  readonly mishapMs: number;
  readonly clients: readonly (typeof clientKinds)[number][];
  readonly clientChance: number;
  /** Responses in one burst, at most. */
  readonly burst: number;
  /** The node is drained while responses run; otherwise they may end, and the node has to serve again. */
  readonly drains: boolean;
  readonly limits: Partial<NodeLimits>;
  readonly transport: Partial<TransportLimits>;
}

const someOf = <T>(random: Random, all: readonly T[]): readonly T[] => {
  const chance = 0.2 + 0.8 * random.next();
  return all.filter(() => random.chance(chance));
};

const pick = <T>(random: Random, ...values: readonly T[]): T => values[random.below(values.length)] as T;

const deadlines = {
  ...streamLimits,
  queueMs: 15_000,
  firstEventMs: 12_000,
  idleMs: 9_000,
  graceMs: 3_000,
  totalMs: 60_000,
};

export const simulationLimits = (
  workers: number,
  turnsPerWorkerMax: number,
  queueMax: number,
): Partial<NodeLimits> => ({
  workers,
  pool: {
    ...poolLimits,
    turnsPerWorkerMax,
    queueMax,
    restartMax: 6,
    restartWindowMs: 60_000,
    settledMs: 5_000,
  },
  worker: { ...nodeLimits.worker, startupMs: 4_000, handshakeMs: 12_000 },
  live: deadlines,
  whole: deadlines,
  lettersMax: 100_000,
});

/** Nothing goes wrong: what the small simulations of the breaks start from. */
export const quiet: Mix = {
  faultChance: 0,
  turns: [],
  deadlyChance: 0,
  deadlyTurns: [],
  births: [],
  birthChance: 1,
  mishaps: [],
  mishapMs: 1_000,
  clients: [],
  clientChance: 1,
  burst: 10,
  drains: false,
  limits: simulationLimits(2, 8, 100),
  transport: { closeMs: 2_000 },
};

export const mixOf = (random: Random, workers: number): Mix => ({
  faultChance: pick(random, 0.2, 0.4, 0.7),
  turns: someOf(
    random,
    faultKinds.filter((kind) => !deadly(kind)),
  ),
  deadlyChance: pick(random, 0.05, 0.1, 0.2),
  deadlyTurns: someOf(random, faultKinds.filter(deadly)),
  births: someOf(random, birthKinds),
  birthChance: pick(random, 0.5, 0.8),
  mishaps: someOf(random, mishapKinds),
  mishapMs: pick(random, 1_500, 4_000, 12_000),
  clients: someOf(random, clientKinds),
  clientChance: pick(random, 0.02, 0.1, 0.3),
  burst: pick(random, 20, 200, 800),
  drains: random.chance(0.3),
  limits: simulationLimits(workers, pick(random, 4, 32, 200, 200), pick(random, 16, 200, 1_000, 1_000)),
  transport: { turnsMax: pick(random, 0, 0, 60, 300), requestsInFlightMax: pick(random, 4, 64), closeMs: 2_000 },
});
