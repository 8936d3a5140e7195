/** The part of a scene that a row of the catalogue decides; the session adds when, in which mode and beside whom. */

import type fc from 'fast-check';
import { sprinkled, type Steps } from './blocks.ts';
import type { Health, Scene } from './session.ts';

export interface Sketch extends Pick<Scene, 'steps' | 'answered' | 'interrupt' | 'harm'> {
  /** How the catalogue says that it ends, undisturbed: `ok`, or what clients read as the code of the failure. */
  readonly ends?: string;
  readonly client?: Scene['client'];
  /** What the processes of its session are like, in the order of their start. */
  readonly processes?: readonly Health[];
  /** It means something only beside another response. */
  readonly beside?: true;
  /** Lines change places, pieces are small. */
  readonly reorder?: true;
  readonly shredded?: true;
}

export const ends = (code: string, steps: fc.Arbitrary<Steps>, more: Partial<Sketch> = {}): fc.Arbitrary<Sketch> =>
  steps.map((said) => ({ steps: said, ends: code, ...more }));

/** An answer, whatever else is said meanwhile. */
export const ok = (steps: fc.Arbitrary<Steps>): fc.Arbitrary<Sketch> =>
  sprinkled(steps).map((mixed) => ({ steps: mixed, ends: 'ok' }));
