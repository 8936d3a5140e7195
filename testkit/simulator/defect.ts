/**
 * A defect that is put back on purpose, to prove that the simulation would find it. Invariant: production code knows nothing of
 * it; it sits in a seam, in an action or a transition of a machine, or in a limit.
 */

import type { Machine } from '../../actors/cell.ts';
import type { NodeLimits } from '../../actors/node-limits.ts';
import type { Journal } from '../../actors/seams.ts';
import type { Address } from '../../machines/links.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import type { Random } from '../app-server/random.ts';
import type { Seams } from '../world/world.ts';

export interface Defect {
  readonly seams?: (random: Random, journal: Journal) => Seams;
  readonly machine?: (address: Address, machine: Machine) => Machine;
  readonly limits?: (limits: NodeLimits) => Partial<NodeLimits>;
  readonly transport?: Partial<TransportLimits>;
  /** Changes a class for as long as the run lasts; the result changes it back. */
  readonly patch?: () => () => void;
}
