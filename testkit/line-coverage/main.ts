/**
 * `npm run coverage:unit`: the unit tests, and which lines of `machines/`, `actors/`, `transport/` and `http/` they execute. Prints
 * a table by folder and the files with the most lines that no test reaches; `coverage/lines.json` has all files. Lines are those
 * of the code as it ran, without types. Arguments are for Vitest: `-- http/config` runs a part.
 */

import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import type { LineCounts } from './collect.ts';

const root = join(import.meta.dirname, '../..');
const shownFiles = 15;

/** The counts of several runs together. */
export function merged(runs: readonly Readonly<Record<string, LineCounts>>[]): Readonly<Record<string, LineCounts>> {
  const sum: Record<string, LineCounts> = {};
  for (const run of runs)
    for (const [path, lines] of Object.entries(run)) {
      const counts = (sum[path] ??= {});
      for (const [line, count] of Object.entries(lines)) counts[Number(line)] = (counts[Number(line)] ?? 0) + count;
    }
  return sum;
}

interface Coverage {
  readonly path: string;
  readonly lines: number;
  readonly missed: readonly number[];
}

const coverageOf = ([path, counts]: readonly [string, LineCounts]): Coverage => {
  const lines = Object.entries(counts);
  return { path, lines: lines.length, missed: lines.filter(([, count]) => count === 0).map(([line]) => Number(line)) };
};

const share = (files: readonly Coverage[]): string => {
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const missed = files.reduce((sum, file) => sum + file.missed.length, 0);
  return `${(lines === 0 ? 0 : ((lines - missed) / lines) * 100).toFixed(1).padStart(5)} %  ${lines - missed} of ${lines} lines`;
};

const folder = mkdtempSync(join(tmpdir(), 'codex-actors-coverage-'));
try {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const setup = join(import.meta.dirname, 'vitest.config.ts');
  const { status } = spawnSync(process.execPath, [vitest, 'run', `--config=${setup}`, ...process.argv.slice(2)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, COVERAGE_FOLDER: folder },
  });
  const runs = globSync(join(folder, '*.json')).map(
    (path) => JSON.parse(readFileSync(path, 'utf8')) as Record<string, LineCounts>,
  );
  const files = Object.entries(merged(runs)).map(coverageOf);
  for (const part of ['machines', 'actors', 'transport', 'http'])
    console.log(`${part.padEnd(12)} ${share(files.filter(({ path }) => path.startsWith(`${part}/`)))}`);
  console.log(`${'all'.padEnd(12)} ${share(files)}; files that no unit test loads are not counted`);
  console.log('\nmost lines that no unit test reaches:');
  for (const { path, missed } of files.toSorted((a, b) => b.missed.length - a.missed.length).slice(0, shownFiles))
    if (missed.length > 0) console.log(`${String(missed.length).padStart(6)}  ${path}`);
  mkdirSync(join(root, 'coverage'), { recursive: true });
  writeFileSync(join(root, 'coverage/lines.json'), `${JSON.stringify(files, null, 1)}\n`);
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
