/** What the parts of an episode share: its mix, its chance, its responses, and the first violation. */

import type { NodeLimits } from '../../actors/node-limits.ts';
import type { TransportLimits } from '../../transport/limits.ts';
import { createRandom, type Random } from '../app-server/random.ts';
import { nodeLimits } from '../house.ts';
import { transportLimits } from '../transport-limits.ts';
import type { Guest } from './guest.ts';
import { Sums } from './sums.ts';
import type { Mix } from './swarm.ts';
import { Trace } from './trace.ts';
import type { Violation } from './violation.ts';

export class Scene {
  readonly mix: Mix;
  readonly random: Random;
  /** What was asked for: a defect may have given the world something else. */
  readonly limits: NodeLimits;
  readonly transport: TransportLimits;
  readonly sums = new Sums();
  readonly trace: Trace;
  /** Responses that are not judged yet, by their id; and all of them, by their tag. */
  readonly guests = new Map<string, Guest>();
  readonly byTag = new Map<string, Guest>();
  /** No more faults. */
  calm = false;
  drainingAt: number | null = null;
  violation: Violation | null = null;

  constructor(seed: number, mix: Mix, print: ((line: string) => void) | null) {
    this.mix = mix;
    this.random = createRandom(seed ^ 0xc11e47);
    this.limits = { ...nodeLimits, ...mix.limits };
    this.transport = { ...transportLimits, ...mix.transport };
    this.trace = new Trace(print);
  }

  /** The first one counts. */
  report(violation: Violation): void {
    this.violation ??= violation;
  }

  fault(kind: string): void {
    Sums.count(this.sums.faults, kind);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.random.below(values.length)] as T;
  }
}
