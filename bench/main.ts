/**
 * The benchmark suite: `npm run bench -- --help`. Figures go to stdout, progress to stderr. Invariant: a scenario that fails, one
 * short stream for instance, fails the run, after the others have had their turn.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { type Options, readOptions, usage } from './cli.ts';
import { machine } from './machine.ts';
import { ratiosOf, type Report, resultText } from './report.ts';
import type { Result } from './scenario.ts';
import { scenarios } from './scenarios/registry.ts';

const rounds = { full: 5, short: 2 };

const names = scenarios.map(({ name }) => name);
const fail = (why: string): never => {
  process.stderr.write(`bench: ${why}\n`);
  process.exit(1);
};
function read(): Options {
  try {
    return readOptions(process.argv.slice(2), names);
  } catch (error) {
    return fail((error as Error).message);
  }
}

const options = read();
if (options.help) {
  process.stdout.write(`${usage}\n${names.join(' ')}\n`);
  process.exit(0);
}
if (options.list) {
  for (const { name, shows } of scenarios) process.stdout.write(`${name.padEnd(14)} ${shows}\n`);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const chosen = scenarios.filter(({ name }) => options.names.length === 0 || options.names.includes(name));
const count = options.rounds ?? (options.short ? rounds.short : rounds.full);
const results: Result[] = [];
const failures: string[] = [];
for (const scenario of chosen) {
  const say = (line: string): void => void process.stderr.write(`${scenario.name}: ${line}\n`);
  try {
    say('begins');
    const result = await scenario.run({ rounds: count, short: options.short, say });
    results.push(result);
    process.stdout.write(`${resultText(result)}\n`);
  } catch (error) {
    failures.push(`${scenario.name} failed: ${(error as Error).stack ?? String(error)}`);
    say((error as Error).message);
  }
}
const report: Report = {
  machine: machine(),
  rounds: Object.fromEntries(results.map(({ scenario }) => [scenario, count])),
  short: options.short,
  results,
  ratios: ratiosOf(results),
};
if (options.json !== null) {
  mkdirSync(dirname(options.json), { recursive: true });
  writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (failures.length > 0) fail(failures.join('\n'));
