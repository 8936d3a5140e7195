/**
 * Runs variants by turns and makes figures, comparisons and verdicts of what they measured. Invariant: each round runs every
 * variant once, in an order that turns with the round, so that none is always the first after a pause.
 */

import type { Bound, Comparison, Context, Figure, Helper, Result, Scenario, Target, Verdict } from './scenario.ts';
import { median, spreadOf } from './statistics.ts';
import { warm } from './warm.ts';

export interface Sample {
  readonly values: Readonly<Record<string, number>>;
  /** Shares of one core. */
  readonly cpuShares?: Partial<Readonly<Record<Helper, number>>>;
  /** Of figures that lie beyond what was measured. */
  readonly bounds?: Readonly<Record<string, Bound>>;
}

export interface Variant {
  /** The subject, with what else tells it from the others: `gateway`, `gateway 64`. */
  readonly name: string;
  measure(): Promise<Sample>;
}

/** The samples of one round by variant. */
export type Round = ReadonlyMap<string, Sample>;

export interface Derived {
  readonly name: string;
  readonly unit: string;
  /** Whose CPU shares limit it. */
  readonly variants: readonly string[];
  readonly value: (round: Round) => number;
  /** Where what it is made of lies beyond what was measured. */
  readonly bound?: (round: Round) => Bound | null;
}

const helperShareMax = 0.8;
const helperSharesMax = 0.95;
const helpers: readonly Helper[] = ['client', 'shim'];

export function valueOf(round: Round, variant: string, figure: string): number {
  const value = round.get(variant)?.values[figure];
  if (value === undefined) throw new Error(`no ${figure} of ${variant} was measured`);
  return value;
}

const boundOf = (round: Round, variant: string, figure: string): Bound | null =>
  round.get(variant)?.bounds?.[figure] ?? null;
const opposite: Readonly<Record<Bound, Bound>> = { '>=': '<=', '<=': '>=', '?': '?' };

/** Of a quotient: one side alone bounds it, two that disagree say nothing. */
function quotientBound(above: Bound | null, below: Bound | null): Bound | null {
  const turned = below === null ? null : opposite[below];
  if (above === null || turned === null || above === turned) return above ?? turned;
  return '?';
}

export const ratio = (figure: string, variant: string, to: string): Derived => ({
  name: `${figure} ${variant}/${to}`,
  unit: '',
  variants: [variant, to],
  value: (round) => valueOf(round, variant, figure) / valueOf(round, to, figure),
  bound: (round) => quotientBound(boundOf(round, variant, figure), boundOf(round, to, figure)),
});

export const difference = (figure: string, unit: string, variant: string, to: string): Derived => ({
  name: `${figure} ${variant}-${to}`,
  unit,
  variants: [variant, to],
  value: (round) => valueOf(round, variant, figure) - valueOf(round, to, figure),
});

export interface Plan {
  readonly variants: readonly Variant[];
  /** Units by figure. */
  readonly units: Readonly<Record<string, string>>;
  readonly derived?: readonly Derived[];
  readonly targets?: readonly Target[];
  /** Rounds before those that count, so that code is compiled; 1 if absent. */
  readonly warmUps?: number | WarmUp;
}

/** Each variant again and again, until two readings of `figure` are as good as equal. */
export interface WarmUp {
  readonly figure: string;
  /** So many at most. */
  readonly readingsMax: number;
}

export async function runRounds({ rounds, say }: Context, variants: readonly Variant[]): Promise<readonly Round[]> {
  const all: Round[] = [];
  for (let index = 0; index < rounds; index += 1) {
    const round = new Map<string, Sample>();
    const turn = index % Math.max(1, variants.length);
    for (const variant of [...variants.slice(turn), ...variants.slice(0, turn)])
      round.set(variant.name, await variant.measure());
    all.push(round);
    say(`round ${index + 1} of ${rounds}`);
  }
  return all;
}

const shareOf = (rounds: readonly Round[], variant: string, helper: Helper): number | null => {
  const shares = rounds.flatMap((round) => round.get(variant)?.cpuShares?.[helper] ?? []);
  return shares.length === 0 ? null : median(shares);
};

/** What lies beyond in one round lies beyond in all of them together. */
const boundsOf = (bounds: readonly (Bound | null)[]): { readonly bound?: Bound } => {
  const [first, ...others] = [...new Set(bounds.filter((each) => each !== null))];
  if (first === undefined) return {};
  return { bound: others.length === 0 ? first : '?' };
};

/** They share a core: both limit where together they leave nothing of it. */
const limitsOf = (rounds: readonly Round[], variants: readonly string[]): readonly Helper[] =>
  helpers.filter((helper) =>
    variants.some((name) => {
      const share = shareOf(rounds, name, helper) ?? 0;
      const both = helpers.reduce((sum, one) => sum + (shareOf(rounds, name, one) ?? 0), 0);
      return share > helperShareMax || (share > 0 && both > helperSharesMax);
    }),
  );

function verdictOf(target: Target, figures: readonly Figure[], comparisons: readonly Comparison[]): Verdict {
  const found =
    comparisons.find(({ name }) => name === target.of) ??
    figures.find(({ name, subject }) => `${name} ${subject}` === target.of);
  if (found === undefined) throw new Error(`the target ${target.key} is about ${target.of}, which was not measured`);
  const { median: value } = found.spread;
  const met =
    value >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && value <= (target.atMost ?? Number.POSITIVE_INFINITY);
  return { ...target, value, unit: found.unit, met, limitedBy: found.limitedBy };
}

/** Pure: what the rounds come to. */
export function resultOf(scenario: Pick<Scenario, 'name' | 'shows'>, plan: Plan, rounds: readonly Round[]): Result {
  const figures = plan.variants.flatMap(({ name: variant }): readonly Figure[] =>
    Object.entries(plan.units)
      .filter(([figure]) => rounds[0]?.get(variant)?.values[figure] !== undefined)
      .map(([figure, unit]) => ({
        name: figure,
        subject: variant,
        unit,
        spread: spreadOf(rounds.map((round) => valueOf(round, variant, figure))),
        ...boundsOf(rounds.map((round) => boundOf(round, variant, figure))),
        cpuShares: { client: shareOf(rounds, variant, 'client'), shim: shareOf(rounds, variant, 'shim') },
        limitedBy: limitsOf(rounds, [variant]),
      })),
  );
  const comparisons = (plan.derived ?? []).map(
    (derived): Comparison => ({
      name: derived.name,
      unit: derived.unit,
      spread: spreadOf(rounds.map(derived.value)),
      ...boundsOf(rounds.map((round) => derived.bound?.(round) ?? null)),
      limitedBy: limitsOf(rounds, derived.variants),
    }),
  );
  const verdicts = (plan.targets ?? []).map((target) => verdictOf(target, figures, comparisons));
  return { scenario: scenario.name, shows: scenario.shows, figures, comparisons, verdicts };
}

export async function measure(
  scenario: Pick<Scenario, 'name' | 'shows'>,
  context: Context,
  plan: Plan,
): Promise<Result> {
  const { warmUps = 1 } = plan;
  if (typeof warmUps === 'number') {
    for (let index = 0; index < warmUps; index += 1) for (const variant of plan.variants) await variant.measure();
  } else {
    for (const { name, measure: read } of plan.variants) {
      const reading = async () => (await read()).values[warmUps.figure] ?? Number.NaN;
      context.say(`${name} is warm after ${await warm(reading, warmUps.readingsMax)} readings`);
    }
  }
  return resultOf(scenario, plan, await runRounds(context, plan.variants));
}
