/**
 * The benchmark suite: `npm run bench -- --help`. Figures go to stdout, progress to stderr. Invariant: a scenario that fails, one
 * short stream for instance, fails the run, after the others have had their turn.
 */

import { accessSync, constants, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { type Options, readOptions, usage } from './cli.ts';
import { commit, machine, today } from './machine.ts';
import { keptReport, reportText, writePage } from './page-files.ts';
import { checkCores, helperCore, pinSelf } from './processes.ts';
import { type CpuProfile, profileText } from './profile.ts';
import { merged, type Report, reportOf, resultText } from './report.ts';
import type { Result } from './scenario.ts';
import { scenarios } from './scenarios/registry.ts';

const rounds = { full: 5, short: 2 };
const profileRows = 40;

const names = scenarios.map(({ name }) => name);
const fail = (why: string): never => {
  process.stderr.write(`bench: ${why}\n`);
  process.exit(1);
};

/** Null: there was nothing to measure. */
function read(): Options | null {
  try {
    const options = readOptions(process.argv.slice(2), names);
    if (options.help) process.stdout.write(`${usage}\n${names.join(' ')}\n`);
    else if (options.list)
      for (const { name, shows } of scenarios) process.stdout.write(`${name.padEnd(14)} ${shows}\n`);
    return options.help || options.list ? null : options;
  } catch (error) {
    return fail((error as Error).message);
  }
}

async function measureAll(
  options: Options,
  placement: string,
): Promise<{ readonly report: Report; readonly failures: readonly string[] }> {
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
      say('failed');
    }
  }
  const run = { rounds: count, short: options.short, commit: commit(), date: today() };
  return { report: reportOf(machine(placement), results, run), failures };
}

/** Without cores of their own the figures would be of something else. */
function placed(): string {
  try {
    const placement = checkCores();
    pinSelf(helperCore);
    process.stderr.write(`bench: ${placement}\n`);
    return placement;
  } catch (error) {
    return fail(`${(error as Error).message}; it takes two cores, 0 and 1, and taskset (util-linux)`);
  }
}

/** Before anything is measured, rather than after an hour of it. */
function makePlaceFor(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    accessSync(dirname(file), constants.W_OK);
  } catch (error) {
    fail(`nothing can be written to ${file}: ${(error as Error).message}`);
  }
}

/** What V8 has written, also as text. */
function tellProfiles(folder: string): void {
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.cpuprofile'))) {
    const text = profileText(JSON.parse(readFileSync(join(folder, name), 'utf8')) as CpuProfile, profileRows);
    writeFileSync(join(folder, `${name}.txt`), text);
    process.stdout.write(`${join(folder, name)}\n${text}`);
  }
}

async function main(options: Options): Promise<void> {
  if (options.from !== null) {
    const kept = keptReport(options.from) ?? fail(`there are no figures in ${options.from}`);
    return writePage(kept);
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  if (options.json !== null) makePlaceFor(options.json);
  const placement = placed();
  if (options.profile !== null) {
    mkdirSync(options.profile, { recursive: true });
    process.env['BENCH_PROFILE_DIR'] = resolve(options.profile);
  }
  const { report, failures } = await measureAll(options, placement);
  if (options.profile !== null) tellProfiles(options.profile);
  if (options.json !== null) writeFileSync(options.json, reportText(report));
  if (options.page) writePage(merged(keptReport() ?? report, report, names));
  if (failures.length > 0) fail(failures.join('\n'));
}

const options = read();
if (options !== null) await main(options);
