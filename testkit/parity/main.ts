/**
 * `npm run test:parity`: checks every row of `testkit/parity.json` and says what became of each.
 *
 *   npm run test:parity                  all; fails when a test fails, a row has none, or docs/parity.md says something else
 *   npm run test:parity -- --write       renews docs/parity.md
 *   npm run test:parity -- routes P-17   the files and titles that match only, without judging the rest
 *   npm run test:parity -- --report F    the report of the tests goes to F, too
 */

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { parityPage } from './page.ts';
import { judge, readTable, rowsIn, strangers, type TestResult } from './rows.ts';

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly title: string; readonly status: string }[];
  }[];
}

const root = join(import.meta.dirname, '../..');
const page = join(root, 'docs/parity.md');
const { values, positionals: args } = parseArgs({
  options: { write: { type: 'boolean', default: false }, report: { type: 'string' } },
  allowPositionals: true,
});

const vitest = (file: string): Promise<number> => {
  const rows = args.filter((arg) => /^[PWAIC]-\d+b?$/.test(arg));
  const files = args.filter((arg) => !rows.includes(arg));
  const named = rows.length === 0 ? [] : ['-t', `(^|[\\s,])(${rows.join('|')})[\\s,:]`];
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project=parity*',
      ...files,
      ...named,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ],
    { cwd: root, stdio: 'inherit' },
  );
  return new Promise((resolve) => {
    child.once('close', (code) => resolve(code ?? 1));
  });
};

const statusOf = (status: string): TestResult['status'] =>
  status === 'passed' || status === 'failed' ? status : 'skipped';

const testsIn = ({ testResults }: Report): readonly TestResult[] =>
  testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ title, status }) => ({ title, file: relative(root, name), status: statusOf(status) })),
  );

/** Titles of the tests that `npm run test:deploy` runs: they are listed, not run. */
function deployed(): readonly TestResult[] {
  const argv = [join(root, 'node_modules/vitest/vitest.mjs'), 'list', '--project=deploy', '--json'];
  const listed = execFileSync(process.execPath, argv, { cwd: root, encoding: 'utf8', timeout: 60_000 });
  return (JSON.parse(listed) as readonly { name: string; file: string }[]).map(({ name, file }) => {
    const parts = name.split(' > ');
    return {
      title: parts.find((part) => rowsIn(part).length > 0) ?? name,
      file: relative(root, file),
      status: 'deployed',
    };
  });
}

/** What is wrong beyond tests that failed. */
function complaints(tests: readonly TestResult[]): readonly string[] {
  const { rows } = readTable();
  const verdicts = judge(rows, tests);
  const found = verdicts
    .filter(({ status }) => status === 'unchecked' || status === 'broken')
    .map(({ row, status }) => `${row.row} is ${status}: ${row.feature}`);
  found.push(...strangers(rows, tests).map((row) => `${row} is named by a test and stands in no table`));
  const made = parityPage(verdicts);
  if (values.write) writeFileSync(page, made);
  else if (readFileSync(page, 'utf8') !== made)
    found.push('docs/parity.md is not what this run says; renew it: -- --write');
  return found;
}

const folder = mkdtempSync(join(tmpdir(), 'codex-actors-parity-'));
try {
  const file = values.report ?? join(folder, 'report.json');
  const code = await vitest(file);
  const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
  const found = args.length > 0 ? [] : complaints([...testsIn(report), ...deployed()]);
  for (const complaint of found) console.error(complaint);
  const failed = report.numFailedTests + found.length;
  console.log(`${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests} skipped`);
  process.exitCode = code === 0 && failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
