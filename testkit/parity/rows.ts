/**
 * The rows that the gateway has to keep, and which tests check them. A test names its rows at the beginning of its title:
 * `P-8 P-21 the start-up line …`. Invariant: a row without a test that ran and passed does not count as kept.
 */

import { readFileSync } from 'node:fs';

export interface Row {
  readonly row: string;
  readonly section: string;
  readonly title: string;
  readonly feature: string;
  readonly required: string;
  readonly environment?: string;
  readonly check?: string;
  /** What is different here, and why. */
  readonly note?: string;
}

export interface VariableRow {
  readonly names: readonly string[];
  readonly default: string;
  readonly meaning: string;
  readonly status: string;
  readonly part?: 'operations';
}

export interface Table {
  readonly rows: readonly Row[];
  readonly variables: readonly VariableRow[];
}

export const readTable = (): Table =>
  JSON.parse(readFileSync(new URL('../parity.json', import.meta.url), 'utf8')) as Table;

export interface TestResult {
  readonly title: string;
  /** From the root of the project. */
  readonly file: string;
  /** `deployed`: it was not run here; `npm run test:deploy` runs it, and fails where it does not pass. */
  readonly status: 'passed' | 'failed' | 'skipped' | 'deployed';
}

export interface Verdict {
  readonly row: Row;
  readonly status: 'kept' | 'broken' | 'unchecked';
  readonly tests: readonly TestResult[];
}

/** The names at the beginning of a title. */
export const rowsIn = (title: string): readonly string[] =>
  /^(?:[PWAIC]-\d+b?[\s,:]+)+/.exec(`${title} `)?.[0].match(/[PWAIC]-\d+b?/g) ?? [];

export function judge(rows: readonly Row[], tests: readonly TestResult[]): readonly Verdict[] {
  return rows.map((row) => {
    const own = tests.filter(({ title }) => rowsIn(title).includes(row.row));
    const ran = own.filter(({ status }) => status !== 'skipped');
    if (ran.some(({ status }) => status === 'failed')) return { row, status: 'broken', tests: own };
    if (ran.length > 0) return { row, status: 'kept', tests: own };
    return { row, status: 'unchecked', tests: own };
  });
}

/** Rows that tests name and nobody has written down: typing errors. */
export const strangers = (rows: readonly Row[], tests: readonly TestResult[]): readonly string[] => {
  const known = new Set(rows.map(({ row }) => row));
  return [...new Set(tests.flatMap(({ title }) => rowsIn(title)))].filter((row) => !known.has(row));
};
