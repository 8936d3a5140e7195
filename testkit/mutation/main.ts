/**
 * Mutation testing of the pure code around the machines: Stryker changes it piece by piece, and a test beside the source has
 * to notice each change. Fails on a survivor that is not explained in `survivors.ts`. Leaves nothing behind.
 *
 *   node deploy/launch.mjs testkit/mutation/main.ts
 */

import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { Stryker } from '@stryker-mutator/core';
import { equivalent, type Survivor, unexplained } from './survivors.ts';

const options = {
  mutate: ['machines/{ids,links,pool,pool-steps,vocabulary}.ts', 'actors/health.ts'],
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'testkit/mutation/vitest.config.ts', related: false },
  concurrency: 2,
  timeoutMS: 20_000,
  reporters: [],
  logLevel: 'error',
  tempDirName: 'coverage/stryker',
  cleanTempDir: 'always',
  // Neither is for code that Node runs as it is; the second would need the compiler's old interface.
  disableTypeChecks: false,
  tsconfigFile: 'none',
  ignorePatterns: [
    'bench',
    'deploy',
    'docs',
    'http',
    'transport',
    'testkit/**',
    '!testkit/mutation/**',
    '!testkit/*.ts',
  ],
} as const;

type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number];

/** The text at the place of the mutant, and the line around it; Stryker counts both from 1. */
const survivorOf = ({ fileName, location: { start, end }, replacement }: Result): Survivor => {
  const line = readFileSync(fileName, 'utf8').split('\n')[start.line - 1] ?? '';
  const from = line.slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined);
  return { file: relative(process.cwd(), fileName), line: line.trim(), from, to: replacement ?? '' };
};

const startMs = performance.now();
const results = await new Stryker(options as never).runMutationTest();
const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
const survivors = results.filter(({ status }) => status === 'Survived' || status === 'NoCoverage').map(survivorOf);
const failures = results.filter(({ status }) => status === 'RuntimeError' || status === 'Pending').map(survivorOf);
const complaints = [
  ...unexplained(survivors, equivalent),
  ...failures.map((one) => `could not be judged: ${JSON.stringify(one)}`),
];
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.stdout.write(
  `${results.length} mutants, ${survivors.length} alive, ${complaints.length} findings, ${seconds} s\n`,
);
process.exitCode = complaints.length === 0 && results.length > 0 ? 0 : 1;
