/**
 * What the suite is made of. A scenario measures its subjects by turns, round after round, and says what that comes to.
 * Invariant: whatever is reported is a spread over rounds, and ratios are made within one round, never across.
 */

import type { Spread } from './statistics.ts';

/** What a scenario is run with. */
export interface Context {
  readonly rounds: number;
  /** Less of everything: for CI and for a first look. */
  readonly short: boolean;
  /** For whoever waits: one line on stderr. */
  readonly say: (line: string) => void;
}

export interface Scenario {
  /** As on the command line. */
  readonly name: string;
  /** One sentence for the results page. */
  readonly shows: string;
  run(context: Context): Promise<Result>;
}

export type Helper = 'client' | 'shim';

/** On which side of what is told the true value lies; `?`: nobody can say. */
export type Bound = '>=' | '<=' | '?';

export interface Figure {
  /** As in `deltas_per_second`. */
  readonly name: string;
  readonly subject: string;
  readonly unit: string;
  readonly spread: Spread;
  /** It lies beyond what was measured. */
  readonly bound?: Bound;
  /** Shares of one core; null: there was none, or nobody looked. */
  readonly cpuShares: Readonly<Record<Helper, number | null>>;
  /** Who of them was above 80 %: the subject may do better than the figure says. */
  readonly limitedBy: readonly Helper[];
}

/** Made of one round's figures of several subjects: a ratio, or a difference. */
export interface Comparison {
  /** As in `deltas_per_second gateway/bare`. */
  readonly name: string;
  /** Empty for a ratio. */
  readonly unit: string;
  readonly spread: Spread;
  readonly bound?: Bound;
  readonly limitedBy: readonly Helper[];
}

export interface Target {
  /** Names it for ever: notes about a target that is missed are filed under it. */
  readonly key: string;
  /** In words, for the results page. */
  readonly says: string;
  /** The name of a comparison, or `figure subject`. */
  readonly of: string;
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict extends Target {
  readonly value: number;
  readonly unit: string;
  readonly met: boolean;
  readonly limitedBy: readonly Helper[];
}

export interface Result {
  readonly scenario: string;
  readonly shows: string;
  readonly figures: readonly Figure[];
  readonly comparisons: readonly Comparison[];
  readonly verdicts: readonly Verdict[];
  /** Curves for the results page; none for most. */
  readonly curves?: readonly Curve[];
}

export interface Curve {
  readonly name: string;
  readonly subject: string;
  readonly x: string;
  readonly y: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
