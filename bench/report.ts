/** Results as text for a terminal and as JSON for machines. Pure. */

import type { Machine } from './machine.ts';
import type { Comparison, Figure, Helper, Result, Verdict } from './scenario.ts';
import type { Spread } from './statistics.ts';

export interface Report {
  readonly machine: Machine;
  readonly rounds: Readonly<Record<string, number>>;
  readonly short: boolean;
  readonly results: readonly Result[];
  /** `scenario name` to its spread over rounds: what a job in CI compares. */
  readonly ratios: Readonly<Record<string, Spread>>;
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

const spreadText = ({ median, min, max }: Spread): string => `${shown(median)} (${shown(min)}..${shown(max)})`;
const share = (value: number | null): string => (value === null ? '' : `${(value * 100).toFixed(0)}%`);
const limits = (by: readonly Helper[]): string => (by.length === 0 ? '' : `limited by ${by.join(' and ')}`);

const figureRow = ({ name, subject, unit, spread, cpuShares, limitedBy }: Figure): readonly string[] => [
  name,
  subject,
  `${spreadText(spread)} ${unit}`.trimEnd(),
  share(cpuShares.client),
  share(cpuShares.shim),
  limits(limitedBy),
];
const comparisonRow = ({ name, unit, spread, limitedBy }: Comparison): readonly string[] => [
  name,
  '',
  `${spreadText(spread)} ${unit}`.trimEnd(),
  '',
  '',
  limits(limitedBy),
];
const verdictText = ({ key, says, value, unit, met, limitedBy }: Verdict): string =>
  `  ${met ? 'met   ' : 'MISSED'} ${key}: ${says}; it is ${shown(value)} ${unit}`.trimEnd() +
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

export const ratiosOf = (results: readonly Result[]): Readonly<Record<string, Spread>> =>
  Object.fromEntries(
    results.flatMap(({ scenario, comparisons }) =>
      comparisons.map(({ name, spread }) => [`${scenario} ${name}`, spread] as const),
    ),
  );
