/** The mutants as a part of the report: how many there are, what became of them by machine, and each one by name. */

import { population } from './population.ts';
import { killedShare, percent, type Register, type Tally, tally } from './register.ts';

const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

const counted = (what: string, found: Tally): string =>
  row([what, found.mutants, found.killed, found.survived, found.equivalent, percent(killedShare(found))]);

const table = (heading: 'machine' | 'kind', verdicts: Register): string => {
  const groups = Map.groupBy(Object.entries(verdicts), ([name]) => population.get(name)?.[heading] ?? 'none any more');
  const lines = [...groups].map(([what, entries]) => counted(what, tally(entries.map(([, verdict]) => verdict))));
  return [
    row([
      heading === 'kind' ? 'what is wrong' : 'machine',
      'mutants',
      'killed',
      'survived',
      'equivalent',
      'killed of those that are not equivalent',
    ]),
    row(['---', '--:', '--:', '--:', '--:', '--:']),
    ...lines,
    counted('all', tally(Object.values(verdicts))),
  ].join('\n');
};

/** How many there are and what became of them, by machine and by what is wrong with them. */
export const tables = (verdicts: Register): string => `${table('machine', verdicts)}

${table('kind', verdicts)}`;

/** Markdown: the tables, the survivors with their reasons, and every mutant by name. */
export const mutantReport = (verdicts: Register, survivors: Register): string =>
  [
    tables(verdicts),
    '',
    'Survivors, and why nobody needs to notice them:',
    '',
    ...Object.entries(survivors).map(([name, reason]) => `- \`${name}\`: ${reason}`),
    '',
    ...Object.entries(verdicts).map(([name, verdict]) => `- \`${name}\`: ${verdict}`),
    '',
  ].join('\n');
