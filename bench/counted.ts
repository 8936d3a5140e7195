/**
 * Fails when the gateway does more for a delta or a response than it did: counts (`counted/costs.ts`) and CPU time against a reference
 * loop (`counted/cpu.ts`), compared with `counted-baseline.json`. Under plain Node, without sockets and processes of others.
 *
 *   npm run bench:counted              compares
 *   npm run bench:counted -- --write   what is, is right: renews the baseline
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Baseline, complaints, improvements } from './counted/compare.ts';
import { countCosts } from './counted/costs.ts';
import { cpuRatios } from './counted/cpu.ts';
import { countOpenStreams } from './counted/open-streams.ts';

const file = join(import.meta.dirname, 'counted-baseline.json');
/** So that nothing is collected while it is counted, and code is optimised at the same points each time. */
const alone = ['--single-threaded', '--expose-gc'];
const flags = [...alone, '--min-semi-space-size=256', '--max-semi-space-size=256'];

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, part: { type: 'string' } },
});

const partOf = (part: string, args: readonly string[] = []): unknown =>
  JSON.parse(
    execFileSync(process.execPath, [...args, import.meta.filename, '--part', part], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout: 120_000,
    }),
  );

const shown = ({ costs, cpu }: Baseline): string => {
  const rows = Object.entries(costs).map(([name, cost]) =>
    [name.padEnd(46), ...Object.values(cost).map((value) => String(value).padStart(17))].join(''),
  );
  const [first = {}] = Object.values(costs);
  const heads = Object.keys(first).map((name) => name.padStart(17));
  const ratios = Object.entries(cpu).map(
    ([name, ratio]) => `CPU of ${name}: ${ratio} times a delta of the reference loop`,
  );
  return `${[`${' '.repeat(46)}${heads.join('')}`, ...rows, ...ratios].join('\n')}\n`;
};

if (values.part === 'costs') process.stdout.write(JSON.stringify(await countCosts()));
else if (values.part === 'open') process.stdout.write(JSON.stringify(await countOpenStreams()));
else if (values.part === 'cpu') process.stdout.write(JSON.stringify(await cpuRatios()));
else {
  const costs = { ...(partOf('costs', flags) as Baseline['costs']), ...(partOf('open', alone) as Baseline['costs']) };
  const now = { costs, cpu: partOf('cpu', alone) } as Baseline;
  process.stdout.write(shown(now));
  if (values.write) writeFileSync(file, `${JSON.stringify(now, null, 2)}\n`);
  const before = JSON.parse(readFileSync(file, 'utf8')) as Baseline;
  const [better, worse] = [improvements(now, before), complaints(now, before)];
  for (const line of better) process.stdout.write(`BETTER ${line}: renew the baseline, or it may be lost unnoticed\n`);
  for (const line of worse) process.stdout.write(`WORSE  ${line}\n`);
  process.exitCode = worse.length === 0 ? 0 : 1;
}
