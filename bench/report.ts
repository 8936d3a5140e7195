/** Results as text for a terminal and as JSON for machines. Pure. */

import type { Machine } from './machine.ts';
import type { Bound, Comparison, Figure, Helper, Result, Verdict } from './scenario.ts';
import type { Spread } from './statistics.ts';

/** Of one scenario. */
export interface Run {
  readonly rounds: number;
  /** With a `+` where the sources were changed since. */
  readonly commit: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly short: boolean;
}

export type Ratio = Spread & Pick<Comparison, 'unit' | 'bound' | 'limitedBy'>;

export interface Report {
  readonly machine: Machine;
  readonly runs: Readonly<Record<string, Run>>;
  readonly results: readonly Result[];
  /** Each ratio and difference by `scenario name`, over all rounds, and what is to be known of it. */
  readonly ratios: Readonly<Record<string, Ratio>>;
}

const thousand = 1_000;
const million = 1_000_000;

/** Three significant digits, and no exponent. */
export function shown(value: number): string {
  const size = Math.abs(value);
  if (size >= 10 * million) return `${(value / million).toFixed(0)}M`;
  if (size >= 10 * thousand) return `${(value / thousand).toFixed(size >= 100 * thousand ? 0 : 1)}k`;
  if (size >= 100) return value.toFixed(0);
  return size >= 10 ? value.toFixed(1) : value.toFixed(size >= 1 ? 2 : 3);
}

/** `19.4 kB` rather than `19.4k B`. */
export const withUnit = (value: number, unit: string): string =>
  unit === 'B' ? `${shown(value)} B`.replace(/([kM]) B$/, ' $1B') : `${shown(value)} ${unit}`.trimEnd();

const spreadText = ({ median, min, max }: Spread, bound?: Bound): string =>
  `${bound === undefined ? '' : `${bound} `}${shown(median)} (${shown(min)}..${shown(max)})`;
const share = (value: number | null): string => (value === null ? '' : `${(value * 100).toFixed(0)}%`);
const limits = (by: readonly Helper[]): string => (by.length === 0 ? '' : `limited by ${by.join(' and ')}`);

const figureRow = ({ name, subject, unit, spread, bound, cpuShares, limitedBy }: Figure): readonly string[] => [
  name,
  subject,
  `${spreadText(spread, bound)} ${unit}`.trimEnd(),
  share(cpuShares.client),
  share(cpuShares.shim),
  limits(limitedBy),
];
const comparisonRow = ({ name, unit, spread, bound, limitedBy }: Comparison): readonly string[] => [
  name,
  '',
  `${spreadText(spread, bound)} ${unit}`.trimEnd(),
  '',
  '',
  limits(limitedBy),
];
const verdictText = ({ key, says, value, unit, met, limitedBy }: Verdict): string =>
  `  ${met ? 'met   ' : 'MISSED'} ${key}: ${says}; it is ${withUnit(value, unit)}` +
  (limitedBy.length === 0 ? '' : ` (${limits(limitedBy)})`);

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

export function resultText({ scenario, shows, figures, comparisons, verdicts }: Result): string {
  const rows = [
    ['figure', 'subject', 'median (min..max)', 'client', 'shim', ''],
    ...figures.map(figureRow),
    ...comparisons.map(comparisonRow),
  ];
  return [`${scenario}: ${shows}`, table(rows), ...verdicts.map(verdictText), ''].join('\n');
}

const ratiosOf = (results: readonly Result[]): Report['ratios'] =>
  Object.fromEntries(
    results.flatMap(({ scenario, comparisons }) =>
      comparisons.map(({ name, spread, ...more }) => [`${scenario} ${name}`, { ...spread, ...more }] as const),
    ),
  );

export const reportOf = (machine: Machine, results: readonly Result[], run: Run): Report => ({
  machine,
  runs: Object.fromEntries(results.map(({ scenario }) => [scenario, run])),
  results,
  ratios: ratiosOf(results),
});

/** With what this run did not run again; in the order of `names`. */
export function merged(older: Report, newer: Report, names: readonly string[]): Report {
  const results = names.flatMap((name) => {
    const found = [newer, older].map(({ results: all }) => all.find(({ scenario }) => scenario === name));
    return found.find((each) => each !== undefined) ?? [];
  });
  const runs = Object.fromEntries(
    results.flatMap(({ scenario }) => {
      const run = newer.runs[scenario] ?? older.runs[scenario];
      return run === undefined ? [] : [[scenario, run] as const];
    }),
  );
  return { machine: newer.machine, runs, results, ratios: ratiosOf(results) };
}
