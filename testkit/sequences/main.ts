/**
 * Generated sequences of Codex events before the whole runtime and the four ways to read an answer, in virtual time.
 *
 *   npm run sequences                      the amount of CI; fails when an invariant does, or when a quota is not reached
 *   npm run sequences -- --seed 7          other sessions; the same seed and commit give the same ones
 *   npm run sequences -- --runs 2000       fewer, without the quotas
 *   npm run sequences -- --row A-17        that row of the anomaly catalogue alone; several are parted by commas
 *   npm run sequences -- --seed 7 --path 12:0:3    one session again, as a failure names it
 *
 * XState ships two builds: plain Node loads the one that serves, NODE_OPTIONS=--conditions=development the other. Exit code 1:
 * a complaint, or a quota missed.
 */

import { parseArgs } from 'node:util';
import { buildPrefix, xstateBuild } from '../xstate-build.ts';
import { run } from './run.ts';
import { rowNames } from './sessions.ts';
import { story } from './story.ts';

/** The strict validators take as long as everything else together. */
const strictEvery = 8;
const sessionsOfCi = 50_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    runs: { type: 'string' },
    row: { type: 'string' },
    path: { type: 'string' },
  },
});

const rows = values.row?.split(',');
const unknown = rows?.filter((row) => !rowNames.includes(row)) ?? [];
const seed = Number(values.seed);
const runs = Number(values.runs ?? sessionsOfCi);
if (unknown.length > 0 || !Number.isSafeInteger(seed) || !(runs >= 1)) {
  console.error(`unknown rows (${unknown.join(', ')}), or a number that is none; rows are ${rowNames.join(' ')}`);
  process.exit(2);
}

const startedAt = performance.now();
let toldAt = startedAt;
const { census, failure } = await run({
  seed,
  runs,
  strictEvery,
  ...(rows === undefined ? {} : { rows }),
  ...(values.path === undefined ? {} : { path: values.path }),
  progress: ({ sessions }) => {
    if (performance.now() - toldAt < 20_000) return;
    toldAt = performance.now();
    console.log(`${sessions} sessions, ${Math.round((1000 * sessions) / (toldAt - startedAt))} a second`);
  },
});

const seconds = (performance.now() - startedAt) / 1000;
console.log(`seed ${seed}, ${xstateBuild} build of XState, ${seconds.toFixed(0)} s`);
console.log(census.table());
const full = values.runs === undefined && rows === undefined && values.path === undefined;
const missing = full ? census.missing() : [];
for (const line of missing) console.error(`QUOTA ${line}`);
if (failure !== null) {
  const only = values.row === undefined ? '' : ` --row ${values.row}`;
  console.error(`\nFAILED after ${census.sessions} sessions and ${failure.shrinks} shrinks`);
  for (const complaint of failure.complaints) console.error(`  ${complaint}`);
  console.error(story(failure.session));
  console.error(`again: ${buildPrefix}npm run sequences -- --seed ${seed}${only} --path ${failure.path}`);
}
process.exitCode = failure === null && missing.length === 0 ? 0 : 1;
