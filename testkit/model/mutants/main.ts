/**
 * `npm run mutants`: proof that the checker can fail. Every mutant of every machine is checked in every scope in which it
 * differs, until something is found to be wrong with it. Exit code 1: too many survive, or the verdicts are not those on file.
 */

import { Crew } from './crew.ts';
import type { Judged } from './hand.ts';
import { rungs } from './ladder.ts';
import { help, readOptions } from './options.ts';
import { population } from './population.ts';
import {
  complaints,
  leftovers,
  readSurvivors,
  readVerdicts,
  type Register,
  verdictText,
  writeVerdicts,
} from './register.ts';
import { tables } from './report.ts';

const progressMs = 10_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const options = readOptions(process.argv.slice(2));
const names = [...population.keys()];
const wanted = names.filter(options.wants);

const startMs = performance.now();
const elapsed = (): string => `${((performance.now() - startMs) / 1_000).toFixed(0)} s`;

const judgeAll = async (): Promise<Judged[]> => {
  const crew = new Crew();
  const trodden = await crew.share(rungs.map(({ name }) => ({ type: 'tread', rung: name }) as const));
  const ladder = trodden.toSorted((a, b) => a.states - b.states);
  say(`${ladder.length} scopes, ${ladder.reduce((sum, { states }) => sum + states, 0)} states (${elapsed()})`);
  await crew.all({ type: 'ladder', ladder });
  let done = 0;
  let saidMs = performance.now();
  const judged = await crew.share(
    wanted.map((mutant) => ({ type: 'judge', mutant }) as const),
    () => {
      done += 1;
      if (performance.now() - saidMs < progressMs) return;
      saidMs = performance.now();
      say(`${done} of ${wanted.length} mutants (${elapsed()})`);
    },
  );
  await crew.end();
  return judged;
};

const run = async (): Promise<void> => {
  const judged = await judgeAll();
  const verdicts: Register = Object.fromEntries(
    wanted.map((name, index) => [name, verdictText((judged[index] as Judged).verdict)]),
  );
  say(`\n${tables(verdicts)}\n`);
  const slowest = judged.reduce((most, { ms }) => Math.max(most, ms), 0);
  say(`${elapsed()}, the slowest mutant ${(slowest / 1_000).toFixed(1)} s`);
  if (options.write) writeVerdicts(verdicts);
  const wrong = [
    ...complaints(verdicts, readVerdicts(), readSurvivors()),
    ...leftovers(names, readVerdicts(), readSurvivors()),
  ];
  for (const line of wrong) say(line);
  if (wrong.length > 0) process.exitCode = 1;
};

if (options.help) say(help);
else if (options.list) for (const name of wanted) say(name);
else await run();
