/**
 * The deterministic simulator: the real runtime on fakes, under faults, in virtual time.
 *
 *   npm run simulate                       the configuration of CI: fails when too little was simulated
 *   npm run simulate -- --seed 7           another seed; the same seed and commit give the same run
 *   npm run simulate -- --responses 2000   fewer, without the quotas
 *   npm run simulate -- --seed 7 --episode 3 --trace    one episode, one line an event
 *   npm run simulate -- --break list       the defects that can be put back; --break NAME runs with one
 *
 * XState ships two builds: plain Node loads the one that serves, NODE_OPTIONS=--conditions=development the other. Exit code 1:
 * an invariant was violated, or a quota was not reached.
 */

import { parseArgs } from 'node:util';
import { fnvName, fnvOf } from '../fnv.ts';
import { breaks, objection } from './breaks.ts';
import { elsewhere } from './defect-rows.ts';
import { missing } from './quotas.ts';
import type { Defect } from './defect.ts';
import { story, summary } from './report.ts';
import { buildPrefix, xstateBuild } from '../xstate-build.ts';
import { simulate } from './simulation.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    responses: { type: 'string' },
    workers: { type: 'string', default: '8' },
    episode: { type: 'string' },
    runs: { type: 'string', default: '1' },
    break: { type: 'string' },
    breaks: { type: 'boolean', default: false },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const whole = (name: string, text: string, least: number): number => {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    console.error(`--${name} must be an integer of at least ${least}, not ${text}`);
    process.exit(2);
  }
  return value;
};

const help = `npm run simulate -- [options]

  --seed N        what decides everything (1)
  --responses N   without it: 50000, and every quota must be reached
  --workers N     worker processes (8)
  --episode N     only that episode of the seed
  --runs K        so many seeds, from the given one on
  --break NAME    put a historical defect back; the run must then fail. "list" names them
  --breaks        prove that every one of them is found
  --trace         one line an event
`;

const episodeResponses = 1_000;

const list = (): void => {
  for (const { name, rows, about } of breaks) console.log(`${name.padEnd(24)} ${rows.join(' ').padEnd(6)} ${about}`);
  console.log('\nDefects of the predecessor that have none:');
  for (const [row, why] of Object.entries(elsewhere)) console.log(`${row.padEnd(6)} ${why}`);
};

const named = (name: string | undefined): { readonly defect?: Defect } => {
  if (name === undefined) return {};
  const defect = breaks.find((one) => one.name === name);
  if (defect !== undefined) return { defect };
  console.error(`no break is called ${name}; --break list names them`);
  process.exit(2);
};

/** Every defect turns its small simulation red, and without it that is green. */
const prove = async (seed: number): Promise<boolean> => {
  let good = true;
  for (const one of breaks) {
    const against = await objection(one, seed);
    good &&= against === null;
    console.log(`${against === null ? 'found ' : 'MISSED'} ${one.name}${against === null ? '' : `: ${against}`}`);
  }
  return good;
};

const run = async (seed: number): Promise<boolean> => {
  const workers = whole('workers', values.workers, 1);
  const quotas = values.responses === undefined && values.episode === undefined && values.break === undefined;
  const responses = whole('responses', values.responses ?? '50000', 1);
  const startedAt = performance.now();
  let toldAt = startedAt;
  const result = await simulate({
    seed,
    workers,
    responses,
    episodeResponses: Math.min(responses, episodeResponses),
    only: values.episode === undefined ? null : whole('episode', values.episode, 0),
    ...named(values.break),
    ...(values.trace ? { print: (line: string) => console.log(line) } : {}),
    progress: (episode, sums) => {
      if (performance.now() - toldAt < 10_000) return;
      toldAt = performance.now();
      console.log(`episode ${episode}: ${sums.responses} responses, ${sums.faultsTotal} faults, ${sums.deaths} deaths`);
    },
  });
  console.log(`seed ${seed}, ${xstateBuild} build of XState, trace ${fnvName(fnvOf(result.hash))}`);
  console.log(summary(result.sums, performance.now() - startedAt));
  if (result.failed !== null) {
    const broken = values.break === undefined ? '' : ` --break ${values.break}`;
    const many = values.responses === undefined ? '' : ` --responses ${responses}`;
    const options = `--seed ${seed} --workers ${workers} --episode ${result.failed.episode}${many}${broken}`;
    console.error(story(result, `${buildPrefix}npm run simulate -- ${options}`));
    return false;
  }
  const lacking = quotas ? missing(result.sums) : [];
  for (const line of lacking) console.error(`QUOTA ${line}`);
  return lacking.length === 0;
};

if (values.help) {
  console.log(help);
} else if (values.break === 'list') {
  list();
} else if (values.breaks) {
  process.exitCode = (await prove(whole('seed', values.seed, 0))) ? 0 : 1;
} else {
  const from = whole('seed', values.seed, 0);
  let good = true;
  for (let seed = from; seed < from + whole('runs', values.runs, 1) && good; seed += 1) good = await run(seed);
  process.exitCode = good ? 0 : 1;
}
