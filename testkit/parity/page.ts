/** `docs/parity.md`: what became of every row, made from a run of the tests. The same run gives the same page. */

import type { Verdict } from './rows.ts';

const words: Readonly<Record<Verdict['status'], string>> = {
  kept: 'kept',
  broken: 'BROKEN',
  unchecked: 'UNCHECKED',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** Tests of a row, each file once, with as many titles as it has. */
const testsOf = ({ tests }: Verdict): string => {
  const byFile = Map.groupBy(tests, ({ file }) => file);
  return [...byFile]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, own]) => (own.length === 1 ? `\`${file}\`` : `\`${file}\` (${own.length})`))
    .join(', ');
};

/** No test of this run, only those with an engine and an edge. */
const isDeployed = ({ status, tests }: Verdict): boolean =>
  status === 'kept' && tests.every((one) => one.status === 'deployed' || one.status === 'skipped');

const line = (verdict: Verdict): string => {
  const { row, status } = verdict;
  const note = row.note === undefined ? '' : ` (${row.note})`;
  const by = isDeployed(verdict) ? ' by `npm run test:deploy`' : '';
  return `| ${row.row} | ${cell(row.feature)} | ${words[status]}${by}${cell(note)} | ${testsOf(verdict)} |`;
};

export const parityPage = (verdicts: readonly Verdict[]): string => {
  const count = (status: Verdict['status']): number => verdicts.filter((one) => one.status === status).length;
  const sections = Map.groupBy(verdicts, ({ row }) => row.section);
  const body = [...sections].flatMap(([section, rows]) => [
    '',
    `## ${section} ${rows[0]?.row.title ?? ''}`,
    '',
    '| row | what | status | tests |',
    '|---|---|---|---|',
    ...rows.map(line),
  ]);
  return [
    '# Parity with codex-app-server-proxy',
    '',
    'What users of the predecessor rely on, row by row, and the tests that check it. Made by `npm run test:parity -- --write`; CI',
    'compares. The rows themselves, with all they demand, are in [testkit/parity.json](../testkit/parity.json).',
    '',
    `${count('kept')} rows are kept, ${count('broken')} broken, ${count('unchecked')} unchecked. What needs a container engine or an edge is run by`,
    '`npm run test:deploy`, which CI runs as well and which fails where one of its tests does not pass, or is skipped.',
    ...body,
    '',
  ].join('\n');
};
