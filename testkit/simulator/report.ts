/** What a simulation prints: a line now and then, the sums at the end, and the story of a violation. */

import { execFileSync } from 'node:child_process';
import type { SimulationResult } from './simulation.ts';
import type { Sums } from './sums.ts';

const table = (counts: ReadonlyMap<string, number>): string =>
  [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, many]) => `${name} ${many}`)
    .join(', ');

export const summary = (sums: Sums, wallMs: number): string =>
  [
    `responses      ${sums.responses}, at most ${sums.concurrentMax} at once`,
    `outcomes       ${table(sums.outcomes)}`,
    `faults         ${sums.faultsTotal}: ${table(sums.faults)}`,
    `anomalies      ${table(sums.anomalies)}`,
    `worker deaths  ${sums.deaths}`,
    `simulated      ${(sums.virtualMs / 3_600_000).toFixed(1)} hours, ${sums.letters} letters, ${sums.states.size} distinct states`,
    `wall time      ${(wallMs / 1_000).toFixed(1)} s`,
  ].join('\n');

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
};

/** `again` is the command that runs only the episode in question. */
export const story = ({ failed }: SimulationResult, again: string): string => {
  if (failed === null) return '';
  const { violation, story: events } = failed.result;
  return [
    `VIOLATION ${violation?.message}`,
    ...events.map((line) => `  ${line}`),
    `again: ${again}  (commit ${commit()})`,
  ].join('\n');
};
